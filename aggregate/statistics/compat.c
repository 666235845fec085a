
#include <math.h>

#include "statistics/block.h"

/* The Python package significantdigits 0.5 with numpy beneath it: every operation in
 * the samples' own type T, then standard deviations in binary64. */

enum { HALF_BITS = 11, HALF_LEAST = -24 };

/* Rounds the result of one operation to the type of `bytes` bytes. numpy computes with
 * binary16 in binary32 and rounds that. */
static double round_to(double x, unsigned bytes)
{
    int e;

    if (bytes >= 8 || !isfinite(x)) {
        return x;
    }
    x = (double)(float)x;
    if (bytes == 2 && isfinite(x)) {
        frexp(x, &e);
        e = e - HALF_BITS > HALF_LEAST ? e - HALF_BITS : HALF_LEAST;
        x = ldexp(rint(ldexp(x, -e)), e);
        x = fabs(x) > 65504 ? copysign(HUGE_VAL, x) : x;
    }
    return x;
}

/* np.mean: binary16 is summed in binary32, everything else in its own type. */
static double mean_of(const double *x, size_t n, unsigned bytes)
{
    unsigned sum_bytes = bytes == 2 ? 4 : bytes;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum = round_to(sum + x[i], sum_bytes);
    }
    return round_to(round_to(sum / (double)n, sum_bytes), bytes);
}

/* Z in place of the samples. */
static void form_errors(double *x, size_t n, double y, unsigned bytes, bool absolute)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = absolute ? round_to(x[i] - y, bytes)
                        : round_to(round_to(x[i] / y, bytes) - 1, bytes);
    }
}

/* np.std of Z; max|Z| where that is 0. NaN propagates. */
static double spread_of(const double *z, size_t n)
{
    double mean = 0, square = 0, greatest = 0, std;

    for (size_t i = 0; i < n; i++) {
        mean += z[i];
        greatest = fabs(z[i]) > greatest ? fabs(z[i]) : greatest;
    }
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        square += (z[i] - mean) * (z[i] - mean);
    }
    std = sqrt(square / (double)n);
    return std == 0 ? greatest : std;
}

/* All |z| ≤ 2^−(k − shift), for k = 0, 1, … */
static double general_significant(const double *z, size_t n, int mantissa, int shift)
{
    int k = 0;

    for (; k <= mantissa; k++) {
        for (size_t i = 0; i < n; i++) {
            if (!(fabs(z[i]) <= ldexp(1, shift - k))) {
                return k > 0 ? k - 1 : 0;
            }
        }
    }
    return mantissa;
}

/* All ⌊2^(k − shift)|z|⌋ even, for k = 1, 2, …; NaN counts as even, also where 2^(k −
 * shift) overflows; 1 is the least. */
static double general_contributing(const double *z, size_t n, int mantissa, int shift)
{
    for (int k = 1; k <= mantissa; k++) {
        for (size_t i = 0; i < n; i++) {
            if (fmod(floor(ldexp(1, k - shift) * fabs(z[i])), 2) == 1) {
                return k > 1 ? k - 1 : 1;
            }
        }
    }
    return mantissa;
}

static void element(const struct pt_stat_work *work, double *x, unsigned bytes,
                    double y, double *significant, double *contributing)
{
    const struct pt_stat_plan *plan = work->plan;
    bool absolute = work->rules.absolute;
    int mantissa = (int)work->rules.precision - 1;
    int e = 1;
    double spread;

    if (absolute && y != 0) {
        frexp(y, &e);
    }
    form_errors(x, work->n, y, bytes, absolute);
    if (plan->options.method == PT_STAT_GENERAL) {
        *significant = general_significant(x, work->n, mantissa, e - 1);
        *contributing = general_contributing(x, work->n, mantissa, e - 1);
        return;
    }
    spread = spread_of(x, work->n);
    if (spread == 0) {
        *significant = mantissa - plan->delta[work->n];
        *contributing = mantissa + (e - 1) - plan->delta_contributing[work->n];
    } else {
        *significant = -log2(spread) + (e - 1) - plan->delta[work->n];
        *contributing = -log2(spread) + (e - 1) - plan->delta_contributing[work->n];
    }
}

void pt_block_compat(struct pt_stat_work *work, struct pt_plane *plane)
{
    struct pt_part part = plane->part;
    unsigned bytes = part.class == 'f' ? part.bytes : 8; /* integers become binary64 */
    const void *reference = work->input->reference;

    for (size_t i = 0; i < work->count; i++) {
        double *x = work->values, y;

        for (size_t run = 0; run < work->n; run++) {
            x[run] =
                *pt_load_row(part, work->present[run], work->at + i, 1, 2, x + run);
        }
        y = mean_of(x, work->n, bytes);
        if (reference != NULL) {
            y = *pt_load_row(part, reference, work->at + i, 1, 2, &y);
        }
        element(work, x, bytes, y, &plane->lanes.sig[i], &plane->lanes.contributing[i]);
    }
}
