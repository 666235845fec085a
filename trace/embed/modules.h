/* Are the configured modules there? */
#ifndef PT_EMBED_MODULES_H
#define PT_EMBED_MODULES_H

#include "base/status.h"
#include "config.h"
#include "launcher/command.h"

/* PT_E_MISSING names the first module of the user's configuration whose top-level
 * package is neither on sys.path, nor beside the program, nor in python_modules_path.
 * The built-in defaults are not checked: a program need not have all of them. Nothing
 * is imported. Thread: under the GIL, after Python's start-up. */
PT_MUST_CHECK enum pt_status pt_modules_check(const struct pt_config *config,
                                              const struct pt_command *command,
                                              struct pt_error *error);

#endif
