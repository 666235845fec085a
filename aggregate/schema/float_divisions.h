/* Divisions of Python's own floats by values without digits, from what the runs say of
 * themselves (metadata "event.division.*" of a trace). */
#ifndef PT_SCHEMA_FLOAT_DIVISIONS_H
#define PT_SCHEMA_FLOAT_DIVISIONS_H

#include "schema/reader.h"

/* One division of a function (an instruction, of which a line may have several). */
struct pt_float_division {
    char *function, *file; /* "module.function"; owned */
    uint32_t line;
    uint64_t divisions; /* in the run that has the most */
    uint64_t looked;    /* of them, whose divisors could be compared over the runs */
    uint64_t empty;     /* of these, without a significant bit: more than 0 */
    uint64_t first; /* the first of the empty ones, counted from 1; 0: those of other
                       threads than the main one, which have no order */
};

/* Those, the most empty first; *n of them in *divisions, which the caller ends with
 * pt_float_divisions_free. A divisor has no significant bit where that of some run is
 * off by half of the mean over the runs or more (the method `general`, reference its
 * mean); occurrences are those of the function's instruction, counted in each run. In
 * other threads than the main one the divisors' magnitudes are compared in ascending
 * order, where the runs divided equally often: values with digits agree in any order.
 * Errors: those of the reader. Thread: safe. */
PT_MUST_CHECK enum pt_status
pt_float_divisions_find(const struct pt_result *result,
                        struct pt_float_division **divisions, size_t *n,
                        struct pt_error *error);
void pt_float_divisions_free(struct pt_float_division *divisions, size_t n);

#endif
