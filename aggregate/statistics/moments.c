#include "statistics/moments.h"

#include <math.h>
#include <stdbool.h>

#include "statistics/kernel.h"
#include "statistics/sum.h"

/* An unevaluated sum of two doubles, |low| ≤ half a unit of high (Dekker 1971). */
struct pair {
    double high, low;
};

static struct pair two_sum(double a, double b)
{
    double s = a + b, t = s - a;

    return (struct pair){s, (a - (s - t)) + (b - t)};
}

static struct pair add(struct pair a, struct pair b)
{
    struct pair s = two_sum(a.high, b.high);

    return two_sum(s.high, s.low + (a.low + b.low));
}

/* a · n / d, n and d whole numbers below 2³². */
static struct pair share(struct pair a, double n, double d)
{
    double p = a.high * n;
    double p_low = fma(a.high, n, -p) + a.low * n;
    double q = p / d;
    double q_low = (fma(-q, d, p) + p_low) / d;

    return two_sum(q, q_low);
}

/* Below every exponent of a sample: only zeros. */
enum { NO_SCALE = -5000 };

/* The power of two that brings the greatest sample below 1. */
static int scale_of(const struct pt_moments *moments)
{
    double magnitude = fmax(fabs(moments->low), fabs(moments->high));
    int e;

    if (moments->n == 0 || magnitude == 0) {
        return NO_SCALE;
    }
    frexp(magnitude, &e);
    return e;
}

/* μ in units of 2^scale. */
static struct pair scaled_mean(const struct pt_moments *moments, int scale)
{
    int by = moments->scale - scale;

    return (struct pair){ldexp(moments->mean, by), ldexp(moments->mean_low, by)};
}

void pt_moments_begin(struct pt_moments *moments)
{
    *moments = (struct pt_moments){.low = HUGE_VAL, .high = -HUGE_VAL};
}

/* Both have samples: T. F. Chan, G. H. Golub, R. J. LeVeque, The American Statistician
 * 37 (1983), in pairs and scaled. */
static void merge_samples(struct pt_moments *into, const struct pt_moments *from)
{
    int a_scale = scale_of(into), b_scale = scale_of(from);
    int greater = a_scale > b_scale ? a_scale : b_scale;
    int scale = greater == NO_SCALE ? 0 : greater;
    double a_n = into->n, b_n = from->n, n = a_n + b_n;
    struct pair a = scaled_mean(into, scale), b = scaled_mean(from, scale);
    struct pair delta = add(b, (struct pair){-a.high, -a.low});
    struct pair mean = add(a, share(delta, b_n, n));
    double distance = delta.high + delta.low;

    into->m2 = ldexp(into->m2, 2 * (into->scale - scale)) +
               ldexp(from->m2, 2 * (from->scale - scale)) +
               distance * distance * (a_n * b_n / n);
    into->scale = scale;
    into->mean = mean.high;
    into->mean_low = mean.low;
}

void pt_moments_merge(struct pt_moments *into, const struct pt_moments *from)
{
    uint32_t n_nan = into->n_nan + from->n_nan, n_inf = into->n_inf + from->n_inf;

    if (into->n == 0) {
        *into = *from;
    } else if (from->n > 0) {
        merge_samples(into, from);
        into->low = fmin(into->low, from->low);
        into->high = fmax(into->high, from->high);
        into->n += from->n;
    }
    into->n_nan = n_nan;
    into->n_inf = n_inf;
}

/* One element, evaluated. */
struct evaluated {
    struct pt_scaled mean, var, spread;
    double std, sig, contributing;
    uint32_t n, n_bad;
};

static double bounded(double digits, double precision)
{
    return digits > precision ? precision : digits;
}

/* The greatest k in [0, p] with spread · 2ᵏ ≤ unit. */
static double general_bits(struct pt_scaled spread, struct pt_scaled unit,
                           double precision)
{
    int k = unit.e - spread.e;

    if (spread.m == 0) {
        return precision;
    }
    if (unit.m == 0) {
        return 0;
    }
    k -= fabs(spread.m) > fabs(unit.m);
    return fmin(fmax(k, 0), precision);
}

static void evaluate_digits(const struct pt_stat_plan *plan, double precision,
                            struct evaluated *x)
{
    bool absolute = plan->options.error == PT_STAT_ABSOLUTE;
    struct pt_scaled unit = x->mean;
    double logz;

    if (absolute && unit.m != 0) {
        unit.m = 0.5; /* 2^⌊log₂|μ|⌋ */
    }
    if (plan->options.method == PT_STAT_GENERAL) {
        x->sig = general_bits(x->spread, unit, precision);
    } else if (x->var.m == 0) {
        x->sig = x->contributing = precision;
    } else {
        logz = 0.5 * pt_scaled_log2(x->var) - pt_scaled_log2(unit);
        x->sig = bounded(-logz - plan->delta[x->n], precision);
        x->contributing = bounded(-logz - plan->delta_contributing[x->n], precision);
    }
}

