#include "statistics/block.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/* Finite samples of element i into work->samples; the others are counted. */
static size_t gather(struct pt_stat_work *work, const struct pt_plane *plane, size_t i,
                     struct pt_stat_summary *summary)
{
    size_t finite = 0;

    for (size_t run = 0; run < work->n; run++) {
        switch (pt_load_sample(plane->part, work->present[run], work->at + i,
                               &work->samples[finite])) {
        case PT_FINITE:
            finite++;
            break;
        case PT_INFINITE:
            summary->n_inf++;
            break;
        case PT_NAN:
            summary->n_nan++;
            break;
        }
    }
    return finite;
}

static void set_undefined(struct pt_lanes *lanes, size_t i)
{
    lanes->mean[i] = lanes->std[i] = lanes->sig[i] = lanes->contributing[i] = NAN;
}

static void add_range(const struct pt_stat_work *work, size_t n,
                      struct pt_stat_summary *summary)
{
    for (size_t k = 0; k < n; k++) {
        double x = pt_sample_double(work->samples[k]);

        summary->min = x < summary->min ? x : summary->min;
        summary->max = x > summary->max ? x : summary->max;
    }
}

/* σ² with the divisor that the options ask for, of n finite samples. */
static struct pt_scaled chosen_var(const struct pt_stat_work *work,
                                   struct pt_scaled var, size_t n)
{
    double samples = (double)n;

    return pt_scaled_normal(var.m * (samples / (samples - work->rules.ddof)), var.e);
}

static void add_scaled(struct pt_stat_sum *sum, struct pt_scaled x)
{
    pt_stat_sum_add(sum, x.m, x.e);
}

static void add_exact(const struct pt_stat_work *work, const struct pt_exact *exact,
                      size_t n, struct pt_stat_summary *summary)
{
    bool external = work->input->reference != NULL;

    summary->n_defined++;
    add_scaled(&summary->mean, exact->mean);
    add_scaled(&summary->mean2, pt_scaled_square(exact->ref));
    if (n < 2) {
        return;
    }
    summary->n_spread++;
    summary->n_varying += exact->var.m != 0;
    add_scaled(&summary->own, chosen_var(work, exact->var, n));
    add_scaled(&summary->var,
               external ? exact->square : chosen_var(work, exact->var, n));
    add_scaled(&summary->widest2, pt_scaled_square(exact->spread));
    add_scaled(&summary->bias2, pt_scaled_square(exact->bias));
}

static double bounded(double digits, double precision)
{
    return digits > precision ? precision : digits;
}

/* Standard deviation and digits of element i from its exact moments. */
static void set_digits(struct pt_stat_work *work, struct pt_plane *plane, size_t i,
                       const struct pt_exact *exact, size_t n)
{
    const struct pt_stat_plan *plan = work->plan;
    struct pt_lanes *lanes = &plane->lanes;
    struct pt_scaled var = chosen_var(work, exact->var, n);
    double logz = exact->logz;

    if (work->input->reference == NULL) {
        logz += 0.5 * log2((double)n / ((double)n - work->rules.ddof));
    }
    if (work->rules.absolute && exact->ref.m != 0) {
        logz += log2(2 * fabs(exact->ref.m));
    }
    lanes->std[i] = ldexp(sqrt(ldexp(var.m, var.e & 1)), var.e >> 1);
    lanes->sig[i] = bounded(-logz - plan->delta[n], work->rules.precision);
    lanes->contributing[i] =
        bounded(-logz - plan->delta_contributing[n], work->rules.precision);
    if (plan->options.method == PT_STAT_GENERAL) {
        lanes->sig[i] = exact->significant;
        lanes->contributing[i] = exact->contributing;
    }
}

/* Reads the element of the external reference; false: not a finite number. */
static bool load_reference(const struct pt_stat_work *work,
                           const struct pt_plane *plane, size_t i, struct pt_sample *y)
{
    return pt_load_sample(plane->part, work->input->reference, work->at + i, y) ==
           PT_FINITE;
}

/* All samples are below 2 to this. */
static int greatest_exponent(const struct pt_sample *samples, size_t n)
{
    int greatest = INT_MIN;

    for (size_t k = 0; k < n; k++) {
        if (samples[k].mantissa != 0) {
            int e = samples[k].exponent + 64 - __builtin_clzll(samples[k].mantissa);

            greatest = e > greatest ? e : greatest;
        }
    }
    return greatest == INT_MIN ? 0 : greatest;
}

