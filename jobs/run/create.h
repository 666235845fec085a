/* Experiments made, or taken up again, as the command line of run and submit says. */
#ifndef PT_RUN_CREATE_H
#define PT_RUN_CREATE_H

#include "config.h"
#include "experiment/experiment.h"
#include "run/options.h"

/* A new experiment with its folder and configuration. *experiment is set also when it
 * fails; the caller ends it with pt_experiment_destroy. */
PT_MUST_CHECK enum pt_status pt_run_create(const struct pt_run_options *options,
                                           struct pt_experiment **experiment,
                                           struct pt_error *error);

/* That of options->resume: what was not done waits again, with its own seed, and there
 * are more runs if options->runs says so. */
PT_MUST_CHECK enum pt_status pt_run_resume(const struct pt_run_options *options,
                                           struct pt_experiment **experiment,
                                           struct pt_error *error);

/* One process works in an experiment at a time: PT_E_EXISTS if another does. File
 * systems without locks are trusted. The lock ends when *fd is closed. */
PT_MUST_CHECK enum pt_status pt_run_lock(const struct pt_experiment *experiment,
                                         int *fd, struct pt_error *error);

/* Prints the ranking of the experiment's result, and how to look at it. */
PT_MUST_CHECK enum pt_status pt_run_rank(const struct pt_experiment *experiment,
                                         struct pt_error *error);

#endif
