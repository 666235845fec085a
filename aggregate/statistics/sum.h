/* Sums that do not depend on the order of their terms (struct pt_stat_sum, summary.h),
 * and numbers with an exponent of their own for what leaves the range of a double. */
#ifndef PT_STATISTICS_SUM_H
#define PT_STATISTICS_SUM_H

#include "statistics/summary.h"

/* m · 2ᵉ. Zero: m = 0. */
struct pt_scaled {
    double m;
    int e;
};

/* ½ ≤ |m| < 1, or 0. */
struct pt_scaled pt_scaled_normal(double m, int e);
struct pt_scaled pt_scaled_square(struct pt_scaled x);
double pt_scaled_double(struct pt_scaled x);
double pt_scaled_log2(struct pt_scaled x); /* of |x|; −Inf for 0 */

void pt_stat_sum_begin(struct pt_stat_sum *sum);

/* sum += value · 2^exponent, value finite. Up to 2³¹ terms. */
void pt_stat_sum_add(struct pt_stat_sum *sum, double value, int exponent);
void pt_stat_sum_merge(struct pt_stat_sum *into, const struct pt_stat_sum *from);

/* The sum, rounded to 53 bits. */
struct pt_scaled pt_stat_sum_value(const struct pt_stat_sum *sum);

#endif
