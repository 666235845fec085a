/* The stochastic arithmetic, as the configuration asks for it. */
#ifndef PT_EMBED_STOCHASTIC_H
#define PT_EMBED_STOCHASTIC_H

#include "base/status.h"
#include "config.h"

/* Switches it on if layers are configured. Where no seed is, one is drawn and put into
 * *config. Before Python starts. */
PT_MUST_CHECK enum pt_status pt_stochastic_start(struct pt_config *config,
                                                 struct pt_error *error);

/* Sees to it that numpy is covered when the program imports it, and that scopes hold.
 * After Python's start-up, before the program. */
PT_MUST_CHECK enum pt_status pt_stochastic_watch(const struct pt_config *config,
                                                 struct pt_error *error);

/* In the child of a fork: streams of its own. `process` tells it from every other
 * process of the run. */
void pt_stochastic_forked(uint64_t process);

#endif
