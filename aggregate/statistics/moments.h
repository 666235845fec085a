/* What must be kept of an element's samples so that more samples can be merged later
 * without the old ones: the mean in two doubles, since a rounded mean says nothing of
 * noise in its last place.
 *
 * Merged in any order: mean within one unit of the last place, σ within 1e-12 (2e-16
 * where the samples lie within a factor of two), CNH and General significant digits
 * accordingly. General contributing digits and the agreement of integers need all
 * samples and cannot be merged. */
#ifndef PT_STATISTICS_MOMENTS_H
#define PT_STATISTICS_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "statistics/summary.h"

struct pt_stat_output;

/* One element, or one part of a complex one; n = 0: no finite sample. */
struct pt_moments {
    double mean, mean_low; /* μ = (mean + mean_low) · 2^scale */
    double m2;             /* Σ (xᵢ − μ)² = m2 · 4^scale */
    double low, high;      /* of the finite samples; +Inf, −Inf: none */
    int32_t scale;
    uint32_t n; /* finite samples */
    uint32_t n_nan, n_inf;
};

/* No samples yet. */
void pt_moments_begin(struct pt_moments *moments);

/* into ∪= from. Thread: safe. */
void pt_moments_merge(struct pt_moments *into, const struct pt_moments *from);

/* Columns and summary of a value from the moments of its `count` elements (complex: the
 * real parts, then, `plane` elements further on, the imaginary ones). The plan must
 * have room for the merged number of runs, no external reference, no compat. output->
 * contributing is NaN for General. `summary` has begun with the merged number of runs;
 * its agreement stays undefined. Thread: safe. */
void pt_moments_value(const struct pt_stat_plan *plan, const struct pt_moments *moments,
                      size_t count, size_t plane, const struct pt_stat_output *output,
                      struct pt_stat_summary *summary);

#endif
