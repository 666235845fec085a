/* What --dry-run prints. */
#ifndef PT_LAUNCHER_PLAN_H
#define PT_LAUNCHER_PLAN_H

#include "config.h"
#include "launcher/command.h"
#include "launcher/interpreter.h"
#include "launcher/options.h"

/* Writes to stdout what would be run and traced, and where the trace would go. PT_E_IO
 * if stdout does not take it. */
PT_MUST_CHECK enum pt_status pt_plan_print(const struct pt_launch_options *options,
                                           const struct pt_config *config,
                                           const struct pt_command *command,
                                           const struct pt_interpreter *interpreter,
                                           const char *tracer, struct pt_error *error);

#endif
