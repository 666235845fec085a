/* Divisions by values without digits: where all that follows is noise. */
#ifndef PT_SCHEMA_DIVISIONS_H
#define PT_SCHEMA_DIVISIONS_H

#include "schema/reader.h"

/* Of one traced division of numpy (divide, floor_divide, remainder, fmod, reciprocal):
 * how many of its calls had a divisor on whose leading digit the runs do not agree
 * (normwise significant bits <= 0), and the first of them. */
struct pt_division {
    uint32_t function; /* row of functions/ */
    uint64_t calls,
        empty;      /* calls with a divisor; of them without a digit, more than 0 */
    uint64_t first; /* the first of the empty ones, counted from 1 */
    uint64_t value; /* its divisor: row of values/ */
    uint32_t site;  /* where it was called: row of sites/, or PT_RESULT_NONE32 */
};

/* The first `size` of the functions that have such calls, in the order of functions/;
 * *n: how many there are in the array. Reads the values of divisions once. Errors:
 * those of the reader. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_divisions_find(const struct pt_result *result,
                                               struct pt_division *divisions,
                                               size_t size, size_t *n,
                                               struct pt_error *error);

#endif
