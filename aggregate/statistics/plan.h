/* Everything that depends on the options and on the number of samples only, computed
 * once: the shift δ of each sample size, the largest number of digits that n samples
 * can show, and the thresholds of the flags. Read-only after creation. Thread: safe. */
#ifndef PT_STATISTICS_PLAN_H
#define PT_STATISTICS_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "statistics/options.h"

/* Fewer samples are not tested for a normal distribution. */
enum { PT_STAT_NORMAL_MIN = 5 };

struct pt_stat_plan {
    struct pt_stat_options options;
    size_t n_max;
    /* Each has n_max + 1 entries, indexed by the number of finite samples; entries 0
     * and 1 are NaN. Owned. */
    double *delta;              /* significant digits */
    double *delta_contributing; /* contributing digits */
    double *resolution; /* log₂(n/√(n−1)) − δ(n): D(n) − (p − 1) before bounds */
    double *zero; /* t₀.₉₇₅,ₙ₋₁/√(n − 1): COMPUTED_ZERO if |μ| ≤ zero·σ₀ */
    /* n normal samples have a range/σ₁ below the first, or a max |xᵢ − μ|/σ₁ above the
     * second, once in 2000 times each. NaN below PT_STAT_NORMAL_MIN samples. */
    double *normal_range, *normal_distance;
};

/* Computes a plan for samples of up to n_max ≥ 1 runs. PT_E_USAGE: an option is out of
 * range; PT_E_MEMORY. The caller ends *plan with pt_stat_plan_destroy. */
PT_MUST_CHECK enum pt_status pt_stat_plan_create(const struct pt_stat_options *options,
                                                 size_t n_max,
                                                 struct pt_stat_plan **plan,
                                                 struct pt_error *error);
void pt_stat_plan_destroy(struct pt_stat_plan *plan); /* NULL is legal */

/* Bits of the mantissa, the hidden one counted: 11, 24, 53, 64 for f2, f4, f8, x87 long
 * double (f16) and for the complex type of twice the size; 53 for integers and bools,
 * whose mean and spread are reported in binary64. 0: not a type that we measure. */
unsigned pt_stat_precision(char dtype, unsigned item_bytes);

/* D(n): the most digits that n samples of a type of precision p can show, in [0, p].
 * n < 2: NaN. Summaries, rankings and losses are clamped to [0, D(n)]. */
double pt_stat_limit(const struct pt_stat_plan *plan, size_t n, unsigned precision);

/* How many runs make the one-sided bounds on s at the plan's confidence no further
 * apart than ±1 bit (CNH), or reach the plan's probability (General). */
unsigned pt_stat_runs_needed(const struct pt_stat_plan *plan);

/* General method: the probability that n successes out of n show at the plan's
 * confidence, (1 − c)^(1/n). */
double pt_stat_general_probability(const struct pt_stat_plan *plan, size_t n);

#endif
