#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Whole values: types, summaries, flags, quantiles, references. */

enum { N_MAX = 20, ROOM = 4096 };

struct answer {
    double mean[ROOM], std[ROOM], sig[ROOM], digits[ROOM];
    struct pt_stat_result result;
};

static struct answer answer;

static enum pt_status run(const struct pt_stat_options *options,
                          const void *const *runs, size_t n, char dtype, unsigned item,
                          size_t count, const void *reference, struct pt_error *error)
{
    struct pt_stat_input input = {.samples = runs,
                                  .n_runs = n,
                                  .reference = reference,
                                  .count = count,
                                  .dtype = dtype,
                                  .item_bytes = (uint8_t)item};
    struct pt_stat_output output = {.mean = answer.mean,
                                    .std = answer.std,
                                    .sig = answer.sig,
                                    .digits = answer.digits,
                                    .plane = count};
    struct pt_stat_plan *plan = pt_test_plan(options, N_MAX);
    struct pt_stat_team *team;
    enum pt_status status;

    assert_int_equal(pt_stat_team_create(plan, 1, &team, error), PT_OK);
    status = pt_stat_value(plan, team, &input, &output, &answer.result, error);
    pt_stat_team_destroy(team);
    pt_stat_plan_destroy(plan);
    return status;
}

static void must_run(const void *const *runs, size_t n, char dtype, unsigned item,
                     size_t count)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_error error;

    assert_int_equal(run(&options, runs, n, dtype, item, count, NULL, &error), PT_OK);
}

static void close_to(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) {
        fail_msg("%.17g, not %.17g", got, want);
    }
}

static double delta(size_t n)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, N_MAX);
    double value = plan->delta[n];

    pt_stat_plan_destroy(plan);
    return value;
}

static double limit(size_t n, unsigned precision)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, N_MAX);
    double value = pt_stat_limit(plan, n, precision);

    pt_stat_plan_destroy(plan);
    return value;
}

static void integers_are_compared_as_integers(void **state)
{
    const int64_t a[] = {INT64_C(1) << 53, INT64_MIN, 7};
    const int64_t b[] = {(INT64_C(1) << 53) + 1, INT64_MAX, 7};
    const uint64_t big[] = {UINT64_MAX}, less[] = {UINT64_MAX - 1};
    const void *runs[] = {a, b}, *unsigned_runs[] = {big, less};

    (void)state;
    must_run(runs, 2, 'i', 8, 3);
    assert_true(answer.std[0] == 0.5 && answer.sig[0] < 53);
    assert_true(answer.mean[1] == -0.5 && answer.std[1] == 0x1p63);
    assert_true(answer.std[2] == 0 && answer.sig[2] == 53);
    close_to(answer.result.agreement, 2.0 / 3, 1e-15);
    assert_int_equal(answer.result.flags & PT_STAT_NO_VARIATION, 0);
    must_run(unsigned_runs, 2, 'u', 8, 1);
    assert_true(answer.std[0] == 0.5 && answer.mean[0] == 0x1p64);
    must_run(runs, 2, 'i', 8, 1);
    assert_true(answer.result.agreement == 0.5);
}

static void bools_carry_the_fraction_that_agrees(void **state)
{
    const unsigned char yes[] = {1, 1}, no[] = {1, 0};
    const void *runs[] = {yes, yes, no, yes};

    (void)state;
    must_run(runs, 4, 'b', 1, 2);
    assert_true(answer.result.agreement == 7.0 / 8);
    assert_true(answer.mean[1] == 0.75);
}

static void labels_carry_the_fraction_that_agrees(void **state)
{
    const char *texts[] = {"a", "b", NULL, "a", "ab"};
    const size_t bytes[] = {1, 1, 0, 1, 2};
    const char *none[] = {NULL};

    (void)state;
    assert_true(pt_stat_label_agreement(texts, bytes, 5) == 0.5);
    assert_true(isnan(pt_stat_label_agreement(none, bytes, 1)));
}

