/* The longest common subsequence of two sequences of hashes.
 *
 * Equal ends are taken off first; the rest is divided by its middle snake (Myers, An
 * O(ND) Difference Algorithm, Algorithmica 1, 1986), in time proportional to the length
 * times the number of differences, and memory proportional to the length. A stretch
 * that would cost more than PT_LCS_DIFFERENCES differences, or PT_LCS_STEPS steps, is
 * matched by occurrence instead: the k-th x of one with the k-th x of the other. */
#ifndef PT_ALIGNMENT_LCS_H
#define PT_ALIGNMENT_LCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PT_LCS_DIFFERENCES = 65536, PT_LCS_STEPS = 1 << 28 };

/* match[i]: index in b of what a[i] is, UINT32_MAX: nothing. *by_occurrence: some
 * stretch was matched by occurrence (its matches may cross). n, m < 2^31. PT_E_MEMORY.
 * Thread: safe. */
PT_MUST_CHECK enum pt_status pt_lcs(const uint64_t *a, size_t n, const uint64_t *b,
                                    size_t m, uint32_t *match, bool *by_occurrence,
                                    struct pt_error *error);

/* The same by occurrence alone. */
PT_MUST_CHECK enum pt_status pt_match_occurrences(const uint64_t *a, size_t n,
                                                  const uint64_t *b, size_t m,
                                                  uint32_t *match,
                                                  struct pt_error *error);

#endif
