#include "run/schedule.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "front/process.h"
#include "front/programs.h"
#include "run/environment.h"
#include "run/memory.h"
#include "run/progress.h"
#include "run/traces.h"
#include "front/words.h"

enum { GRACE_SECONDS = 10, TAIL_BYTES = 4096, REASON = 240, HOPELESS = 3 };

struct child {
    pid_t pid; /* 0: this place is free */
    size_t place;
    double started, kill_at; /* kill_at 0: not asked to end yet */
    bool timed_out;
};

struct schedule {
    struct pt_experiment *experiment;
    char *tracer;
    struct child *children;
    size_t n_children, running, next, n_places;
    bool stopping, told_memory, told_hopeless;
    uint64_t available, peak; /* bytes: before the first run; the most of one so far */
    struct pt_run_progress progress;
    struct pt_run_outcome *outcome;
};

static enum pt_status make_environment(struct pt_experiment *e, size_t place,
                                       const char *name, char *texts[PT_RUN_VARIABLES],
                                       struct pt_error *error)
{
    char *traces = pt_experiment_path(e, "work/%s", name);
    struct pt_run_identity identity = {.experiment = e->id,
                                       .number = place == PT_PLACE_REFERENCE ? 0
                                                 : place == PT_PLACE_CONTROL
                                                     ? 1
                                                     : place - PT_PLACE_FIRST + 1,
                                       .seed = pt_experiment_run(e, place)->seed,
                                       .threads = e->threads,
                                       .cache = e->folder,
                                       .traces = traces ? traces : ""};
    enum pt_status status = pt_run_environment(&identity, texts, error);

    if (status == PT_OK && traces == NULL)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for a path");
    free(traces);
    return status;
}

/* pytracer-trace --config C [--python P] --command …; the caller frees the array. */
static char **make_arguments(const struct schedule *s, size_t place, char *config)
{
    const struct pt_experiment *e = s->experiment;
    char **argv = calloc(e->n_command + 9, sizeof *argv);
    size_t n = 0;

    if (argv == NULL)
        return NULL;
    argv[n++] = s->tracer;
    argv[n++] = (char *)"--config";
    argv[n++] = config;
    if (e->python) {
        argv[n++] = (char *)"--python";
        argv[n++] = e->python;
    }
    if (place == PT_PLACE_REFERENCE)
        argv[n++] = (char *)"--fuzzy="; /* no layer */
    argv[n++] = (char *)"--command";
    memcpy(argv + n, e->command, e->n_command * sizeof *argv);
    return argv;
}

static enum pt_status start(struct schedule *s, struct child *child, size_t place,
                            struct pt_error *error)
{
    struct pt_experiment *e = s->experiment;
    char *environment[PT_RUN_VARIABLES], name[PT_RUN_NAME];

    pt_experiment_run_name(place, name);
    enum pt_status status = make_environment(e, place, name, environment, error);
    char *config = pt_experiment_path(e, "config.json");
    char *out = pt_experiment_path(e, "logs/%s.out", name);
    char *err = pt_experiment_path(e, "logs/%s.err", name);
    char **argv = make_arguments(s, place, config);
    struct pt_process_plan plan = {argv, environment, e->directory, out, err};

    if (status == PT_OK && !(config && out && err && argv))
        status = pt_error_set(error, PT_E_MEMORY, "no memory to start a run");
    if (status == PT_OK)
        status = pt_run_traces_prepare(e, place, error);
    if (status == PT_OK)
        status = pt_process_start(&plan, &child->pid, error);
    if (status == PT_OK) {
        child->place = place;
        child->started = pt_process_now();
        child->kill_at = 0;
        child->timed_out = false;
        s->running++;
    } else {
        child->pid = 0;
    }
    pt_run_environment_free(environment);
    free(argv);
    free(config);
    free(out);
    free(err);
    return status;
}

static bool is_waiting(struct pt_experiment *e, size_t place)
{
    const struct pt_run *run = pt_experiment_run(e, place);

    return run->wanted && run->state == PT_RUN_WAITING;
}

