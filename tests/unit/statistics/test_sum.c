#include "fixture.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "statistics/sum.h"

enum { N = 1000 };

static double random_number(uint64_t *state)
{
    double m = (double)(pt_splitmix64(state) >> 11) * 0x1p-53 - 0.5;

    return ldexp(m, (int)(pt_splitmix64(state) % 400) - 200);
}

static void shuffle(double *x, size_t n, uint64_t *state)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = pt_splitmix64(state) % (i + 1);
        double t = x[i];

        x[i] = x[j];
        x[j] = t;
    }
}

static void any_order_and_grouping_gives_the_same_bits(void **state)
{
    uint64_t seed = 7;
    struct pt_stat_sum first;
    double x[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        x[i] = random_number(&seed);
    }
    for (int trial = 0; trial < 50; trial++) {
        struct pt_stat_sum group[5], total;

        for (size_t i = 0; i < 5; i++) {
            pt_stat_sum_begin(&group[i]);
        }
        for (size_t i = 0; i < N; i++) {
            pt_stat_sum_add(&group[pt_splitmix64(&seed) % 5], x[i], 0);
        }
        pt_stat_sum_begin(&total);
        for (size_t i = 0; i < 5; i++) {
            pt_stat_sum_merge(&total, &group[i]);
        }
        if (trial == 0) {
            first = total;
        }
        assert_memory_equal(&total, &first, sizeof total);
        shuffle(x, N, &seed);
    }
}

static double sum_of(const double *x, const int *exponents, size_t n)
{
    struct pt_stat_sum sum;

    pt_stat_sum_begin(&sum);
    for (size_t i = 0; i < n; i++) {
        pt_stat_sum_add(&sum, x[i], exponents == NULL ? 0 : exponents[i]);
    }
    return pt_scaled_double(pt_stat_sum_value(&sum));
}

static void cancellation_is_exact(void **state)
{
    const double cancel[] = {1e15, 1e-10, -1e15};
    const double negative[] = {-3, 2, -1e-20};
    const double nothing[] = {0, -0.0};
    const double opposite[] = {5, -5};

    (void)state;
    assert_true(sum_of(cancel, NULL, 3) == 1e-10);
    assert_true(sum_of(negative, NULL, 3) == -1);
    assert_true(sum_of(nothing, NULL, 2) == 0);
    assert_true(sum_of(opposite, NULL, 2) == 0);
}

static void exponents_beyond_a_double_are_kept(void **state)
{
    const double x[] = {1, 1};
    const int far[] = {20000, 20000}, mixed[] = {-3000, 1};
    struct pt_stat_sum sum;
    struct pt_scaled value;

    (void)state;
    pt_stat_sum_begin(&sum);
    pt_stat_sum_add(&sum, x[0], far[0]);
    pt_stat_sum_add(&sum, x[1], far[1]);
    value = pt_stat_sum_value(&sum);
    assert_true(value.m == 0.5 && value.e == 20002);
    assert_true(sum_of(x, mixed, 2) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_and_grouping_gives_the_same_bits),
        cmocka_unit_test(cancellation_is_exact),
        cmocka_unit_test(exponents_beyond_a_double_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
