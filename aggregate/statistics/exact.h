/* Statistics of one element in exact arithmetic: samples are integers times powers of
 * two, and so are their sum and their differences from the mean times n. For what the
 * vector lanes cannot do: huge and subnormal numbers, means that cancel, x87 long
 * doubles, 64-bit integers, elements with NaN or Inf, and ties of the General method.
 */
#ifndef PT_STATISTICS_EXACT_H
#define PT_STATISTICS_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "statistics/sum.h"

/* ± mantissa · 2^exponent. */
struct pt_sample {
    uint64_t mantissa;
    int32_t exponent;
    bool negative;
};

struct pt_exact {
    struct pt_scaled mean;   /* μ rounded */
    struct pt_scaled low;    /* μ − mean */
    struct pt_scaled var;    /* σ² about μ, divisor n */
    struct pt_scaled square; /* mean square about the reference y; without one, σ² */
    struct pt_scaled ref;    /* y, or μ */
    struct pt_scaled bias;   /* μ − y */
    struct pt_scaled spread; /* max |xᵢ − y| */
    double logz;          /* log₂(√square/|y|); −Inf: square = 0; +Inf: y = 0 */
    unsigned significant; /* General, in [0, precision] */
    unsigned contributing;
};

/* Scratch for n_max samples. */
struct pt_exact_work;
struct pt_exact_work *pt_exact_work_create(size_t n_max); /* NULL: no memory */
void pt_exact_work_destroy(struct pt_exact_work *work);

/* n ≥ 1 samples; reference may be NULL. `general`: also the General digits, bounded by
 * `precision`, of the absolute error if `absolute`. Thread: one work per thread. */
void pt_exact_element(struct pt_exact_work *work, const struct pt_sample *samples,
                      size_t n, const struct pt_sample *reference, bool general,
                      bool absolute, unsigned precision, struct pt_exact *result);

/* The sample as a double, rounded to nearest (overflow: Inf). */
double pt_sample_double(struct pt_sample sample);

#endif
