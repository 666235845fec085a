/* --target: what is traced, by the names users know. Library pt_handover, no JSON. */
#ifndef PT_TARGET_H
#define PT_TARGET_H

#include "base/status.h"
#include "config.h"

/* Makes the configuration trace the targets and nothing else: "scipy.linalg" is a
 * module, "scipy.linalg.solve" a function, "sklearn.linear_model.Lasso" a class or
 * "…Lasso.fit" a method; `*` is a wildcard. Modules, include lists and the switches of
 * numpy are set as they need them; a function that is named is traced although an
 * exclude list covers it. No targets: nothing is changed. PT_E_USAGE for what is no
 * dotted name. Thread: caller locks the configuration. */
PT_MUST_CHECK enum pt_status pt_targets_apply(struct pt_config *config,
                                              const char *const *targets, size_t n,
                                              struct pt_error *error);

#endif
