/* Functions of which only the library's result is known: the law at the boundary. */
#include "run.h"

#include "fuzzy/functions.h"

enum { N = 40000 };

static double (*of)(double);

static void plain(char **args, const intptr_t *dimensions, const intptr_t *steps,
                  void *data)
{
    (void)data;
    for (intptr_t i = 0; i < dimensions[0]; i++)
        *(double *)(void *)(args[1] + i * steps[1]) =
            of(*(double *)(void *)(args[0] + i * steps[0]));
}

/* All N results of function(x). */
static const double *results(enum pt_fuzzy_function function, double (*f)(double),
                             double x)
{
    static double out[N];
    intptr_t dimensions[] = {N}, steps[] = {0, sizeof *out};
    char *args[] = {(char *)&x, (char *)out};
    of = f;
    pt_fuzzy_function_set_original(function, PT_FUZZY_BINARY64, plain);
    pt_fuzzy_function_loop(function, PT_FUZZY_BINARY64)(args, dimensions, steps, NULL);
    return out;
}

static void expect_share(const double *out, double x, double p)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        n += out[i] == x;
    if (binomial_test(n, N, p) < 1e-9)
        fail_msg("%a came %zu of %d times, probability %g", x, n, (int)N, p);
}

static double two(double x)
{
    (void)x;
    return 2;
}

/* The C library's own is not always right to the last bit. */
static double three(double x)
{
    (void)x;
    return 3;
}

static void neighbours_come_one_time_in_eight_each(void **state)
{
    double r = exp(1.5);
    (void)state;
    start(1);
    const double *out = results(PT_FUZZY_EXP, exp, 1.5);
    expect_share(out, r, 0.75);
    expect_share(out, nextafter(r, 0), 0.125);
    expect_share(out, nextafter(r, 9), 0.125);
    out = results(PT_FUZZY_LOG, log, 0.3); /* negative */
    r = log(0.3);
    expect_share(out, nextafter(r, 0), 0.125);
    expect_share(out, nextafter(r, -9), 0.125);
    pt_fuzzy_stop();
}

static void mean_is_kept_at_powers_of_two(void **state)
{
    (void)state;
    start(1);
    const double *out = results(PT_FUZZY_EXP, two, 0.7);
    expect_share(out, nextafter(2, 9), 0.125);
    expect_share(out, nextafter(2, 0), 0.25);
    pt_fuzzy_stop();
}

static void exact_results_and_bounds_are_kept(void **state)
{
    (void)state;
    start(1);
    expect_share(results(PT_FUZZY_EXP, exp, 0), 1, 1);
    expect_share(results(PT_FUZZY_COS, cos, 0), 1, 1);
    expect_share(results(PT_FUZZY_CBRT, three, 27), 3, 1);
    expect_share(results(PT_FUZZY_LOG2, log2, 8), 3, 1);
    expect_share(results(PT_FUZZY_LOG10, log10, 1000), 3, 1);
    expect_share(results(PT_FUZZY_TANH, tanh, 50), 1, 1); /* 1 + ulp is beyond */
    expect_share(results(PT_FUZZY_LOG, log, 1), 0, 1);
    expect_share(results(PT_FUZZY_EXPM1, expm1, -INFINITY), -1, 1);
    pt_fuzzy_stop();
}

static void exactness_of_two_operands_is_recognised(void **state)
{
    (void)state;
    assert_true(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 2, 10, 1024));
    assert_true(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 2, -3, 0.125));
    assert_true(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, -3, 3, -27));
    assert_true(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 6.25, 0.5, 2.5));
    assert_false(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 3, -1, 1.0 / 3));
    assert_false(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 0.1, 2, 0.1 * 0.1));
    assert_false(pt_fuzzy_function_is_exact(PT_FUZZY_POWER, 2, 0.5, sqrt(2)));
    assert_true(pt_fuzzy_function_is_exact(PT_FUZZY_HYPOT, 3, 4, 5));
    assert_false(pt_fuzzy_function_is_exact(PT_FUZZY_HYPOT, 1, 1, sqrt(2)));
    assert_false(pt_fuzzy_function_is_exact(PT_FUZZY_ARCTAN2, 0, -1, acos(-1)));
}

static void virtual_precision_rounds_the_library_result(void **state)
{
    (void)state;
    start_mode(PT_FUZZY_SR, 1, 8, 0);
    const double *out = results(PT_FUZZY_EXP, exp, 0.5); /* 1.6487… */
    double low = 211.0 / 128, high = 212.0 / 128;
    expect_share(out, low, (high - exp(0.5)) * 128);
    expect_share(out, high, (exp(0.5) - low) * 128);
    pt_fuzzy_stop();
}

static void operand_noise_mode_leaves_functions_alone(void **state)
{
    (void)state;
    start_mode(PT_FUZZY_PB, 1, 0, 0);
    expect_share(results(PT_FUZZY_EXP, exp, 1.5), exp(1.5), 1);
    pt_fuzzy_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_come_one_time_in_eight_each),
        cmocka_unit_test(mean_is_kept_at_powers_of_two),
        cmocka_unit_test(exact_results_and_bounds_are_kept),
        cmocka_unit_test(exactness_of_two_operands_is_recognised),
        cmocka_unit_test(virtual_precision_rounds_the_library_result),
        cmocka_unit_test(operand_noise_mode_leaves_functions_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
