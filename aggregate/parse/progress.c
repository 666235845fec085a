#include "parse/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void pt_progress_begin(struct pt_progress *progress, bool speaks, bool quiet)
{
    progress->speaks = speaks;
    progress->terminal = speaks && !quiet && isatty(STDERR_FILENO);
    progress->start = progress->phase = progress->last = now();
}

void pt_progress_show(void *context, uint64_t done, uint64_t all)
{
    struct pt_progress *progress = context;
    double time = now(), spent = time - progress->phase;
    if (!progress->terminal || !all || !done || time - progress->last < 0.1)
        return;
    progress->last = time;
    double rate = (double)done / spent, left = (double)(all - done) / rate;
    fprintf(stderr, "\rMeasuring %3.0f %%, %.2f GB/s of each run, %.0f s left \033[K",
            100.0 * (double)done / (double)all, rate * 1e-9, left);
    fflush(stderr);
}

void pt_progress_phase(struct pt_progress *progress, const char *what, uint64_t n,
                       const char *unit)
{
    double time = now();
    if (!progress->speaks)
        return;
    if (progress->terminal && progress->last > progress->phase)
        fputs("\r\033[K", stderr);
    pt_log_info("%s %llu %s in %.2f s", what, (unsigned long long)n, unit,
                time - progress->phase);
    progress->phase = time;
}
