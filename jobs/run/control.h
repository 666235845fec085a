/* The control run: run 1 repeated with its seed must hold the same, bit for bit. */
#ifndef PT_RUN_CONTROL_H
#define PT_RUN_CONTROL_H

#include <stdbool.h>
#include <stdio.h>

#include "experiment/experiment.h"

/* Compares the traces in control/ with those of run 1, process by process, and says on
 * `out` what came of it. Says nothing where no control run was asked for. *same is
 * false only where they differ, or where there is nothing to compare. Thread: one. */
PT_MUST_CHECK enum pt_status pt_run_control(FILE *out,
                                            const struct pt_experiment *experiment,
                                            bool *same, struct pt_error *error);

#endif
