/* The runs of an experiment, several at a time, each watched to its end. */
#ifndef PT_RUN_SCHEDULE_H
#define PT_RUN_SCHEDULE_H

#include "experiment/experiment.h"

struct pt_run_outcome {
    size_t done, failed; /* of the samples */
    bool stopped; /* somebody wanted us to stop; what did not end is waiting again */
};

/* Runs all that wait, `jobs` at a time, and writes experiment.json after each. A run
 * that fails, hangs or leaves no trace is reported on standard error and its traces are
 * put apart. Errors are ours (no tracer, no room), not those of the runs; nothing is
 * running when it returns. pt_process_prepare first. Thread: the program's only one. */
PT_MUST_CHECK enum pt_status pt_run_schedule(struct pt_experiment *experiment,
                                             size_t jobs,
                                             struct pt_run_outcome *outcome,
                                             struct pt_error *error);

#endif