/* Of n finite samples and of those that gather() counted since `before`. */
static void set_moments(const struct pt_stat_work *work, const struct pt_exact *exact,
                        size_t n, const struct pt_stat_summary *before,
                        const struct pt_stat_summary *after, struct pt_moments *moments)
{
    pt_moments_begin(moments);
    moments->n_nan = (uint32_t)(after->n_nan - before->n_nan);
    moments->n_inf = (uint32_t)(after->n_inf - before->n_inf);
    if (n > 0) {
        moments->n = (uint32_t)n;
        moments->scale = greatest_exponent(work->samples, n);
        moments->mean = ldexp(exact->mean.m, exact->mean.e - moments->scale);
        moments->mean_low = ldexp(exact->low.m, exact->low.e - moments->scale);
        moments->m2 =
            ldexp(exact->var.m * (double)n, exact->var.e - 2 * moments->scale);
    }
    for (size_t k = 0; k < n; k++) {
        double x = pt_sample_double(work->samples[k]);

        moments->low = fmin(moments->low, x);
        moments->high = fmax(moments->high, x);
    }
}

void pt_block_moments(const struct pt_stat_work *work, struct pt_plane *plane)
{
    const struct pt_lanes *lanes = &plane->lanes;

    for (size_t i = 0; i < work->count; i++) {
        if (lanes->done[i]) {
            plane->moments[i] = (struct pt_moments){.mean = lanes->mean[i],
                                                    .mean_low = lanes->mean_low[i],
                                                    .m2 = lanes->m2[i],
                                                    .low = lanes->low[i],
                                                    .high = lanes->high[i],
                                                    .n = (uint32_t)work->n};
        }
    }
}

void pt_element_exact(struct pt_stat_work *work, struct pt_plane *plane, size_t i,
                      struct pt_stat_summary *summary)
{
    bool external = work->input->reference != NULL;
    bool general = work->plan->options.method == PT_STAT_GENERAL;
    struct pt_stat_summary before = *summary;
    size_t n = gather(work, plane, i, summary);
    struct pt_sample y;
    struct pt_exact exact = {.logz = NAN};

    set_undefined(&plane->lanes, i);
    plane->irregular = true;
    if (n < work->n) {
        plane->state[i] = n > 0 ? PT_STATE_PARTLY : PT_STATE_NEVER;
        summary->flags |= n > 0 ? PT_STAT_PARTLY_FINITE : PT_STAT_NEVER_FINITE;
        summary->flags |= n < 2 && work->n > 1 ? PT_STAT_TOO_FEW : 0;
    }
    if (external && !load_reference(work, plane, i, &y)) {
        plane->state[i] = PT_STATE_NEVER; /* nothing can be measured against it */
        if (plane->moments != NULL) {     /* but the samples have extremes */
            set_moments(work, &exact, n, &before, summary, &plane->moments[i]);
        }
        return;
    }
    if (n > 0) {
        pt_exact_element(work->exact, work->samples, n, external ? &y : NULL, general,
                         work->rules.absolute, (unsigned)work->rules.precision, &exact);
        add_range(work, n, summary);
        add_exact(work, &exact, n, summary);
        plane->lanes.mean[i] = pt_scaled_double(exact.mean);
        plane->log_ref[i] = pt_scaled_log2(exact.ref);
        plane->log_square[i] =
            general ? 2 * pt_scaled_log2(exact.spread) : pt_scaled_log2(exact.square);
    }
    if (n > 1) {
        set_digits(work, plane, i, &exact, n);
    }
    if (plane->moments != NULL) {
        set_moments(work, &exact, n, &before, summary, &plane->moments[i]);
    }
}

/* General digits of one element from max |xᵢ − y| and |y|: spread ≤ |y| 2⁻ᵏ. False
 * where rounding could decide, and where |Z| ≥ 1 needs its own bits (contributing). */
static bool general_bits(double spread, double target, unsigned precision, double *bits)
{
    int exponent;
    double fraction =
        frexp(spread / target, &exponent); /* spread/target < 2^exponent */

    *bits = fmin(-exponent, precision);
    return spread == 0 ||
           (exponent <= 0 && fraction > 0.5 * (1 + 1e-9) && fraction < 1 - 1e-9);
}