static void long_double_keeps_its_64_bits(void **state)
{
    unsigned char one[32] = {0}, two[32] = {0};
    const void *runs[] = {one, two};
    long double x = 1, y = 1 + 0x1p-63L, huge = 0x1p16000L;

    (void)state;
    memcpy(one, &x, 10);
    memcpy(two, &y, 10);
    memcpy(one + 16, &huge, 10);
    memcpy(two + 16, &huge, 10);
    must_run(runs, 2, 'f', 16, 2);
    assert_true(answer.std[0] == 0x1p-64);
    close_to(answer.sig[0], 64 - delta(2), 1e-9);
    assert_true(answer.sig[1] == 64 && isinf(answer.mean[1]));
    /* The huge element rules the norm: nothing of it varies, the rest is 2⁻¹⁶⁰⁰⁰ of it.
     */
    close_to(answer.result.sig_norm, limit(2, 64), 0);
}

static void complex_is_measured_by_distance_and_by_parts(void **state)
{
    const double a[] = {3, 4 + 0x1p-20}, b[] = {3, 4 - 0x1p-20};
    const void *runs[] = {a, b};

    (void)state;
    must_run(runs, 2, 'c', 16, 1);
    assert_true(answer.mean[0] == 3 && answer.mean[1] == 4);
    assert_true(answer.std[0] == 0 && answer.std[1] == 0x1p-20);
    assert_true(answer.sig[0] == 53);
    close_to(answer.sig[1], 22 - delta(2), 1e-9);
    close_to(answer.digits[0], 20 + log2(5) - delta(2), 1e-9);
    close_to(answer.result.sig_norm, answer.digits[0], 1e-9);
    close_to(answer.result.sig_min, answer.digits[0], 0);
}

static void norm_is_not_ruled_by_the_least_element(void **state)
{
    const double a[] = {1, 1e-17}, b[] = {1 + 0x1p-40, -2e-17};
    const void *runs[] = {a, b};

    (void)state;
    must_run(runs, 2, 'f', 8, 2);
    assert_true(answer.result.sig_min == 0);
    close_to(answer.result.sig_norm, 41 - delta(2), 1e-6);
    assert_true(answer.result.min == -2e-17 && answer.result.max == 1 + 0x1p-40);
    assert_true(answer.sig[1] < 0 && answer.digits[1] == 0);
}

static void summaries_do_not_claim_more_than_n_runs_can_show(void **state)
{
    const double a[] = {1, 0, 5};
    const void *runs[] = {a, a, a};

    (void)state;
    must_run(runs, 3, 'f', 8, 3);
    assert_true(answer.sig[0] == 53 && answer.digits[0] == limit(3, 53));
    assert_true(answer.result.sig_norm == limit(3, 53));
    assert_true(answer.result.sig_median == limit(3, 53));
    assert_int_equal(answer.result.flags, PT_STAT_NO_VARIATION);
    assert_true(answer.result.mean == 2 && answer.result.std == 0);
}

static void plus_and_minus_zero_are_equal(void **state)
{
    const double a = 0.0, b = -0.0;
    const void *runs[] = {&a, &b};

    (void)state;
    must_run(runs, 2, 'f', 8, 1);
    assert_int_equal(answer.result.flags, PT_STAT_NO_VARIATION);
}

static void means_that_cancel_are_flagged(void **state)
{
    const double a = 1, b = -1, c = 1e-9, d = -1e-9, e = 0.9e-9;
    const void *zero[] = {&a, &b}, *noise[] = {&c, &d, &e};

    (void)state;
    must_run(zero, 2, 'f', 8, 1);
    assert_int_equal(answer.result.flags, PT_STAT_ZERO_MEAN | PT_STAT_COMPUTED_ZERO);
    assert_true(answer.sig[0] == -HUGE_VAL && answer.result.sig_norm == 0);
    must_run(noise, 3, 'f', 8, 1);
    assert_int_equal(answer.result.flags, PT_STAT_COMPUTED_ZERO);
    must_run((const void *[]){&a, &(double){1.1}, &(double){1.2}}, 3, 'f', 8, 1);
    assert_int_equal(answer.result.flags, 0);
}

