/* pytracer-parse over the traces of an experiment, with MPI where there is one. */
#ifndef PT_RUN_AGGREGATE_H
#define PT_RUN_AGGREGATE_H

#include "experiment/experiment.h"

/* Aggregates traces/ into a new file in stats/, with `ranks` processes, and notes its
 * name in the experiment. Words of pytracer-parse go to logs/parse.{out,err}; what it
 * says on standard error is shown. PT_E_MISSING without pytracer-parse; PT_E_IO if it
 * fails. `method` may be NULL. *stopped: somebody wanted us to stop. Thread: the
 * program's only one. */
PT_MUST_CHECK enum pt_status pt_run_aggregate(struct pt_experiment *experiment,
                                              size_t ranks, const char *method,
                                              bool *stopped, struct pt_error *error);

#endif
