/* What a Python command line runs, found without Python. */
#ifndef PT_LAUNCHER_COMMAND_H
#define PT_LAUNCHER_COMMAND_H

#include <stdbool.h>

#include "base/status.h"

enum pt_command_kind {
    PT_COMMAND_SCRIPT, /* a file, a folder or a zip archive with __main__.py */
    PT_COMMAND_MODULE,
    PT_COMMAND_CODE,
    PT_COMMAND_STDIN /* "-", or no program at all */
};

struct pt_command {
    enum pt_command_kind kind;
    const char *target; /* script, module or code; NULL for stdin */
};

/* Reads what would follow `python`: its own options, then the program. Borrowed from
 * `arguments`. Options that Python does not know are left for it to refuse. */
struct pt_command pt_command_find(int n, char *const *arguments);

/* PT_E_MISSING if the program is a file that is not there. */
PT_MUST_CHECK enum pt_status pt_command_check(const struct pt_command *command,
                                              struct pt_error *error);

#endif
