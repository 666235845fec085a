#include "statistics/summary.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "statistics/sum.h"

void pt_stat_summary_begin(struct pt_stat_summary *summary, char dtype,
                           unsigned item_bytes, size_t n_runs)
{
    struct pt_stat_sum *sums[] = {&summary->mean,    &summary->mean2, &summary->var,
                                  &summary->widest2, &summary->bias2, &summary->own};

    memset(summary, 0, sizeof *summary);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(sums); i++) {
        pt_stat_sum_begin(sums[i]);
    }
    summary->min = summary->least = HUGE_VAL;
    summary->max = -HUGE_VAL;
    summary->n_runs = (uint32_t)n_runs;
    summary->precision = (uint16_t)pt_stat_precision(dtype, item_bytes);
    summary->dtype = dtype;
}

void pt_stat_summary_merge(struct pt_stat_summary *into,
                           const struct pt_stat_summary *from)
{
    into->n_elements += from->n_elements;
    into->n_defined += from->n_defined;
    into->n_spread += from->n_spread;
    into->n_varying += from->n_varying;
    into->n_digits += from->n_digits;
    into->n_nan += from->n_nan;
    into->n_inf += from->n_inf;
    into->agreeing += from->agreeing;
    into->asked += from->asked;
    into->not_normal += from->not_normal;
    into->tested += from->tested;
    pt_stat_sum_merge(&into->mean, &from->mean);
    pt_stat_sum_merge(&into->mean2, &from->mean2);
    pt_stat_sum_merge(&into->var, &from->var);
    pt_stat_sum_merge(&into->widest2, &from->widest2);
    pt_stat_sum_merge(&into->bias2, &from->bias2);
    pt_stat_sum_merge(&into->own, &from->own);
    into->min = fmin(into->min, from->min);
    into->max = fmax(into->max, from->max);
    into->least = fmin(into->least, from->least);
    into->flags |= from->flags;
}

struct norms {
    double log_ref;    /* log₂‖y‖ */
    double log_square; /* log₂ of the root of the summed mean squares about y */
    double log_own;    /* log₂‖σ‖ */
    double log_widest; /* log₂‖max|xᵢ − y|‖ */
    double log_bias;   /* log₂‖μ − y‖ */
};

static double half_log(const struct pt_stat_sum *sum)
{
    return 0.5 * pt_scaled_log2(pt_stat_sum_value(sum));
}

static struct norms norms_of(const struct pt_stat_summary *summary)
{
    return (struct norms){
        .log_ref = half_log(&summary->mean2),
        .log_square = half_log(&summary->var),
        .log_own = half_log(&summary->own),
        .log_widest = half_log(&summary->widest2),
        .log_bias = half_log(&summary->bias2),
    };
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Digits of the whole value by the norms; n ≥ 2 runs and at least one element varies.
 */
static void norm_digits(const struct pt_stat_plan *plan,
                        const struct pt_stat_summary *summary,
                        const struct norms *norms, struct pt_stat_result *result)
{
    size_t n = summary->n_runs;
    double limit = pt_stat_limit(plan, n, summary->precision);
    double unit = plan->options.error == PT_STAT_ABSOLUTE ? floor(norms->log_ref)
                                                          : norms->log_ref;

    if (plan->options.method == PT_STAT_GENERAL) {
        double bits = floor(unit - norms->log_widest);

        result->sig_norm = clamp(bits, 0, limit);
        result->con_norm = clamp(bits, 0, summary->precision);
    } else {
        double logz = norms->log_square - unit;

        result->sig_norm = clamp(-logz - plan->delta[n], 0, limit);
        result->con_norm =
            clamp(-logz - plan->delta_contributing[n], 0, summary->precision);
    }
}

/* |bias| > 3σ, by the norms over the elements. */
static bool is_biased(const struct norms *norms)
{
    return norms->log_bias > norms->log_own + log2(3);
}

static void set_digits(const struct pt_stat_plan *plan,
                       const struct pt_stat_summary *summary,
                       struct pt_stat_result *result)
{
    struct norms norms = norms_of(summary);
    size_t n = summary->n_runs;
    double unbias = ((double)n - plan->options.ddof) / ((double)n - 1);

    if (summary->n_varying == 0 && summary->n_spread > 0) {
        result->flags |= PT_STAT_NO_VARIATION;
    }
    if (norms.log_own > -HUGE_VAL) {
        double bound = log2(plan->zero[n]) + norms.log_own + 0.5 * log2(unbias) +
                       0.5 * log2(((double)n - 1) / (double)n);

        result->flags |= norms.log_ref == -HUGE_VAL ? PT_STAT_ZERO_MEAN : 0;
        result->flags |= norms.log_ref <= bound ? PT_STAT_COMPUTED_ZERO : 0;
    }
    result->flags |= is_biased(&norms) ? PT_STAT_BIASED : 0;
    if (summary->not_normal > 0 && 10 * summary->not_normal >= summary->tested) {
        result->flags |= PT_STAT_NOT_NORMAL;
    }
    if (result->flags & PT_STAT_PARTLY_FINITE) {
        result->sig_norm = result->con_norm = 0;
    } else if (summary->n_spread == 0) {
        result->sig_norm = result->con_norm = NAN;
    } else if (norms.log_square == -HUGE_VAL) { /* all samples equal (the reference) */
        result->sig_norm = pt_stat_limit(plan, n, summary->precision);
        result->con_norm = summary->precision;
    } else {
        norm_digits(plan, summary, &norms, result);
    }
}

void pt_stat_summary_finish(const struct pt_stat_plan *plan,
                            const struct pt_stat_summary *summary,
                            struct pt_stat_result *result)
{
    *result = (struct pt_stat_result){
        .sig_norm = NAN,
        .con_norm = NAN,
        .sig_min = summary->n_digits > 0 ? summary->least : NAN,
        .sig_p05 = NAN,
        .sig_median = NAN,
        .mean = NAN,
        .std = NAN,
        .min = summary->n_defined > 0 ? summary->min : NAN,
        .max = summary->n_defined > 0 ? summary->max : NAN,
        .agreement = NAN,
        .n_nan = summary->n_nan,
        .n_inf = summary->n_inf,
        .n_runs = summary->n_runs,
        .flags = summary->flags,
    };
    if (summary->n_defined > 0) {
        struct pt_scaled sum = pt_stat_sum_value(&summary->mean);

        result->mean = ldexp(sum.m / (double)summary->n_defined, sum.e);
    }
    if (summary->n_spread > 0) {
        struct pt_scaled sum = pt_stat_sum_value(&summary->own);
        double share = ldexp(sum.m / (double)summary->n_spread, sum.e & 1);

        result->std = ldexp(sqrt(share), sum.e >> 1);
    }
    if (summary->asked > 0) {
        result->agreement = (double)summary->agreeing / (double)summary->asked;
    }
    if (summary->n_runs == 1) {
        result->flags |= PT_STAT_ONE_RUN;
    } else if (summary->n_runs > 1) {
        set_digits(plan, summary, result);
    }
}

double pt_stat_label_agreement(const char *const *texts, const size_t *bytes,
                               size_t n_runs)
{
    size_t asked = 0, best = 0;

    for (size_t i = 0; i < n_runs; i++) {
        size_t equal = 0;

        if (texts[i] == NULL) {
            continue;
        }
        asked++;
        for (size_t j = i; j < n_runs; j++) {
            equal += texts[j] != NULL && bytes[j] == bytes[i] &&
                     memcmp(texts[i], texts[j], bytes[i]) == 0;
        }
        best = equal > best ? equal : best;
    }
    return asked == 0 ? NAN : (double)best / (double)asked;
}
