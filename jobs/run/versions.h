/* What the runs of an experiment ran with. Thread: one. */
#ifndef PT_RUN_VERSIONS_H
#define PT_RUN_VERSIONS_H

#include "experiment/experiment.h"

/* Notes the versions of interpreter, packages and BLAS that the first sealed trace
 * tells, if none are noted yet. No trace: nothing. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_run_versions(struct pt_experiment *experiment,
                                             struct pt_error *error);

#endif
