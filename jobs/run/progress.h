/* What the user sees while runs go on: on a terminal one line that is written over, in
 * a log one line for each finished run. Standard error. Thread: one. */
#ifndef PT_RUN_PROGRESS_H
#define PT_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "experiment/experiment.h"

struct pt_run_progress {
    bool terminal;
    size_t total, runs; /* with and without the extra ones */
    size_t done, failed, running;
    double started, last; /* monotonic seconds */
    size_t before;        /* finished by an earlier call */
    bool drawn;           /* the line is on the screen */
};

/* `before` of the samples were finished by an earlier call. */
void pt_run_progress_start(struct pt_run_progress *progress,
                           struct pt_experiment *experiment, size_t before);

/* Draws the line again, at most ten times a second. */
void pt_run_progress_draw(struct pt_run_progress *progress);

/* Takes the line off, so that something else can be written. */
void pt_run_progress_clear(struct pt_run_progress *progress);

/* The run at `place` has ended; `reason` is a line on why it failed, `log` the file to
 * look at. */
void pt_run_progress_ended(struct pt_run_progress *progress, size_t place,
                           const struct pt_run *run, const char *reason,
                           const char *log);

#endif
