/* Shared objects of ours that the loader maps into a program which we start. */
#ifndef PT_LAUNCHER_PRELOAD_H
#define PT_LAUNCHER_PRELOAD_H

#include "base/status.h"

/* What ends a path in LD_PRELOAD; a path with one of these cannot be written there. */
#define PT_PRELOAD_SEPARATORS ": "

/* Puts the object at `path` in front of LD_PRELOAD, for the programs that this process
 * becomes or starts: by its path, or as a file left open, /proc/self/fd/N. The user's
 * own stay behind it, in their order. PT_E_IO, PT_E_MEMORY. Thread: the only one. */
PT_MUST_CHECK enum pt_status pt_preload(const char *path, struct pt_error *error);

#endif
