/* Reductions: numpy's order, every element once, each addition unbiased. */
#include "run.h"

static double sum_of(const double *x, intptr_t step, size_t n, double first)
{
    double total = first;
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, &total, 0, x, step, &total, 0, n);
    return total;
}

static void every_element_is_summed_once_at_every_length(void **state)
{
    static double x[20000];
    (void)state;
    start(1);
    for (size_t i = 0; i < 20000; i++)
        x[i] = (double)(i * 7 % 1000);
    for (size_t n = 1; n < 20000; n += n < 300 ? 1 : 977) {
        double want = 5, strided = 5;
        for (size_t i = 0; i < n; i++)
            want += x[i];
        assert_true(sum_of(x, 8, n, 5) == want);
        for (size_t i = 0; i < n / 2; i++)
            strided += x[2 * i];
        if (n > 1)
            assert_true(sum_of(x, 16, n / 2, 5) == strided);
    }
    pt_fuzzy_stop();
}

/* numpy's own order, with the rounding to nearest of the processor. */
static double pairwise(const double *x, size_t n)
{
    if (n < 8) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += x[i];
        return sum;
    }
    if (n <= 128) {
        double r[8];
        size_t i;
        memcpy(r, x, sizeof r);
        for (i = 8; i < n - n % 8; i += 8)
            for (size_t j = 0; j < 8; j++)
                r[j] += x[i + j];
        double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
        for (; i < n; i++)
            sum += x[i];
        return sum;
    }
    size_t half = n / 2;
    half -= half % 8;
    return pairwise(x, half) + pairwise(x + half, n - half);
}

/* Terms whose sums are exact in one order only: huge ones cancel against neighbours in
 * that order, and absorb the small ones in any other. */
static void order_is_numpys(void **state)
{
    static double x[3000];
    (void)state;
    start(1);
    for (size_t n = 9; n < 3000; n += 61) {
        for (size_t i = 0; i < n; i++)
            x[i] = 1;
        /* Every huge term is followed by its negative in the same accumulator, so the
         * sums are integers below 2^53 in numpy's order. */
        for (size_t i = 0; i + 16 <= n; i += 128) {
            x[i] = 0x1p52;
            x[i + 8] = -0x1p52;
        }
        double want = pairwise(x, n), whole = 0;
        for (size_t i = 0; i < n; i++)
            whole += fabs(x[i]) < 2 ? x[i] : 0;
        assert_true(sum_of(x, 8, n, 0) == want);
        if (n <= 128)
            assert_true(want == whole);
    }
    pt_fuzzy_stop();
}

static void sums_vary_without_bias(void **state)
{
    enum { N = 5000, RUNS = 2000 };
    static double x[N];
    uint64_t seed = 3;
    quad exact = 0;
    double mean = 0, squares = 0;
    (void)state;
    start(1);
    for (size_t i = 0; i < N; i++)
        exact += (x[i] = uniform(&seed));
    for (size_t r = 0; r < RUNS; r++) {
        double error = (double)(sum_of(x, 8, N, 0) - exact);
        mean += error / RUNS;
        squares += error * error / RUNS;
    }
    assert_true(squares > 0);
    assert_true(fabs(mean) < 6 * sqrt(squares / RUNS));
    pt_fuzzy_stop();
}

static void other_reductions_go_from_left_to_right(void **state)
{
    static double x[1100];
    double product = 1, difference = 10, quotient = 0x1p100;
    (void)state;
    start(1);
    for (size_t i = 0; i < 1100; i++)
        x[i] = i % 2 ? 0.5 : 2;
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, &product, 0, x, 8, &product, 0, 1099);
    assert_true(product == 2);
    call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, &difference, 0, x, 8, &difference, 0,
         1100);
    assert_true(difference == 10 - 550 * 2.5);
    call(PT_FUZZY_DIVIDE, PT_FUZZY_BINARY64, &quotient, 0, x, 8, &quotient, 0, 3);
    assert_true(quotient == 0x1p99);
    pt_fuzzy_stop();
}

static void sums_of_negative_zeros_are_negative_zero(void **state)
{
    double x[20];
    (void)state;
    start(1);
    for (size_t i = 0; i < 20; i++)
        x[i] = -0.0;
    for (size_t n = 1; n < 20; n++)
        assert_true(signbit(sum_of(x, 8, n, -0.0)));
    assert_false(signbit(sum_of(x, 8, 20, 0.0)));
    pt_fuzzy_stop();
}

static void float32_sums_are_kept_in_float32(void **state)
{
    static float x[1000];
    float total = 0;
    double least = INFINITY, most = -INFINITY;
    (void)state;
    start(1);
    for (size_t i = 0; i < 1000; i++)
        x[i] = 0.1f;
    for (int r = 0; r < 50; r++) {
        total = 0;
        call(PT_FUZZY_ADD, PT_FUZZY_BINARY32, &total, 0, x, 4, &total, 0, 1000);
        least = fmin(least, (double)total);
        most = fmax(most, (double)total);
    }
    assert_true(most > least);
    assert_true(most < 100.001 && least > 99.999);
    pt_fuzzy_stop();
}

static void infinities_and_nan_reach_the_sum(void **state)
{
    static double x[500];
    (void)state;
    start(1);
    for (size_t i = 0; i < 500; i++)
        x[i] = 0.1;
    x[300] = INFINITY;
    assert_true(isinf(sum_of(x, 8, 500, 0)));
    x[301] = NAN;
    assert_true(isnan(sum_of(x, 8, 500, 0)));
    pt_fuzzy_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_element_is_summed_once_at_every_length),
        cmocka_unit_test(order_is_numpys),
        cmocka_unit_test(sums_vary_without_bias),
        cmocka_unit_test(other_reductions_go_from_left_to_right),
        cmocka_unit_test(sums_of_negative_zeros_are_negative_zero),
        cmocka_unit_test(float32_sums_are_kept_in_float32),
        cmocka_unit_test(infinities_and_nan_reach_the_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
