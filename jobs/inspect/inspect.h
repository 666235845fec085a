/* What `pytracer info FILE [--dump]` prints of one trace. */
#ifndef PT_JOBS_INSPECT_H
#define PT_JOBS_INSPECT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/status.h"

/* Prints a summary of the trace at `path` to `out`: kind, version, whether it is sealed
 * or damaged, run, seed, role, host, program, arguments, start, duration, calls,
 * values, bytes before and after de-duplication, the 20 functions with the most bytes,
 * metadata. With `dump`, also every call as indented text, values abbreviated. Texts
 * from the file are made harmless for a terminal. A trace that is damaged in part is
 * printed as far as it goes, and PT_E_DAMAGED says so afterwards; PT_E_IO also when
 * `out` takes no more. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_inspect_trace(FILE *out, const char *path, bool dump,
                                              struct pt_error *error);

/* Checks every checksum, reference and rule of the trace, and prints what it holds.
 * PT_E_DAMAGED names the first thing that does not hold and counts them. Thread: safe.
 */
PT_MUST_CHECK enum pt_status pt_inspect_verify(FILE *out, const char *path,
                                               struct pt_error *error);

#endif
