#include "run/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/process.h"
#include "front/words.h"

enum { BAR = 24 };

void pt_run_progress_start(struct pt_run_progress *progress,
                           struct pt_experiment *experiment, size_t before)
{
    const char *term = getenv("TERM");

    *progress = (struct pt_run_progress){.total = experiment->n_runs,
                                         .runs = experiment->n_runs,
                                         .before = before,
                                         .started = pt_process_now()};
    for (size_t place = 0; place < PT_PLACE_FIRST; place++) {
        const struct pt_run *run = &experiment->extra[place];

        progress->total += run->wanted && run->state == PT_RUN_WAITING;
    }
    progress->terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

void pt_run_progress_clear(struct pt_run_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
    fflush(stderr);
}

void pt_run_progress_draw(struct pt_run_progress *p)
{
    double now = pt_process_now(), elapsed = now - p->started;
    size_t here = p->done + p->failed, ended = here + p->before;
    char bar[BAR + 1], left[PT_WORDS] = "", rate[PT_WORDS] = "";

    if (!p->terminal || (p->drawn && now - p->last < 0.1))
        return;
    p->last = now;
    for (size_t i = 0; i < BAR; i++)
        bar[i] = i * p->total < ended * BAR ? '#' : '.';
    bar[BAR] = '\0';
    if (here && elapsed > 0) {
        pt_words_span(elapsed / (double)here * (double)(p->total - ended), left);
        snprintf(rate, sizeof rate, "%.1f/min", 60 * (double)here / elapsed);
    }
    fprintf(stderr, "\r\033[K[%s] %zu of %zu done", bar, p->done + p->before, p->total);
    if (p->failed)
        fprintf(stderr, ", %zu failed", p->failed);
    fprintf(stderr, ", %zu running", p->running);
    if (here)
        fprintf(stderr, ", %s, %s left", rate, left);
    fflush(stderr);
    p->drawn = true;
}

static void say_end(const struct pt_run *run, char *text, size_t size)
{
    char span[PT_WORDS];

    pt_words_span(run->seconds, span);
    if (run->state == PT_RUN_DONE)
        snprintf(text, size, "done in %s", span);
    else if (run->state == PT_RUN_TIMED_OUT)
        snprintf(text, size, "stopped after %s (--timeout)", span);
    else if (run->signal)
        snprintf(text, size, "failed after %s: %s", span, strsignal(run->signal));
    else if (run->exit_status == 0)
        snprintf(text, size, "failed after %s: no trace was written", span);
    else
        snprintf(text, size, "failed after %s: exit status %d", span, run->exit_status);
}

void pt_run_progress_ended(struct pt_run_progress *p, size_t place,
                           const struct pt_run *run, const char *reason,
                           const char *log)
{
    char text[128], name[PT_RUN_NAME];

    if (run->state == PT_RUN_DONE)
        p->done++;
    else
        p->failed++;
    if (p->terminal && run->state == PT_RUN_DONE)
        return;
    say_end(run, text, sizeof text);
    pt_run_progress_clear(p);
    pt_experiment_run_name(place, name);
    if (place < PT_PLACE_FIRST)
        fprintf(stderr, "%s run: %s", name, text);
    else
        fprintf(stderr, "run %zu of %zu: %s", place - PT_PLACE_FIRST + 1, p->runs,
                text);
    if (reason && *reason)
        fprintf(stderr, ": %s", reason);
    if (log)
        fprintf(stderr, " (%s)", log);
    putc('\n', stderr);
}