static void nan_in_some_runs_is_no_digits_and_nan_in_all_is_left_out(void **state)
{
    const double a[] = {1, NAN, NAN}, b[] = {1, 2, NAN}, c[] = {1, 2, -HUGE_VAL};
    const void *runs[] = {a, b, c}, *last[] = {a + 2, b + 2, c + 2};

    (void)state;
    must_run(runs, 3, 'f', 8, 3);
    assert_int_equal(answer.result.flags, PT_STAT_NO_VARIATION | PT_STAT_PARTLY_FINITE |
                                              PT_STAT_NEVER_FINITE | PT_STAT_TOO_FEW);
    assert_int_equal(answer.result.n_nan, 3);
    assert_int_equal(answer.result.n_inf, 1);
    assert_true(answer.result.sig_norm == 0 && answer.digits[1] == 0);
    assert_true(isnan(answer.digits[2]) && isnan(answer.mean[2]));
    assert_true(answer.mean[1] == 2 && answer.sig[1] == 53);
    must_run(last, 3, 'f', 8, 1);
    assert_true(isnan(answer.result.sig_norm) && isnan(answer.result.sig_min));
    assert_true(isnan(answer.result.min) && isnan(answer.result.mean));
}

static void missing_runs_are_left_out(void **state)
{
    const double a = 1, b = 1.5;
    const void *runs[] = {NULL, &a, NULL, &b};
    const void *nobody[] = {NULL, NULL};

    (void)state;
    must_run(runs, 4, 'f', 8, 1);
    assert_int_equal(answer.result.n_runs, 2);
    close_to(answer.sig[0], -log2(0.2) - delta(2), 1e-9);
    must_run(nobody, 2, 'f', 8, 1);
    assert_int_equal(answer.result.n_runs, 0);
    assert_true(isnan(answer.mean[0]) && isnan(answer.digits[0]));
    assert_true(isnan(answer.result.sig_norm));
}

static void one_run_has_no_digits(void **state)
{
    const double a[] = {3, NAN};
    const void *runs[] = {a};

    (void)state;
    must_run(runs, 1, 'f', 8, 2);
    assert_true(answer.mean[0] == 3 && isnan(answer.std[0]) && isnan(answer.sig[0]));
    assert_true(isnan(answer.digits[0]) && isnan(answer.result.sig_norm));
    assert_int_equal(answer.result.flags, PT_STAT_ONE_RUN | PT_STAT_NEVER_FINITE);
    assert_true(answer.result.max == 3);
}

static void empty_values_are_undefined(void **state)
{
    const double a = 1;
    const void *runs[] = {&a, &a};

    (void)state;
    must_run(runs, 2, 'f', 8, 0);
    assert_true(isnan(answer.result.mean) && isnan(answer.result.sig_norm));
    assert_int_equal(answer.result.flags, 0);
}

static void what_cannot_be_measured_is_refused(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    const double a = 1;
    const void *runs[N_MAX + 1] = {&a};
    struct pt_error error;

    (void)state;
    assert_int_equal(run(&options, runs, 1, 'S', 8, 1, NULL, &error), PT_E_UNSUPPORTED);
    assert_int_equal(run(&options, runs, 1, 'f', 3, 1, NULL, &error), PT_E_UNSUPPORTED);
    assert_int_equal(run(&options, runs, 1, 'c', 4, 1, NULL, &error), PT_E_UNSUPPORTED);
    assert_int_equal(run(&options, runs, N_MAX + 1, 'f', 8, 1, NULL, &error),
                     PT_E_USAGE);
}

/* Samples 2⁻²⁰ off with a spread of 2⁻³⁰ have 18 digits against the reference, not 28.
 */
static void bias_against_a_reference_counts(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    const double reference = 1;
    const void *runs[N_MAX];
    struct pt_error error;
    double samples[N_MAX];

    (void)state;
    for (size_t i = 0; i < N_MAX; i++) {
        samples[i] = 1 + 0x1p-20 + (i % 2 ? 0x1p-30 : -0x1p-30);
        runs[i] = &samples[i];
    }
    options.external = true;
    assert_int_equal(run(&options, runs, N_MAX, 'f', 8, 1, &reference, &error), PT_OK);
    assert_true(answer.sig[0] > 18 && answer.sig[0] < 19);
    close_to(answer.result.sig_norm, answer.sig[0], 1e-9);
    close_to(answer.std[0], 0x1p-30, 1e-20);
    assert_true(answer.result.flags & PT_STAT_BIASED);
    options.external = false;
    assert_int_equal(run(&options, runs, N_MAX, 'f', 8, 1, NULL, &error), PT_OK);
    assert_true(answer.sig[0] > 28 && answer.sig[0] < 29);
    assert_false(answer.result.flags & PT_STAT_BIASED);
}

/* Two clusters, as two branches of a program give, are no normal distribution, nor is
 * one outlier; evenly spread samples pass. */
