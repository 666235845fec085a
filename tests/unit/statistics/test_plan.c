#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "statistics/special.h"

/* Computed with mpmath at 40 digits. */
static const struct {
    unsigned n;
    double chi2_low, chi2_high, delta, student;
} exact[] = {
    {2, 0.00098206911717525591234, 5.0238861873148889562, 5.966771052140421078,
     12.706204736174704646},
    {3, 0.050635615968579750807, 7.3777589082278726057, 3.6226789883030602516,
     4.3026527297494638523},
    {5, 0.4844185570879298058, 11.143286781877797194, 2.4936641252814696417,
     2.7764451051977943578},
    {10, 2.7003894999803579164, 19.022767798641635213, 1.8392058877715360319,
     2.2621571627982055426},
    {20, 8.9065164819879725344, 32.852326861729705993, 1.5173602634718272733,
     2.0930240544083097692},
    {100, 73.361080191283667797, 128.4219886438403038, 1.1870339659439539697,
     1.9842169515864174951},
    {1000, 913.30099830211336827, 1088.4870677259352763, 1.0355242781181808758,
     1.9623414611334499787},
    {10000, 9723.7322370149901613, 10278.056320256948956, 0.99096397015382270309,
     1.9602012636213576804},
};

static void close_to(double got, double want, double relative)
{
    if (!(fabs(got - want) <= relative * fabs(want))) {
        fail_msg("%.17g, not %.17g", got, want);
    }
}

static void quantiles_agree_with_high_precision(void **state)
{
    (void)state;
    close_to(pt_stat_normal_quantile(0.975), 1.9599639845400542355, 1e-14);
    close_to(pt_stat_normal_quantile(0.5 + 1e-9), 2.5066282746310005e-9, 1e-6);
    close_to(pt_stat_normal_quantile(0.5), 0, 0);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(exact); i++) {
        double freedom = exact[i].n - 1.0;

        close_to(pt_stat_chi2_quantile(0.025, freedom), exact[i].chi2_low, 1e-11);
        close_to(pt_stat_chi2_quantile(0.975, freedom), exact[i].chi2_high, 1e-11);
        close_to(pt_stat_student_quantile(0.975, freedom), exact[i].student, 1e-11);
    }
}

static void delta_agrees_with_the_table(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 10000);
    const double table[][2] = {{2, 5.96677},  {3, 3.62268},  {5, 2.49366},
                               {10, 1.83921}, {20, 1.51736}, {100, 1.18703}};

    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(table); i++) {
        assert_true(fabs(plan->delta[(size_t)table[i][0]] - table[i][1]) < 1e-5);
    }
    for (size_t i = 0; i < PT_ARRAY_LENGTH(exact); i++) {
        close_to(plan->delta[exact[i].n], exact[i].delta, 1e-12);
    }
    assert_true(isnan(plan->delta[0]) && isnan(plan->delta[1]));
    pt_stat_plan_destroy(plan);
}

static void limit_is_what_n_samples_can_show(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 100);
    const double table[][2] = {{2, 47.0}, {3, 49.5}, {5, 50.8}, {10, 51.9}, {20, 52.7}};

    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(table); i++) {
        assert_true(fabs(pt_stat_limit(plan, (size_t)table[i][0], 53) - table[i][1]) <=
                    0.051);
    }
    assert_true(isnan(pt_stat_limit(plan, 1, 53)));
    assert_true(isnan(pt_stat_limit(plan, 101, 53)));
    assert_true(pt_stat_limit(plan, 100, 11) == 11);
    pt_stat_plan_destroy(plan);
}

/* The least spread that n samples can have is one unit in the last place in one of
 * them: its digits, at the bottom of a binade, are D(n) by definition, for either ddof.
 */
static void limit_is_attained_by_one_unit(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();

    (void)state;
    for (options.ddof = 0; options.ddof < 2; options.ddof++) {
        struct pt_stat_plan *plan = pt_test_plan(&options, 20);

        for (size_t n = 2; n <= 20; n++) {
            double samples[20];
            struct pt_test_element got;

            for (size_t i = 0; i < n; i++) {
                samples[i] = i == 0 ? 1 + 0x1p-52 : 1;
            }
            pt_test_element(plan, samples, n, NULL, 8, &got);
            assert_true(fabs(fmin(got.sig, 53) - pt_stat_limit(plan, n, 53)) < 1e-9);
        }
        pt_stat_plan_destroy(plan);
    }
}

static void ddof_one_is_half_a_bit_lower_at_two_runs(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    const double samples[] = {1, 1.25};
    struct pt_test_element zero, one;
    struct pt_stat_plan *plan = pt_test_plan(&options, 2);

    (void)state;
    pt_test_element(plan, samples, 2, NULL, 8, &zero);
    pt_stat_plan_destroy(plan);
    options.ddof = 1;
    plan = pt_test_plan(&options, 2);
    pt_test_element(plan, samples, 2, NULL, 8, &one);
    pt_stat_plan_destroy(plan);
    assert_true(fabs(zero.sig - one.sig - 0.5) < 1e-12);
    assert_true(zero.std == 0.125 && fabs(one.std - 0.125 * M_SQRT2) < 1e-16);
}

static void runs_needed_follow_the_method(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 10);

    (void)state;
    /* (n − 1)/χ² ≤ 4 on both sides first holds at n = 8: 7/1.68987 = 4.14 no, 8/2.1797
     * = 3.67 yes, that is n = 9. */
    assert_int_equal(pt_stat_runs_needed(plan), 9);
    pt_stat_plan_destroy(plan);
    options.method = PT_STAT_GENERAL;
    options.probability = 0.99;
    plan = pt_test_plan(&options, 10);
    assert_int_equal(pt_stat_runs_needed(plan), 299);
    assert_true(fabs(pt_stat_general_probability(plan, 2) - 0.22) < 0.005);
    assert_true(fabs(pt_stat_general_probability(plan, 5) - 0.55) < 0.005);
    assert_true(fabs(pt_stat_general_probability(plan, 10) - 0.74) < 0.005);
    pt_stat_plan_destroy(plan);
}

