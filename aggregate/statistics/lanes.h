/* Moments of up to PT_STAT_BLOCK elements at once, one element per vector lane. Two
 * ways for ordinary numbers; what neither can do goes to exact.h. Compiled once for
 * each instruction set, with the same results. */
#ifndef PT_STATISTICS_LANES_H
#define PT_STATISTICS_LANES_H

#include <stdbool.h>
#include <stddef.h>

#include "statistics/kernel.h"

enum { PT_LANES_PAD = 16 };
#define PT_LANES_PADDED(count)                                                         \
    (((count) + PT_LANES_PAD - 1) / PT_LANES_PAD * PT_LANES_PAD)

struct pt_lanes {
    double mean[PT_STAT_BLOCK];        /* μ rounded */
    double mean_low[PT_STAT_BLOCK];    /* μ − mean */
    double m2[PT_STAT_BLOCK];          /* Σ (xᵢ − μ)² */
    double low[PT_STAT_BLOCK];         /* least sample */
    double high[PT_STAT_BLOCK];        /* greatest sample */
    double spread[PT_STAT_BLOCK];      /* max |xᵢ − y|, y the reference or μ */
    unsigned char done[PT_STAT_BLOCK]; /* 1: the above hold; 0: outside the bounds */
    /* Filled by `finish`. */
    double ref[PT_STAT_BLOCK];    /* y */
    double square[PT_STAT_BLOCK]; /* mean square about y (σ² for y = μ) */
    double bias[PT_STAT_BLOCK];   /* μ − y */
    double var[PT_STAT_BLOCK];    /* σ² */
    double std[PT_STAT_BLOCK];
    double sig[PT_STAT_BLOCK];          /* CNH */
    double contributing[PT_STAT_BLOCK]; /* CNH */
};

/* What `finish` needs to know of the plan and the type. */
struct pt_lanes_rules {
    double n;
    double ddof;
    double delta, delta_contributing; /* NaN for n < 2 */
    double precision;
    double normal_range, normal_distance; /* of the plan */
    bool absolute, external;
};

/* Rows of which the next block is asked for; n is 0 where none is read in place. The
 * memory must not idle while digits are counted: `finish` asks for every second row,
 * `near` for the others. */
struct pt_lanes_ahead {
    const void **rows;
    size_t n, item; /* bytes of an element */
};
static inline bool pt_lanes_is_later(size_t row)
{
    return row % 2 != 0;
}

/* Sums over the elements of a block. */
struct pt_lanes_totals {
    double mean, ref2, var, square, spread2, bias2; /* Σ μ, y², σ², …, spread², bias² */
    double low, high;
    size_t varying;            /* elements whose samples differ */
    size_t tested, not_normal; /* for a normal distribution */
};

/* rows[i] holds sample i of all elements; each row may be read, and is ignored, up to
 * the next multiple of PT_LANES_PAD elements. count ≤ PT_STAT_BLOCK, n ≥ 1. `near` and
 * `wide` return the number of elements that are done. */
struct pt_lanes_kernel {
    const char *name;
    /* One pass, differences from the first sample. Done: samples within |x₁|/(8n) of
     * each other, so that the differences are exact and their sum is exact enough.
     * narrow: the rows are of floats, else of doubles. */
    size_t (*near)(const void *const *rows, size_t n, bool narrow, size_t count,
                   struct pt_lanes *lanes);
    /* Two passes, compensated sum. Done: |μ| ≥ 16 n² 2⁻⁵³ max|x|. Fills only elements
     * that are not done yet. */
    size_t (*wide)(const double *const *rows, size_t n, size_t count,
                   struct pt_lanes *lanes);
    /* Standard deviations and CNH digits, about `reference` or, if that is NULL, about
     * the mean. Elements that are not done, and those that fill up to PT_LANES_PADDED(
     * count), must hold what pt_lanes_clear gives them. */
    void (*finish)(const struct pt_lanes_rules *rules, const double *reference,
                   const struct pt_lanes_ahead *ahead, size_t count,
                   struct pt_lanes *lanes);
    /* After `finish`, of the elements that are done. */
    void (*totals)(const struct pt_lanes_rules *rules, const struct pt_lanes *lanes,
                   size_t count, struct pt_lanes_totals *totals);
    /* out[i] = log₂(x[i]) to 1e-13 for positive normal x. */
    void (*log2)(const double *x, double *out, size_t count);
    /* out[i] = x[i] within [0, limit], NaN as 0; `limit` may be NaN, then all are.
     * Reads and writes up to PT_LANES_PADDED(count). */
    void (*clamp)(const double *x, double limit, size_t count, double *out);
    /* How many of x are numbers ≥ 0; *least: the least of them and of *least. */
    size_t (*tally)(const double *x, size_t count, double *least);
    /* Moves the numbers in [low, high) to the front, returns how many. */
    size_t (*gather)(double *x, size_t n, double low, double high);
};

/* Makes an element that is not done neutral in sums and ranges. */
static inline void pt_lanes_clear(struct pt_lanes *lanes, size_t i)
{
    lanes->mean[i] = lanes->mean_low[i] = lanes->m2[i] = lanes->spread[i] = 0;
    lanes->low[i] = __builtin_huge_val();
    lanes->high[i] = -__builtin_huge_val();
    lanes->done[i] = 0;
}

/* The best that this processor has. Thread: safe. */
const struct pt_lanes_kernel *pt_lanes_kernel_best(void);

/* All that this processor can run, best first; *n of them. For tests. */
const struct pt_lanes_kernel *const *pt_lanes_kernels(size_t *n);

/* |x| within which squares of samples and of their differences stay normal numbers: two
 * samples of magnitude ≥ 2⁻⁴⁰⁰ differ by 0 or by more than 2⁻⁴⁵⁴. */
#define PT_LANES_LEAST    0x1p-400
#define PT_LANES_GREATEST 0x1p480

#endif
