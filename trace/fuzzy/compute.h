/* Blocks and chains of stochastic operations over contiguous memory, in the mode in
 * force: the kernels where they hold, edge.h where they do not. */
#ifndef PT_FUZZY_COMPUTE_H
#define PT_FUZZY_COMPUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzzy/operation.h"
#include "fuzzy/runtime.h"

/* What one call of a loop carries along. */
struct pt_fuzzy_work {
    struct pt_fuzzy_stream *stream;
    enum pt_fuzzy_operation operation;
    enum pt_fuzzy_format format;
    int raised;   /* FE_* that IEEE arithmetic would have signalled */
    size_t ahead; /* bytes, as in pt_fuzzy_block_fn */
    uint64_t done;
    uint64_t nearest;
};

/* out[i] = a[i] op b[i] for i < n, of at most PT_FUZZY_BLOCK doubles' size; all
 * aligned, `out` overlaps neither input, or is a, or both; for a root b is any readable
 * block, as a itself. Needs the environment of flags.h. */
void pt_fuzzy_compute_block(struct pt_fuzzy_work *work, const void *a, const void *b,
                            void *out, size_t n);

/* *acc = *acc op b[i] for each i < n in turn, n <= PT_FUZZY_BLOCK; each intermediate
 * result goes to out[i] unless `out` is NULL. */
void pt_fuzzy_compute_scan(struct pt_fuzzy_work *work, void *acc, const void *b,
                           void *out, size_t n);

/* Whether sums have kernels of their own: in this mode, and where nobody wants to see
 * each addition. */
bool pt_fuzzy_compute_has_sums(const struct pt_fuzzy_work *work);

/* The sums of n <= pt_fuzzy_format_leaves stretches side by side (see
 * pt_fuzzy_leaves_fn) of at most PT_FUZZY_BLOCK additions together. False where that
 * cannot be done for this mode or these numbers: they are to be added row by row. */
bool pt_fuzzy_compute_leaves(struct pt_fuzzy_work *work, const void *const *x,
                             const size_t *rows, size_t n, void *sums);

/* The n reals at x, neighbours added until `left` are left in `sums` (see
 * pt_fuzzy_fold_fn). False as above: they are to be added level by level. */
bool pt_fuzzy_compute_fold(struct pt_fuzzy_work *work, const void *x, void *sums,
                           size_t n, size_t parts, size_t left);

#endif
