/* Reductions, in the order in which numpy does them. */
#ifndef PT_FUZZY_REDUCE_H
#define PT_FUZZY_REDUCE_H

#include <stddef.h>
#include <stdint.h>

#include "fuzzy/compute.h"

/* *acc = *acc op (the n elements at `x`, `step` bytes apart): sums pairwise as numpy
 * does, everything else from left to right. `acc` is aligned; `x` need not be. */
void pt_fuzzy_reduce(struct pt_fuzzy_work *work, void *acc, const char *x,
                     intptr_t step, size_t n);

/* The same for sums of elements of `parts` reals (1, or 2 for complex numbers), n of
 * them, `step` bytes apart; *acc has as many parts. */
void pt_fuzzy_sum(struct pt_fuzzy_work *work, void *acc, const char *x, intptr_t step,
                  size_t parts, size_t n);

#endif
