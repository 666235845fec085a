/* Texts and numbers of a trace, printed so that they can do no harm: a name in a trace
 * is whatever a program chose. Thread: safe. */
#ifndef PT_JOBS_INSPECT_TEXT_H
#define PT_JOBS_INSPECT_TEXT_H

#include <stdio.h>

#include "format/format.h"

/* Prints at most `limit` bytes of the text, then "…" if there are more. Valid UTF-8
 * stands as it is, but control characters (those of Unicode's right-to-left overrides
 * too) and invalid bytes are printed as \n, \x1b, \u202e. */
void pt_inspect_put(FILE *out, const char *text, size_t bytes, size_t limit);

/* "float64", "complex128", "bool"; "float" for a Python scalar. */
void pt_inspect_put_type(FILE *out, const struct pt_trace_value *value);

/* One element at `p` (value->item_bytes bytes, little-endian), with as many digits as
 * tell it from its neighbours: 17 for float64. */
void pt_inspect_put_element(FILE *out, const struct pt_trace_value *value,
                            const unsigned char *p);

#endif