/* Searched with scipy's χ²: at other confidences, and with the degree of freedom more
 * that an external reference gives. */
static void runs_needed_follow_confidence_and_reference(void **state)
{
    static const struct {
        double confidence;
        unsigned own_mean, reference;
    } table[] = {
        {0.8, 5, 4}, {0.9, 7, 6}, {0.95, 9, 8}, {0.99, 13, 12}, {0.999, 20, 19}};
    struct pt_stat_options options = pt_stat_options_default();

    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(table); i++) {
        options.confidence = table[i].confidence;
        for (int external = 0; external < 2; external++) {
            struct pt_stat_plan *plan;

            options.external = external;
            plan = pt_test_plan(&options, 2);
            assert_int_equal(pt_stat_runs_needed(plan),
                             external ? table[i].reference : table[i].own_mean);
            pt_stat_plan_destroy(plan);
        }
    }
}

/* Grubbs' bound, computed with scipy's Student distribution. */
static void bound_of_outliers_is_that_of_grubbs(void **state)
{
    static const struct {
        size_t n;
        double bound;
    } table[] = {{5, 1.78544165172974},   {6, 2.02600797754114},
                 {10, 2.67757395682937},  {20, 3.38982644186627},
                 {50, 4.02125812908557},  {100, 4.34252511219252},
                 {1000, 4.99590581649777}};
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 1000);

    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(table); i++) {
        close_to(plan->normal_distance[table[i].n], table[i].bound, 1e-9);
    }
    assert_true(isnan(plan->normal_distance[4]) && isnan(plan->normal_range[4]));
    pt_stat_plan_destroy(plan);
}

static double normal_number(uint64_t *seed)
{
    double u = ((double)(pt_splitmix64(seed) >> 11) + 0.5) * 0x1p-53;
    double v = ((double)(pt_splitmix64(seed) >> 11) + 0.5) * 0x1p-53;

    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static double range_ratio(size_t n, uint64_t *seed)
{
    double low = HUGE_VAL, high = -HUGE_VAL, sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        double x = normal_number(seed);

        low = fmin(low, x);
        high = fmax(high, x);
        sum += x;
        squares += x * x;
    }
    return (high - low) / sqrt((squares - sum * sum / (double)n) / ((double)n - 1));
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Quantile 0.0005 of range/σ₁, simulated anew with another generator, also at sizes
 * that the table does not have. Of 60,000 sets 30 lie below it: its rank is known to
 * ±18 %, which is 1 % of the quantile. */
static void bound_of_clusters_is_a_quantile_of_normal_samples(void **state)
{
    enum { SETS = 60000 };
    static const size_t sizes[] = {5, 7, 10, 11, 20, 40};
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 40);
    double *ratios = malloc(SETS * sizeof *ratios);
    uint64_t seed = 17;

    (void)state;
    assert_non_null(ratios);
    for (size_t k = 0; k < PT_ARRAY_LENGTH(sizes); k++) {
        for (size_t i = 0; i < SETS; i++) {
            ratios[i] = range_ratio(sizes[k], &seed);
        }
        qsort(ratios, SETS, sizeof *ratios, ascending);
        close_to(plan->normal_range[sizes[k]], ratios[SETS / 2000], 0.02);
    }
    free(ratios);
    pt_stat_plan_destroy(plan);
}

static void wrong_options_are_refused_by_name(void **state)
{
    struct pt_stat_options good = pt_stat_options_default(), bad;
    struct pt_stat_plan *plan = NULL;
    struct pt_error error;
    enum pt_stat_method method;
    enum pt_stat_error kind;

    (void)state;
    bad = good;
    bad.probability = 1;
    assert_int_equal(pt_stat_plan_create(&bad, 5, &plan, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "probability"));
    bad = good;
    bad.contributing_probability = 0.5;
    assert_int_equal(pt_stat_options_check(&bad, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "contributing"));
    bad = good;
    bad.confidence = NAN;
    assert_int_equal(pt_stat_options_check(&bad, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "confidence"));
    bad = good;
    bad.ddof = 2;
    assert_int_equal(pt_stat_options_check(&bad, &error), PT_E_USAGE);
    assert_non_null(strstr(error.text, "ddof"));
    assert_int_equal(pt_stat_method_parse("General", &method, &error), PT_OK);
    assert_int_equal(method, PT_STAT_GENERAL);
    assert_int_equal(pt_stat_method_parse("normal", &method, &error), PT_E_USAGE);
    assert_int_equal(pt_stat_error_parse("absolute", &kind, &error), PT_OK);
    assert_int_equal(kind, PT_STAT_ABSOLUTE);
    assert_int_equal(pt_stat_error_parse("", &kind, &error), PT_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_agree_with_high_precision),
        cmocka_unit_test(delta_agrees_with_the_table),
        cmocka_unit_test(limit_is_what_n_samples_can_show),
        cmocka_unit_test(limit_is_attained_by_one_unit),
        cmocka_unit_test(ddof_one_is_half_a_bit_lower_at_two_runs),
        cmocka_unit_test(runs_needed_follow_the_method),
        cmocka_unit_test(runs_needed_follow_confidence_and_reference),
        cmocka_unit_test(bound_of_outliers_is_that_of_grubbs),
        cmocka_unit_test(bound_of_clusters_is_a_quantile_of_normal_samples),
        cmocka_unit_test(wrong_options_are_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
