#include "fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "statistics/sum.h"

/* Moments of parts of the runs, merged in random order, against all runs at once. */

enum { N = 24, COUNT = 600 };

static double uniform(uint64_t *state)
{
    return (double)(pt_splitmix64(state) >> 11) * 0x1p-53;
}

static void fill(double samples[N][COUNT], uint64_t *seed)
{
    for (size_t i = 0; i < COUNT; i++) {
        int bits = (int)(pt_splitmix64(seed) % 54);
        int exponent = (int)(i % 5 == 0   ? 1000
                             : i % 5 == 1 ? -1040
                                          : (int)(pt_splitmix64(seed) % 60) - 30);
        double centre = i % 7 == 0 ? 0 : 1 + uniform(seed);

        for (size_t run = 0; run < N; run++) {
            double x = centre + ldexp(uniform(seed) - 0.5, -bits);

            samples[run][i] = ldexp(x, exponent);
            if (i % 11 == 0 && pt_splitmix64(seed) % 5 == 0) {
                samples[run][i] = i % 2 ? NAN : -HUGE_VAL;
            }
            if (i % 13 == 0) {
                samples[run][i] = ldexp(1 + (double)(run % 2) * 0x1p-52, exponent);
            }
        }
    }
}

struct columns {
    double mean[COUNT], std[COUNT], sig[COUNT], digits[COUNT];
};

static struct pt_stat_output output_of(struct columns *columns)
{
    return (struct pt_stat_output){.mean = columns->mean,
                                   .std = columns->std,
                                   .sig = columns->sig,
                                   .digits = columns->digits,
                                   .plane = COUNT};
}

static void compute(const struct pt_stat_plan *plan, const void *const *runs, size_t n,
                    char dtype, size_t count, const struct pt_stat_output *output,
                    struct pt_stat_summary *summary)
{
    struct pt_stat_input input = {.samples = runs,
                                  .n_runs = n,
                                  .count = count,
                                  .dtype = dtype,
                                  .item_bytes = dtype == 'c' ? 16 : 8};
    struct pt_stat_work *work;
    struct pt_error error;

    assert_int_equal(pt_stat_work_create(plan, &work, &error), PT_OK);
    pt_stat_summary_begin(summary, dtype, input.item_bytes, n);
    assert_int_equal(pt_stat_piece(plan, work, &input, output, summary, &error), PT_OK);
    pt_stat_work_destroy(work);
}

/* Cuts the runs into parts of random size and merges these in random order. */
static void merge_parts(const struct pt_stat_plan *plan, const void *const *runs,
                        char dtype, size_t count, uint64_t *seed,
                        struct pt_moments *merged)
{
    struct pt_moments *parts[N];
    size_t n_parts = 0, room = COUNT, next;

    for (size_t i = 0; i < room; i++) {
        pt_moments_begin(&merged[i]);
    }
    for (size_t at = 0; at < N; at = next) {
        struct pt_stat_output output = {.plane = count};
        struct pt_stat_summary unused;

        next = at + 1 + pt_splitmix64(seed) % 9;
        next = next > N ? N : next;
        parts[n_parts] = calloc(room, sizeof **parts);
        assert_non_null(parts[n_parts]);
        output.moments = parts[n_parts++];
        compute(plan, runs + at, next - at, dtype, count, &output, &unused);
    }
    while (n_parts > 0) {
        size_t k = pt_splitmix64(seed) % n_parts;

        for (size_t i = 0; i < room; i++) {
            pt_moments_merge(&merged[i], &parts[k][i]);
        }
        free(parts[k]);
        parts[k] = parts[--n_parts];
    }
}

static void same(double got, double want, double relative)
{
    if (!(got == want || (isnan(got) && isnan(want)) ||
          fabs(got - want) <= relative * fabs(want))) {
        fail_msg("%.17g, not %.17g", got, want);
    }
}

static void check_columns(const struct columns *got, const struct columns *want,
                          size_t count, bool general)
{
    for (size_t i = 0; i < count; i++) {
        assert_true((isnan(got->mean[i]) && isnan(want->mean[i])) ||
                    pt_test_ulps(got->mean[i], want->mean[i], 8) <= 1);
        if (pt_test_ulps(got->std[i], want->std[i], 8) > 1) {
            same(got->std[i], want->std[i], 1e-12);
        }
        if (!(fabs(got->sig[i] - want->sig[i]) <= (general ? 0 : 1e-9))) {
            same(got->sig[i], want->sig[i], 0);
        }
        if (!(fabs(got->digits[i] - want->digits[i]) <= (general ? 0 : 1e-9))) {
            same(got->digits[i], want->digits[i], 0);
        }
    }
}

