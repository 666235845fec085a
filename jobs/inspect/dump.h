/* The calls of a trace as indented text. Thread: safe. */
#ifndef PT_JOBS_INSPECT_DUMP_H
#define PT_JOBS_INSPECT_DUMP_H

#include <stdio.h>

#include "format/reader.h"

/* Prints every call, its values abbreviated. What cannot be read is said in its place.
 */
PT_MUST_CHECK enum pt_status pt_inspect_dump(FILE *out, struct pt_trace_reader *reader,
                                             struct pt_error *error);

/* "module.name" of a function. */
void pt_inspect_put_function(FILE *out, const struct pt_trace_reader *reader,
                             uint32_t id);

#endif
