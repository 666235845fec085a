/* Divisions by values without digits: where all that follows is noise. */
#ifndef PT_DIVISIONS_H
#define PT_DIVISIONS_H

#include <stdio.h>

#include "schema/reader.h"

/* Prints, for each traced division of numpy (divide, floor_divide, remainder, fmod,
 * reciprocal), how many of its calls had a divisor on whose leading digit the runs do
 * not agree (normwise significant bits <= 0), and the first of them with its line; and
 * the same for each division of Python's floats (schema/float_divisions.h).
 * Nothing where there is none. Errors of the reader. Thread: safe. */
PT_MUST_CHECK enum pt_status
pt_divisions_print(FILE *out, const struct pt_result *result, struct pt_error *error);

#endif