static void check_results(const struct pt_stat_plan *plan,
                          const struct pt_stat_summary *got,
                          const struct pt_stat_summary *want)
{
    struct pt_stat_result a, b;

    pt_stat_summary_finish(plan, got, &a);
    pt_stat_summary_finish(plan, want, &b);
    same(a.sig_norm, b.sig_norm, 1e-9);
    same(a.sig_min, b.sig_min, 1e-9);
    same(a.mean, b.mean, 1e-12);
    same(a.std, b.std, 1e-12);
    same(a.min, b.min, 0);
    same(a.max, b.max, 0);
    assert_int_equal(a.n_nan, b.n_nan);
    assert_int_equal(a.n_inf, b.n_inf);
    assert_int_equal(a.flags, b.flags);
}

static void check(char dtype, enum pt_stat_method method, enum pt_stat_error kind,
                  unsigned ddof)
{
    static double samples[N][COUNT];
    static struct columns got, want;
    static struct pt_moments merged[COUNT];
    struct pt_stat_options options = pt_stat_options_default();
    size_t count = dtype == 'c' ? COUNT / 2 : COUNT;
    struct pt_stat_output expected = output_of(&want), output = output_of(&got);
    struct pt_stat_summary all, summary;
    struct pt_stat_plan *plan;
    const void *runs[N];
    uint64_t seed = 21;

    expected.plane = output.plane = count;
    options.method = method;
    options.error = kind;
    options.ddof = ddof;
    plan = pt_test_plan(&options, N);
    for (int trial = 0; trial < 5; trial++) {
        fill(samples, &seed);
        for (size_t run = 0; run < N; run++) {
            runs[run] = samples[run];
        }
        compute(plan, runs, N, dtype, count, &expected, &all);
        all.not_normal = 0; /* not kept */
        merge_parts(plan, runs, dtype, count, &seed, merged);
        pt_stat_summary_begin(&summary, dtype, dtype == 'c' ? 16 : 8, N);
        pt_moments_value(plan, merged, count, count, &output, &summary);
        check_columns(&got, &want, count, method == PT_STAT_GENERAL && dtype != 'c');
        check_results(plan, &summary, &all);
    }
    pt_stat_plan_destroy(plan);
}

static void merging_in_any_order_equals_all_runs_at_once(void **state)
{
    (void)state;
    check('f', PT_STAT_CNH, PT_STAT_RELATIVE, 0);
    check('f', PT_STAT_CNH, PT_STAT_ABSOLUTE, 1);
    check('f', PT_STAT_GENERAL, PT_STAT_RELATIVE, 0);
    check('c', PT_STAT_CNH, PT_STAT_RELATIVE, 0);
}

/* Where rounded means would be off by several σ. */
static void noise_of_one_unit_merges_to_the_last_bit(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = pt_test_plan(&options, 7);
    const double samples[] = {1, 1 + 0x1p-52, 1, 1, 1 + 0x1p-52, 1, 1 + 0x1p-52};
    struct pt_moments whole, part, merged;
    struct pt_stat_output output = {.moments = &whole};
    struct pt_stat_summary unused;
    const void *runs[7];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        runs[i] = &samples[i];
    }
    compute(plan, runs, 7, 'f', 1, &output, &unused);
    pt_moments_begin(&merged);
    output.moments = &part;
    for (size_t i = 0; i < 7; i += i == 0 ? 3 : 2) {
        compute(plan, runs + i, i == 0 ? 3 : 2, 'f', 1, &output, &unused);
        pt_moments_merge(&merged, &part);
    }
    assert_int_equal(merged.n, 7);
    same(ldexp(merged.m2, 2 * merged.scale), ldexp(whole.m2, 2 * whole.scale), 4e-16);
    assert_true(ldexp(merged.mean, merged.scale) == ldexp(whole.mean, whole.scale));
    same(ldexp(merged.mean_low, merged.scale), ldexp(whole.mean_low, whole.scale),
         4e-16);
    pt_stat_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merging_in_any_order_equals_all_runs_at_once),
        cmocka_unit_test(noise_of_one_unit_merges_to_the_last_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