static void clusters_and_outliers_are_not_normal(void **state)
{
    const void *runs[N_MAX];
    double samples[N_MAX];

    (void)state;
    for (int kind = 0; kind < 5; kind++) {
        size_t n = kind == 4 ? 4 : N_MAX; /* four are too few to tell */

        for (size_t i = 0; i < n; i++) {
            double even = 1 + 1e-6 * (double)i;

            samples[i] = kind == 0   ? even
                         : kind == 1 ? 1 + (i % 2 ? 1e-6 : 0)
                         : kind == 2 ? 1 + (i == 3 ? 1e-3 : 1e-6 * (double)i)
                         : kind == 3 ? 1 + (i % 2 ? 0x1p-52 : 0)
                                     : 1 + (i % 2 ? 1e-6 : 0);
            runs[i] = &samples[i];
        }
        must_run(runs, n, 'f', 8, 1);
        assert_int_equal(!!(answer.result.flags & PT_STAT_NOT_NORMAL),
                         kind == 1 || kind == 2);
    }
}

static void normal_samples_pass(void **state)
{
    const void *runs[N_MAX];
    double samples[N_MAX];
    uint64_t seed = 3;
    int flagged = 0;

    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        for (size_t i = 0; i < N_MAX; i += 2) {
            double u = ((double)(pt_splitmix64(&seed) >> 11) + 0.5) * 0x1p-53;
            double v = ((double)(pt_splitmix64(&seed) >> 11) + 0.5) * 0x1p-53;

            samples[i] = 1 + 1e-6 * sqrt(-2 * log(u)) * cos(2 * M_PI * v);
            samples[i + 1] = 1 + 1e-6 * sqrt(-2 * log(u)) * sin(2 * M_PI * v);
            runs[i] = &samples[i];
            runs[i + 1] = &samples[i + 1];
        }
        must_run(runs, N_MAX, 'f', 8, 1);
        flagged += (answer.result.flags & PT_STAT_NOT_NORMAL) != 0;
    }
    assert_in_range(flagged, 0, 8); /* three are expected */
}