/* Runs that would not fit into memory wait; one always goes on. */
static bool has_room(struct schedule *s)
{
    char size[PT_WORDS];
    size_t fits = pt_run_memory_fits(s->available, s->peak);

    if (s->running < fits)
        return true;
    if (!s->told_memory && s->peak) {
        pt_words_size(s->peak, size);
        pt_run_progress_clear(&s->progress);
        fprintf(stderr, "a run takes %s of memory: %zu at a time\n", size, fits);
        s->told_memory = true;
    }
    return false;
}

/* The program fails without perturbation too (or that is not tried), and with it each
 * time: the others would fare no better. */
static bool is_hopeless(struct schedule *s)
{
    const struct pt_run *reference = &s->experiment->extra[PT_PLACE_REFERENCE];
    bool hopeless = s->outcome->done == 0 && s->outcome->failed >= HOPELESS &&
                    (!reference->wanted || (reference->state != PT_RUN_DONE &&
                                            reference->state != PT_RUN_WAITING));

    if (hopeless && !s->told_hopeless) {
        pt_run_progress_clear(&s->progress);
        fprintf(stderr, "each of %zu runs failed%s: no more are started\n",
                s->outcome->failed,
                reference->wanted ? ", and the one without perturbation" : "");
        s->told_hopeless = true;
    }
    return hopeless;
}

static enum pt_status fill(struct schedule *s, struct pt_error *error)
{
    struct pt_experiment *e = s->experiment;
    enum pt_status status = PT_OK;
    bool open = !s->stopping && s->next < s->n_places && !is_hopeless(s);

    for (size_t i = 0; i < s->n_children && open && status == PT_OK; i++) {
        if (s->children[i].pid)
            continue;
        while (s->next < s->n_places && !is_waiting(e, s->next))
            s->next++;
        if (s->next == s->n_places || !has_room(s))
            break;
        status = start(s, &s->children[i], s->next++, error);
    }
    return status;
}

/* The last line of the log that says something; that of Python's traceback is the
 * exception. */
static void last_line(const char *path, char line[REASON])
{
    char tail[TAIL_BYTES + 1];
    FILE *file = fopen(path, "rb");
    size_t n = 0;

    line[0] = '\0';
    if (file == NULL)
        return;
    if (fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        if (end >= 0 &&
            fseek(file, end > TAIL_BYTES ? end - TAIL_BYTES : 0, SEEK_SET) == 0)
            n = fread(tail, 1, TAIL_BYTES, file);
    }
    fclose(file);
    while (n > 0 && strchr(" \t\r\n", tail[n - 1]))
        n--;
    tail[n] = '\0';
    const char *newline = strrchr(tail, '\n');
    snprintf(line, REASON, "%.*s", REASON - 1, newline ? newline + 1 : tail);
    for (char *p = line; *p; p++) {
        if ((unsigned char)*p < 0x20)
            *p = ' ';
    }
}

static enum pt_status judge(struct schedule *s, const struct child *child,
                            int wait_status, struct pt_error *error)
{
    struct pt_run *run = pt_experiment_run(s->experiment, child->place);
    size_t traces = 0;
    enum pt_status status;

    run->seconds = pt_process_now() - child->started;
    run->exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    run->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    if (child->timed_out) {
        run->state = PT_RUN_TIMED_OUT;
    } else if (run->exit_status == 0) {
        status = pt_run_traces_keep(s->experiment, child->place, &traces, error);
        run->state = traces ? PT_RUN_DONE : PT_RUN_FAILED;
        return status;
    } else {
        run->state = PT_RUN_FAILED;
    }
    return pt_run_traces_reject(s->experiment, child->place, error);
}

static enum pt_status finish(struct schedule *s, struct child *child, int wait_status,
                             struct pt_error *error)
{
    struct pt_experiment *e = s->experiment;
    struct pt_run *run = pt_experiment_run(e, child->place);
    char reason[REASON] = "", name[PT_RUN_NAME];
    enum pt_status status = PT_OK;

    pt_experiment_run_name(child->place, name);
    char *err = pt_experiment_path(e, "logs/%s.err", name);

