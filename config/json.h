/* JSON text into a configuration, key by key. Library pt_config. */
#ifndef PT_JSON_H
#define PT_JSON_H

#include "keys.h"

/* Sets the members that `text` names; the others stay. `path` is the file's name, for
 * messages and for names relative to its folder. PT_E_CONFIG for anything that is not
 * as CONFIGURATION.md says, with file and key (or line) named. Thread: caller locks the
 * configuration. */
PT_MUST_CHECK enum pt_status pt_json_apply(struct pt_config *config, const char *text,
                                           const char *path, struct pt_error *error);

#endif