static void evaluate(const struct pt_stat_plan *plan, const struct pt_moments *moments,
                     double precision, struct evaluated *x)
{
    int own = scale_of(moments), scale = own == NO_SCALE ? 0 : own;
    struct pair mean = scaled_mean(moments, scale);
    double above = (ldexp(moments->high, -scale) - mean.high) - mean.low;
    double below = (mean.high - ldexp(moments->low, -scale)) + mean.low;

    *x = (struct evaluated){.std = NAN,
                            .sig = NAN,
                            .contributing = NAN,
                            .n = moments->n,
                            .n_bad = moments->n_nan + moments->n_inf};
    if (moments->n > 0) {
        x->mean = pt_scaled_normal(mean.high + mean.low, scale);
        x->spread = pt_scaled_normal(fmax(fmax(above, below), 0), scale);
    }
    if (moments->n > 1) {
        double divisor = moments->n - (double)plan->options.ddof;

        x->var = pt_scaled_normal(moments->m2 / divisor, 2 * moments->scale);
        x->std = ldexp(sqrt(ldexp(x->var.m, x->var.e & 1)), x->var.e >> 1);
        evaluate_digits(plan, precision, x);
    }
}

static void add_sum(struct pt_stat_sum *sum, struct pt_scaled x)
{
    pt_stat_sum_add(sum, x.m, x.e);
}

static void summarise(const struct pt_moments *moments, const struct evaluated *x,
                      struct pt_stat_summary *summary)
{
    summary->n_nan += moments->n_nan;
    summary->n_inf += moments->n_inf;
    if (x->n_bad > 0) {
        summary->flags |= x->n > 0 ? PT_STAT_PARTLY_FINITE : PT_STAT_NEVER_FINITE;
        summary->flags |= x->n < 2 && x->n + x->n_bad > 1 ? PT_STAT_TOO_FEW : 0;
    }
    if (x->n > 0) {
        summary->n_defined++;
        summary->min = fmin(summary->min, moments->low);
        summary->max = fmax(summary->max, moments->high);
        add_sum(&summary->mean, x->mean);
        add_sum(&summary->mean2, pt_scaled_square(x->mean));
    }
    if (x->n > 1) {
        summary->n_spread++;
        summary->n_varying += x->var.m != 0;
        add_sum(&summary->own, x->var);
        add_sum(&summary->var, x->var);
        add_sum(&summary->widest2, pt_scaled_square(x->spread));
    }
}

/* Clamped digits of an element of one or two parts, as pt_stat_output says. */
static double element_digits(const struct pt_stat_plan *plan, const struct evaluated *x,
                             unsigned parts, size_t n_runs, double precision)
{
    double limit = pt_stat_limit(plan, n_runs, (unsigned)precision);
    struct evaluated whole = x[0];
    bool never = false, partly = false;

    for (unsigned p = 0; p < parts; p++) {
        never |= x[p].n == 0;
        partly |= x[p].n > 0 && x[p].n_bad > 0;
    }
    if (n_runs < 2 || (never && !partly)) {
        return NAN;
    }
    if (partly) {
        return 0;
    }
    if (parts == 2) {
        int e = x[0].mean.e > x[1].mean.e ? x[0].mean.e : x[1].mean.e;
        int v = x[0].var.e > x[1].var.e ? x[0].var.e : x[1].var.e;
        int w = x[0].spread.e > x[1].spread.e ? x[0].spread.e : x[1].spread.e;

        whole.mean = pt_scaled_normal(hypot(ldexp(x[0].mean.m, x[0].mean.e - e),
                                            ldexp(x[1].mean.m, x[1].mean.e - e)),
                                      e);
        whole.var = pt_scaled_normal(
            ldexp(x[0].var.m, x[0].var.e - v) + ldexp(x[1].var.m, x[1].var.e - v), v);
        whole.spread = pt_scaled_normal(hypot(ldexp(x[0].spread.m, x[0].spread.e - w),
                                              ldexp(x[1].spread.m, x[1].spread.e - w)),
                                        w);
        evaluate_digits(plan, precision, &whole);
    }
    return fmin(fmax(whole.sig, 0), limit);
}

static void store(double *column, size_t at, double x)
{
    if (column != NULL) {
        column[at] = x;
    }
}

void pt_moments_value(const struct pt_stat_plan *plan, const struct pt_moments *moments,
                      size_t count, size_t plane, const struct pt_stat_output *output,
                      struct pt_stat_summary *summary)
{
    unsigned parts = summary->dtype == 'c' ? 2 : 1;
    double precision = summary->precision;

    summary->n_elements += count;
    for (size_t i = 0; i < count; i++) {
        struct evaluated x[2];
        double digits;

        for (unsigned p = 0; p < parts; p++) {
            const struct pt_moments *part = moments + i + p * plane;
            size_t at = i + p * output->plane;

            evaluate(plan, part, precision, &x[p]);
            summarise(part, &x[p], summary);
            store(output->mean, at,
                  x[p].n > 0 ? pt_scaled_double(x[p].mean) : (double)NAN);
            store(output->std, at, x[p].std);
            store(output->sig, at, x[p].sig);
            store(output->contributing, at, x[p].contributing);
        }
        digits = element_digits(plan, x, parts, summary->n_runs, precision);
        store(output->digits, i, digits);
        if (digits >= 0) {
            summary->n_digits++;
            summary->least = fmin(summary->least, digits);
        }
    }
}
