/* Gives a finished file its final name. Thread: safe. */
#ifndef PT_TRACE_SEAL_H
#define PT_TRACE_SEAL_H

#include "base/status.h"

/* Renames `part` to `path` and synchronises the folder. What stands at `path` is never
 * replaced: then PT_E_EXISTS, and the file keeps the name `part`. */
PT_MUST_CHECK enum pt_status pt_trace_seal(const char *part, const char *path,
                                           struct pt_error *error);

#endif