static void a_few_elements_do_not_condemn_a_value(void **state)
{
    const void *runs[N_MAX];
    double samples[N_MAX][21];

    (void)state;
    for (size_t i = 0; i < N_MAX; i++) {
        for (size_t k = 0; k < 21; k++) {
            samples[i][k] = 1 + 1e-6 * (k < 2 ? (double)(i % 2) : (double)i);
        }
        runs[i] = samples[i];
    }
    must_run(runs, N_MAX, 'f', 8, 21);
    assert_false(answer.result.flags & PT_STAT_NOT_NORMAL);
    must_run(runs, N_MAX, 'f', 8, 20);
    assert_true(answer.result.flags & PT_STAT_NOT_NORMAL);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double sorted_quantile(const double *sorted, size_t n, double fraction)
{
    double position = (double)(n - 1) * fraction;
    size_t k = (size_t)position;
    double part = position - (double)k;

    return part == 0 ? sorted[k] : sorted[k] + (sorted[k + 1] - sorted[k]) * part;
}

static void quantiles_are_those_of_the_sorted_numbers(void **state)
{
    const size_t sizes[] = {1, 2, 3, 20, 21, 63, 64, 65, 1000, 1023, 1024, 4000};
    struct pt_stat_histogram *histogram = malloc(sizeof *histogram);
    uint64_t seed = 5;

    (void)state;
    assert_non_null(histogram);
    for (size_t s = 0; s < PT_ARRAY_LENGTH(sizes); s++) {
        for (int kind = 0; kind < 4; kind++) {
            size_t n = sizes[s];
            double x[4000], sorted[4000], p05, median, rough05, rough;

            for (size_t i = 0; i < n; i++) {
                uint64_t r = pt_splitmix64(&seed);

                x[i] = kind == 0   ? (double)(r >> 11) * 0x1p-53 * 53
                       : kind == 1 ? (double)(r % 3)
                       : kind == 2 ? (double)i / 100
                                   : (double)(n - i) / 100;
                sorted[i] = x[i];
            }
            memset(histogram, 0, sizeof *histogram);
            pt_stat_histogram_add(histogram, x, n);
            pt_stat_histogram_quantiles(histogram, &rough05, &rough);
            qsort(sorted, n, sizeof *sorted, compare);
            pt_stat_quantiles(x, n, &p05, &median);
            assert_true(p05 == sorted_quantile(sorted, n, 0.05));
            assert_true(median == sorted_quantile(sorted, n, 0.5));
            close_to(rough05, p05, 0x1p-10);
            close_to(rough, median, 0x1p-10);
        }
    }
    free(histogram);
}

static void quantiles_leave_undefined_out(void **state)
{
    double x[] = {NAN, 3, NAN, 1}, none[] = {NAN}, p05, median;

    (void)state;
    pt_stat_quantiles(x, 4, &p05, &median);
    close_to(p05, 1.1, 1e-15);
    assert_true(median == 2);
    pt_stat_quantiles(none, 1, &p05, &median);
    assert_true(isnan(p05) && isnan(median));
}

/* Floats are taken as they stand; as doubles they are the same numbers. */
static void floats_give_the_moments_of_the_same_doubles(void **state)
{
    enum { COUNT = 3 * PT_STAT_BLOCK + 41, RUNS = 7 };
    static float narrow[RUNS][COUNT + 1];
    static double wide[RUNS][COUNT], mean[COUNT], std[COUNT];
    const void *narrow_runs[RUNS], *wide_runs[RUNS], *odd_runs[RUNS];
    static unsigned char odd[RUNS][sizeof narrow[0] + 1];
    uint64_t seed = 5;

    (void)state;
    for (size_t r = 0; r < RUNS; r++) {
        for (size_t i = 0; i < COUNT; i++) {
            double noise = (double)(pt_splitmix64(&seed) >> 11) * 0x1p-53 - 0.5;
            double spread = i % 5 == 0 ? 1 : 1e-5; /* near the first, and far */

            narrow[r][i] = (float)((1 + (double)(i % 91)) * (1 + spread * noise));
        }
        narrow[r][3] = 0;
        narrow[r][4] = r == 2 ? NAN : 1;
        narrow[r][5] = r == 3 ? INFINITY : 1;
        narrow[r][6] = 0x1p-149F * (float)(r + 1);
        for (size_t i = 0; i < COUNT; i++) {
            wide[r][i] = (double)narrow[r][i];
        }
        memcpy(odd[r] + 1, narrow[r], COUNT * sizeof(float));
        narrow_runs[r] = narrow[r];
        wide_runs[r] = wide[r];
        odd_runs[r] = odd[r] + 1;
    }
    must_run(wide_runs, RUNS, 'f', 8, COUNT);
    memcpy(mean, answer.mean, sizeof mean);
    memcpy(std, answer.std, sizeof std);
    must_run(narrow_runs, RUNS, 'f', 4, COUNT);
    assert_memory_equal(mean, answer.mean, sizeof mean);
    assert_memory_equal(std, answer.std, sizeof std);
    must_run(odd_runs, RUNS, 'f', 4, COUNT);
    assert_memory_equal(mean, answer.mean, sizeof mean);
    assert_memory_equal(std, answer.std, sizeof std);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_compared_as_integers),
        cmocka_unit_test(bools_carry_the_fraction_that_agrees),
        cmocka_unit_test(labels_carry_the_fraction_that_agrees),
        cmocka_unit_test(long_double_keeps_its_64_bits),
        cmocka_unit_test(complex_is_measured_by_distance_and_by_parts),
        cmocka_unit_test(norm_is_not_ruled_by_the_least_element),
        cmocka_unit_test(summaries_do_not_claim_more_than_n_runs_can_show),
        cmocka_unit_test(plus_and_minus_zero_are_equal),
        cmocka_unit_test(means_that_cancel_are_flagged),
        cmocka_unit_test(nan_in_some_runs_is_no_digits_and_nan_in_all_is_left_out),
        cmocka_unit_test(missing_runs_are_left_out),
        cmocka_unit_test(one_run_has_no_digits),
        cmocka_unit_test(empty_values_are_undefined),
        cmocka_unit_test(what_cannot_be_measured_is_refused),
        cmocka_unit_test(bias_against_a_reference_counts),
        cmocka_unit_test(clusters_and_outliers_are_not_normal),
        cmocka_unit_test(normal_samples_pass),
        cmocka_unit_test(a_few_elements_do_not_condemn_a_value),
        cmocka_unit_test(quantiles_are_those_of_the_sorted_numbers),
        cmocka_unit_test(quantiles_leave_undefined_out),
        cmocka_unit_test(floats_give_the_moments_of_the_same_doubles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
