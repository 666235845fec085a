/* The configuration of an experiment's runs, kept in its folder. */
#ifndef PT_RUN_CONFIG_H
#define PT_RUN_CONFIG_H

#include "config.h"
#include "run/options.h"

/* What the options say about the arithmetic goes into the configuration, and names that
 * would make N runs write one file go out of it. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_run_config_apply(struct pt_config *config,
                                                 const struct pt_run_options *options,
                                                 struct pt_error *error);

/* Writes config.json, include.txt and exclude.txt into `folder`. */
PT_MUST_CHECK enum pt_status pt_run_config_write(const struct pt_config *config,
                                                 const char *folder,
                                                 struct pt_error *error);

#endif
