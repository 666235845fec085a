/* The table of calls and memory per function:
 *
 *     module,function,call,memory
 *     numpy.linalg,solve,3,4128
 *     Total,,3,4128
 *
 * memory: bytes of the values that went in and came out. */
#ifndef PT_EMBED_REPORT_H
#define PT_EMBED_REPORT_H

#include <stdbool.h>

#include "base/status.h"

/* Writes what the interception has counted to `path`, most called first; with `show`
 * also, in aligned columns, the first of them and the total to standard error. Thread:
 * under the GIL. */
PT_MUST_CHECK enum pt_status pt_report_write(const char *path, bool show,
                                             struct pt_error *error);

#endif
