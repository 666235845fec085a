#include "statistics/plan.h"

#include <math.h>
#include <stdlib.h>

#include "statistics/special.h"

/* Quantile 0.0005 of range/σ₁ of n normal samples, by simulation (2·10⁶ sets up to n =
 * 20, then fewer, 8·10⁴ at 1000). The ratio is that of David, Hartley and Pearson,
 * Biometrika 41 (1954); two clusters make it small. */
static const struct {
    double n, low;
} range_ratio[] = {
    {5, 1.9030},  {6, 2.0086},   {7, 2.1025},   {8, 2.1846},   {9, 2.2588},
    {10, 2.3244}, {12, 2.4401},  {15, 2.5834},  {20, 2.7665},  {30, 3.0290},
    {50, 3.3649}, {100, 3.8209}, {200, 4.2801}, {500, 4.8706}, {1000, 5.3123},
};

/* Linear in log n between the table's rows, and beyond the last. */
static double least_range(double n)
{
    size_t last = PT_ARRAY_LENGTH(range_ratio) - 1, k = 0;
    double part;

    while (k + 1 < last && n > range_ratio[k + 1].n) {
        k++;
    }
    part = log(n / range_ratio[k].n) / log(range_ratio[k + 1].n / range_ratio[k].n);
    return range_ratio[k].low + part * (range_ratio[k + 1].low - range_ratio[k].low);
}

/* max |xᵢ − μ|/σ₁ that one of n normal samples exceeds once in 2000 times at most
 * (Grubbs, Technometrics 11 (1969), by Bonferroni's inequality). */
static double greatest_distance(double n)
{
    double t = pt_stat_student_quantile(1 - 0.0005 / (2 * n), n - 2);

    return (n - 1) / sqrt(n) * sqrt(t * t / (n - 2 + t * t));
}

/* Degrees of freedom of χ²: with the samples' own mean n − 1, with an external
 * reference n. */
static double freedom_of(const struct pt_stat_options *options, double n)
{
    return options->external && !options->compat ? n : n - 1;
}

static void fill_normal(struct pt_stat_plan *plan, size_t n)
{
    bool enough = n >= PT_STAT_NORMAL_MIN;

    plan->normal_range[n] = enough ? least_range((double)n) : NAN;
    plan->normal_distance[n] = enough ? greatest_distance((double)n) : NAN;
}

/* δ of Sohier et al. 2021, theorem 2 and its Bernoulli counterpart. */
static void fill(struct pt_stat_plan *plan)
{
    const struct pt_stat_options *o = &plan->options;
    double significant = log2(pt_stat_normal_quantile((o->probability + 1) / 2));
    double contributing =
        log2(o->contributing_probability - 0.5) + log2(2 * sqrt(2 * M_PI));

    for (size_t n = 0; n <= plan->n_max; n++) {
        double samples = (double)n;
        double freedom = freedom_of(o, samples);

        fill_normal(plan, n);
        if (n < 2) {
            plan->delta[n] = plan->delta_contributing[n] = NAN;
            plan->resolution[n] = plan->zero[n] = NAN;
            continue;
        }
        double chi2 = pt_stat_chi2_quantile((1 - o->confidence) / 2, freedom);
        double common = 0.5 * log2(freedom / chi2);
        /* One of n samples off by one unit: the least spread that can be seen. */
        double least =
            o->external || o->ddof == 1 ? samples : samples * samples / (samples - 1);

        plan->delta[n] = common + significant;
        plan->delta_contributing[n] = common + contributing;
        plan->resolution[n] = 0.5 * log2(least) - plan->delta[n];
        plan->zero[n] =
            pt_stat_student_quantile(0.975, samples - 1) / sqrt(samples - 1);
    }
}

enum pt_status pt_stat_plan_create(const struct pt_stat_options *options, size_t n_max,
                                   struct pt_stat_plan **plan, struct pt_error *error)
{
    struct pt_stat_plan *made = NULL;
    enum pt_status status = pt_stat_options_check(options, error);

    if (status != PT_OK) {
        return status;
    }
    made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->options = *options;
        made->n_max = n_max;
        made->delta = calloc(6 * (n_max + 1), sizeof *made->delta);
    }
    if (made == NULL || made->delta == NULL) {
        pt_stat_plan_destroy(made);
        return pt_error_set(error, PT_E_MEMORY, "no memory for the plan of %zu runs",
                            n_max);
    }
    made->delta_contributing = made->delta + (n_max + 1);
    made->resolution = made->delta + 2 * (n_max + 1);
    made->zero = made->delta + 3 * (n_max + 1);
    made->normal_range = made->delta + 4 * (n_max + 1);
    made->normal_distance = made->delta + 5 * (n_max + 1);
    fill(made);
    *plan = made;
    return PT_OK;
}

void pt_stat_plan_destroy(struct pt_stat_plan *plan)
{
    if (plan != NULL) {
        free(plan->delta);
        free(plan);
    }
}

unsigned pt_stat_precision(char dtype, unsigned item_bytes)
{
    unsigned part = dtype == 'c' ? item_bytes / 2 : item_bytes;
    unsigned precision = 0;

    if (dtype == 'f' || (dtype == 'c' && item_bytes % 2 == 0)) {
        switch (part) {
        case 2:
            precision = dtype == 'f' ? 11 : 0;
            break;
        case 4:
            precision = 24;
            break;
        case 8:
            precision = 53;
            break;
        case 16:
            precision = 64;
            break;
        default:
            break;
        }
    } else if ((dtype == 'b' || dtype == 'i' || dtype == 'u') &&
               (part == 1 || part == 2 || part == 4 || part == 8)) {
        precision = 53;
    }
    return precision;
}

double pt_stat_limit(const struct pt_stat_plan *plan, size_t n, unsigned precision)
{
    double limit = NAN;

    if (n >= 2 && n <= plan->n_max) {
        limit = fmin(precision, precision - 1 + plan->resolution[n]);
        limit = fmax(limit, 0);
    }
    return limit;
}

unsigned pt_stat_runs_needed(const struct pt_stat_plan *plan)
{
    double confidence = plan->options.confidence;
    unsigned n = 2;

    if (plan->options.method == PT_STAT_GENERAL) {
        n = (unsigned)ceil(log1p(-confidence) / log(plan->options.probability));
    } else {
        /* Both bounds of χ² within a factor of four of its freedom, that is one bit of
         * σ. */
        for (;; n++) {
            double freedom = freedom_of(&plan->options, n);
            double low = pt_stat_chi2_quantile((1 - confidence) / 2, freedom);
            double high = pt_stat_chi2_quantile((1 + confidence) / 2, freedom);

            if (freedom / low <= 4 && high / freedom <= 4) {
                break;
            }
        }
    }
    return n;
}

double pt_stat_general_probability(const struct pt_stat_plan *plan, size_t n)
{
    return pow(1 - plan->options.confidence, 1 / (double)n);
}
