/* A configuration back into the texts it is read from. Library pt_config. */
#ifndef PT_WRITE_H
#define PT_WRITE_H

#include "config.h"

/* The whole configuration as JSON text. Its patterns live in files: `include_file` and
 * `exclude_file` are the names to write for them (pt_patterns_format gives their text),
 * NULL for none. The caller frees the text; NULL: no memory. Thread: safe. */
char *pt_config_format(const struct pt_config *config, const char *include_file,
                       const char *exclude_file);

/* "module function" lines. The caller frees the text; NULL: no memory. Thread: safe. */
char *pt_patterns_format(const struct pt_patterns *patterns);

#endif
