/* The resolved configuration as text, from the launcher to the tracer.
 *
 * The launcher may link cJSON, the tracer may not: what the tracer links shadows the
 * traced program's own libraries. So the launcher loads the configuration (config.h),
 * writes it with pt_handover_write into a descriptor that survives exec (a memfd, or a
 * pipe: the text has a definite end, and the reader reads no byte beyond it), and the
 * tracer reads it back. Library pt_handover, which links pt_base alone.
 *
 * The text, UTF-8 or whatever bytes the names have:
 *
 *     pytracer-configuration 1 <bytes that follow, 10 digits>
 *     <key> TAB <value>          one line for each value; a list repeats its key
 *     include TAB <module> TAB <function>
 *     end
 *
 * with backslash, TAB and newline in a value written \\ \t \n. A string that is NULL
 * has no line. Keys are those of keys.h. */
#ifndef PT_HANDOVER_H
#define PT_HANDOVER_H

#include "base/status.h"
#include "config.h"

/* Writes *config to `fd` at its present position; `fd` stays open. PT_E_IO. Thread:
 * safe. */
PT_MUST_CHECK enum pt_status pt_handover_write(int fd, const struct pt_config *config,
                                               struct pt_error *error);

/* Reads from the present position of `fd` up to and with the line "end"; `fd` stays
 * open. PT_E_FORMAT if the text is not one of ours or ends early, PT_E_VERSION if the
 * launcher is of another build. The caller ends *config with pt_config_destroy. Thread:
 * safe. */
PT_MUST_CHECK enum pt_status pt_handover_read(int fd, struct pt_config **config,
                                              struct pt_error *error);

#endif