void pt_block_general(struct pt_stat_work *work, struct pt_plane *plane)
{
    struct pt_lanes *lanes = &plane->lanes;
    unsigned precision = (unsigned)work->rules.precision;

    for (size_t i = 0; i < work->count; i++) {
        double target = fabs(lanes->ref[i]);
        double bits;

        if (!lanes->done[i]) {
            continue;
        }
        if (work->rules.absolute && target > 0) {
            int e;

            frexp(target, &e);
            target = ldexp(1, e - 1);
        }
        if (general_bits(lanes->spread[i], target, precision, &bits)) {
            lanes->sig[i] = lanes->contributing[i] =
                lanes->spread[i] == 0 ? precision : bits;
        } else {
            struct pt_stat_summary unused; /* it is in the sums already */

            pt_stat_summary_begin(&unused, work->input->dtype, work->input->item_bytes,
                                  work->n);
            pt_element_exact(work, plane, i, &unused);
        }
    }
}

/* log₂(√(2ᵃ + 2ᵇ)) */
static double log_hypot(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);

    return isinf(high) ? high / 2 : high / 2 + 0.5 * log2(1 + exp2(low - high));
}

/* Digits of a complex element: the distance |z − z̄| against |z̄|. */
static double complex_digits(struct pt_stat_work *work, size_t i)
{
    double about[2], ref[2], square, magnitude, logz;

    for (int p = 0; p < 2; p++) {
        const struct pt_plane *plane = &work->plane[p];
        const struct pt_lanes *lanes = &plane->lanes;
        bool general = work->plan->options.method == PT_STAT_GENERAL;

        about[p] = plane->log_square[i];
        ref[p] = plane->log_ref[i];
        if (lanes->done[i]) {
            about[p] = general ? 2 * log2(lanes->spread[i]) : log2(lanes->square[i]);
            ref[p] = log2(fabs(lanes->ref[i]));
        }
    }
    square = log_hypot(about[0], about[1]);
    magnitude = log_hypot(2 * ref[0], 2 * ref[1]);
    if (square == -HUGE_VAL) {
        return work->limit;
    }
    if (magnitude == -HUGE_VAL) {
        return 0;
    }
    logz = square - (work->rules.absolute ? floor(magnitude) : magnitude);
    return work->plan->options.method == PT_STAT_GENERAL ? floor(-logz)
                                                         : -logz - work->rules.delta;
}

/* What is not simply the clamped digits of one part: complex elements, and those with
 * NaN or Inf. */
static void special_digits(struct pt_stat_work *work)
{
    const struct pt_plane *real = &work->plane[0], *last = real + work->n_planes - 1;

    for (size_t i = 0; i < work->count; i++) {
        unsigned a = real->state[i], b = last->state[i];

        if (a == PT_STATE_PARTLY || b == PT_STATE_PARTLY) {
            work->digits[i] = 0;
        } else if (a == PT_STATE_NEVER || b == PT_STATE_NEVER) {
            work->digits[i] = NAN;
        } else if (real != last) {
            work->digits[i] = fmin(fmax(complex_digits(work, i), 0), work->limit);
        }
    }
}

void pt_block_digits(struct pt_stat_work *work)
{
    /* The limit is NaN for one run, as all digits are then. */
    work->kernel->clamp(work->plane[0].lanes.sig, work->limit, work->count,
                        work->digits);
    if (work->n > 1 && (work->n_planes == 2 || work->plane[0].irregular)) {
        special_digits(work);
    }
}

static int compare_bits(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* How often the most frequent of the n sorted numbers occurs. */
static size_t mode_count(const uint64_t *sorted, size_t n)
{
    size_t best = 0, run = 0;

    for (size_t i = 0; i < n; i++) {
        run = i > 0 && sorted[i] == sorted[i - 1] ? run + 1 : 1;
        best = run > best ? run : best;
    }
    return best;
}

void pt_block_agreement(struct pt_stat_work *work, struct pt_stat_summary *summary)
{
    const struct pt_plane *plane = &work->plane[0];

    summary->asked += work->n * work->count;
    for (size_t i = 0; i < work->count; i++) {
        size_t agreeing = work->n;

        if (!plane->lanes.done[i] || plane->lanes.m2[i] > 0) {
            for (size_t run = 0; run < work->n; run++) {
                work->bits[run] =
                    pt_load_bits(plane->part, work->present[run], work->at + i);
            }
            qsort(work->bits, work->n, sizeof *work->bits, compare_bits);
            agreeing = mode_count(work->bits, work->n);
        }
        summary->agreeing += agreeing;
    }
}
