/* The configuration's section "environment": variables of the run. */
#ifndef PT_LAUNCHER_VARIABLES_H
#define PT_LAUNCHER_VARIABLES_H

#include "config.h"

/* True if a value has a {seed} in it. Thread: safe. */
bool pt_variables_want_seed(const struct pt_config *config);

/* Sets and unsets them in this process, {seed} being config->fuzzy.seed and {run_index}
 * the number of the run (0 outside of an experiment). To be inherited by exec. Thread:
 * the only one. */
PT_MUST_CHECK enum pt_status pt_variables_apply(const struct pt_config *config,
                                                struct pt_error *error);

#endif
