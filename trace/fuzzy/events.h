/* Cancellations: sums and differences that lost leading bits of their larger operand.
 */
#ifndef PT_FUZZY_EVENTS_H
#define PT_FUZZY_EVENTS_H

#include "fuzzy/compute.h"

/* Notes in work->stream how many of out[i] = a[i] ± b[i], i < n <= PT_FUZZY_BLOCK, lost
 * at least options.cancellation leading bits, and the most that one lost: lost are
 * e(larger operand) − e(result) of the binary exponents, all bits where the result is
 * zero and the operands are not. NaN and Inf count as nothing lost. For additions and
 * subtractions, with cancellation > 0. */
void pt_fuzzy_events_look(struct pt_fuzzy_work *work, const void *a, const void *b,
                          const void *out, size_t n);

#endif