    s->running--;
    child->pid = 0;
    if (s->stopping && !(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0)) {
        free(err);
        return PT_OK; /* stays waiting */
    }
    status = judge(s, child, wait_status, error);
    if (child->place >= PT_PLACE_FIRST && run->state == PT_RUN_DONE)
        s->outcome->done++;
    else if (child->place >= PT_PLACE_FIRST)
        s->outcome->failed++;
    if (run->state != PT_RUN_DONE && err)
        last_line(err, reason);
    s->progress.running = s->running;
    pt_run_progress_ended(&s->progress, child->place, run, reason,
                          run->state == PT_RUN_DONE ? NULL : err);
    if (status == PT_OK)
        status = pt_experiment_write(e, error);
    free(err);
    return status;
}

static enum pt_status reap(struct schedule *s, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < s->n_children && status == PT_OK; i++) {
        int wait_status = 0;
        uint64_t peak = 0;

        if (s->children[i].pid == 0 ||
            !pt_process_ended(s->children[i].pid, &wait_status, &peak))
            continue;
        s->peak = peak > s->peak ? peak : s->peak;
        status = finish(s, &s->children[i], wait_status, error);
    }
    return status;
}

/* First the polite signal, on which the trace is sealed, then the other one. */
static void end_child(struct child *child, bool now)
{
    if (child->kill_at == 0 && !now) {
        pt_process_signal(child->pid, SIGTERM);
        child->kill_at = pt_process_now() + GRACE_SECONDS;
    } else if (now || pt_process_now() >= child->kill_at) {
        pt_process_signal(child->pid, SIGKILL);
    }
}

static void check_times(struct schedule *s)
{
    double timeout = s->experiment->timeout;

    for (size_t i = 0; i < s->n_children; i++) {
        struct child *child = &s->children[i];

        if (child->pid == 0)
            continue;
        if (timeout > 0 && pt_process_now() - child->started >= timeout)
            child->timed_out = true;
        if (child->timed_out || s->stopping)
            end_child(child, false);
    }
}

static void stop(struct schedule *s)
{
    pt_run_progress_clear(&s->progress);
    fprintf(stderr,
            s->stopping ? "killing the runs\n"
                        : "stopping: the runs get %d seconds to end (again: at "
                          "once)\n",
            GRACE_SECONDS);
    for (size_t i = 0; i < s->n_children; i++) {
        if (s->children[i].pid)
            end_child(&s->children[i], s->stopping);
    }
    s->stopping = true;
    s->outcome->stopped = true;
}

static enum pt_status loop(struct schedule *s, struct pt_error *error)
{
    enum pt_status status = fill(s, error);

    while (status == PT_OK && s->running) {
        s->progress.running = s->running;
        pt_run_progress_draw(&s->progress);
        if (pt_process_wait(0.2) == PT_PROCESS_STOP)
            stop(s);
        status = reap(s, error);
        check_times(s);
        if (status == PT_OK)
            status = fill(s, error);
    }
    return status;
}

/* After an error of ours: nothing may go on behind the user's back. */
static void kill_rest(struct schedule *s)
{
    for (size_t i = 0; i < s->n_children; i++) {
        if (s->children[i].pid == 0)
            continue;
        pt_process_signal(s->children[i].pid, SIGKILL);
        (void)waitpid(s->children[i].pid, NULL, 0);
    }
}

enum pt_status pt_run_schedule(struct pt_experiment *experiment, size_t jobs,
                               struct pt_run_outcome *outcome, struct pt_error *error)
{
    struct schedule s = {.available = pt_run_memory_available(""),
                         .experiment = experiment,
                         .n_children = jobs,
                         .n_places = PT_PLACE_FIRST + experiment->n_runs,
                         .outcome = outcome};
    size_t before = 0;
    enum pt_status status = pt_program_find("pytracer-trace", &s.tracer, error);

    *outcome = (struct pt_run_outcome){0};
    if (status != PT_OK)
        return status;
    for (size_t i = 0; i < experiment->n_runs; i++)
        before += experiment->runs[i].state != PT_RUN_WAITING;
    outcome->done = before;
    s.children = calloc(jobs, sizeof *s.children);
    if (s.children == NULL) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for %zu runs", jobs);
        goto done;
    }
    pt_run_progress_start(&s.progress, experiment, before);
    status = loop(&s, error);
    pt_run_progress_clear(&s.progress);
    if (status != PT_OK)
        kill_rest(&s);
done:
    free(s.children);
    free(s.tracer);
    return status;
}
