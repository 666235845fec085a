/* The batch scripts of an experiment: the templates trace.sbatch and parse.sbatch with
 * what stands between their marks filled in. */
#ifndef PT_SUBMIT_SCRIPTS_H
#define PT_SUBMIT_SCRIPTS_H

#include "experiment/experiment.h"
#include "run/options.h"

/* The texts; the caller frees them. PT_E_MISSING without pytracer-trace and -parse. */
PT_MUST_CHECK enum pt_status pt_submit_scripts(const struct pt_experiment *experiment,
                                               const struct pt_run_options *options,
                                               char **trace, char **parse,
                                               struct pt_error *error);

/* Writes them and seeds.txt (line i: the seed of run i) into the folder. */
PT_MUST_CHECK enum pt_status
pt_submit_scripts_write(const struct pt_experiment *experiment, const char *trace,
                        const char *parse, struct pt_error *error);

/* The templates, as they are in jobs/. */
extern const char pt_template_trace[], pt_template_parse[];

#endif
