/* Does it do harm to the result to perturb these functions, or lines, and nothing else?
 */
#ifndef PT_LOCALIZE_TRIAL_H
#define PT_LOCALIZE_TRIAL_H

#include "localize/localize.h"

/* What is tried: sets over `units`. Functions: the others of them are exempted. Lines:
 * all functions are, so that a line does not stand for the functions that it calls. */
struct pt_level {
    struct pt_localize *localize;
    const struct pt_units *units;
    bool lines;
};

/* Runs the program up to options.runs times, or takes the answer from the folder. A run
 * that fails does harm, if the program still runs without perturbation (else PT_E_IO).
 * Stops early where few runs show the harm clearly, unless `all`. The empty set does
 * none, without a run. */
PT_MUST_CHECK enum pt_status pt_trial(const struct pt_level *level,
                                      const unsigned char *set, bool all,
                                      struct pt_trial *trial, struct pt_error *error);

/* Two runs without any perturbation, the first one's output stays for comparisons.
 * PT_E_IO where the program fails; *varies: they differ by themselves. */
PT_MUST_CHECK enum pt_status pt_trial_reference(struct pt_localize *localize,
                                                bool *varies, struct pt_error *error);

/* Trials that an earlier call has noted in the folder. */
PT_MUST_CHECK enum pt_status pt_trials_read(struct pt_localize *localize,
                                            struct pt_error *error);

#endif
