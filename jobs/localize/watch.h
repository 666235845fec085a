/* The result that is watched: what a run printed, and how far runs agree about it. */
#ifndef PT_LOCALIZE_WATCH_H
#define PT_LOCALIZE_WATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* What matches in a text, as numbers. */
struct pt_numbers {
    double *items; /* owned */
    size_t n;
};

/* Compiles an extended regular expression; what its first group matches is the number,
 * or the whole match where it has none. NULL: every number that is printed. PT_E_USAGE.
 * End with regfree. */
PT_MUST_CHECK enum pt_status pt_watch_compile(const char *pattern, regex_t *compiled,
                                              struct pt_error *error);

/* The numbers in the file `path`; what matches and is no number counts as NaN. */
PT_MUST_CHECK enum pt_status pt_watch_read(const regex_t *compiled, const char *path,
                                           struct pt_numbers *numbers,
                                           struct pt_error *error);

/* Bits on which n runs agree: the least, over the numbers, of −log₂(σ / |μ|), between 0
 * and 53; 0 where runs print different numbers of them, or NaN or Inf in some. Plain,
 * not a bound with a confidence: runs are compared with runs. */
double pt_watch_digits(const struct pt_numbers *runs, size_t n);

#endif
