/* Where the traces of a run are while it goes on, and where they go after it. `place`
 * is the run's in its experiment. Thread: one. */
#ifndef PT_RUN_TRACES_H
#define PT_RUN_TRACES_H

#include "experiment/experiment.h"

/* Makes the empty folder work/<name>; what an interrupted run left there is put
 * apart. */
PT_MUST_CHECK enum pt_status
pt_run_traces_prepare(const struct pt_experiment *experiment, size_t place,
                      struct pt_error *error);

/* Moves the sealed traces to its folder and counts them; the rest is put apart. */
PT_MUST_CHECK enum pt_status pt_run_traces_keep(const struct pt_experiment *experiment,
                                                size_t place, size_t *n,
                                                struct pt_error *error);

/* Puts all of them apart, in failed/<name>. */
PT_MUST_CHECK enum pt_status
pt_run_traces_reject(const struct pt_experiment *experiment, size_t place,
                     struct pt_error *error);

#endif
