/* Include and exclude files: lines of "module-pattern function-pattern", '*' wildcards,
 * '#' starts a comment, empty lines are skipped. Library pt_config. */
#ifndef PT_LISTS_H
#define PT_LISTS_H

#include "keys.h"

/* Appends the lines of `text`, read from `path` (for messages), to the member of `key`.
 * PT_E_CONFIG for a line that is not two words, naming file and line. Thread: caller
 * locks the configuration. */
PT_MUST_CHECK enum pt_status pt_lists_parse(struct pt_config *config,
                                            const struct pt_key *key, const char *text,
                                            const char *path, struct pt_error *error);

/* The same for the file `path`. PT_E_CONFIG if it cannot be read. */
PT_MUST_CHECK enum pt_status pt_lists_read(struct pt_config *config,
                                           const struct pt_key *key, const char *path,
                                           struct pt_error *error);

#endif
