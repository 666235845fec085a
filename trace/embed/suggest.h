/* --suggest: what the program calls, and the configuration leaves untraced. */
#ifndef PT_EMBED_SUGGEST_H
#define PT_EMBED_SUGGEST_H

#include "base/status.h"
#include "config.h"

/* A configuration that counts every function but those of the standard library and of
 * the exclude lists. Lives as long as the process, and borrows from *config. Thread:
 * under the GIL. */
PT_MUST_CHECK enum pt_status pt_suggest_everything(const struct pt_config *config,
                                                   const struct pt_config **all,
                                                   struct pt_error *error);

/* Prints on standard error which of the functions counted *config does not trace: those
 * called most, and those whose values were largest. Thread: under the GIL. */
void pt_suggest_print(const struct pt_config *config);

#endif
