/* Zeros, Inf, NaN, subnormal numbers, overflow, flags; the modes and precisions that go
 * without kernels. */
#include "run.h"

#include <fenv.h>

#include "fuzzy/edge.h"
#include "fuzzy/flags.h"

enum { N = 20000 };

static double out[N];

/* Share of the results that are `x`; fails if one is neither `x` nor `y`. */
static size_t count(double x, double y)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++) {
        assert_true(out[i] == x || out[i] == y);
        n += out[i] == x;
    }
    return n;
}

static void expect_share(double x, double y, double p)
{
    size_t n = count(x, y);
    if (binomial_test(n, N, p) < 1e-9)
        fail_msg("%a came %zu of %d times, probability %g", x, n, (int)N, p);
}

/* What the loop gives and what the processor gives, with the flags of both. */
static void expect_ieee(enum pt_fuzzy_operation op, double a, double b)
{
    volatile double x = a, y = b, want;
    double got[20]; /* many go another way than one */
    int mask = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW;
    feclearexcept(FE_ALL_EXCEPT);
    want = op == PT_FUZZY_ADD        ? x + y
           : op == PT_FUZZY_SUBTRACT ? x - y
           : op == PT_FUZZY_MULTIPLY ? x * y
           : op == PT_FUZZY_DIVIDE   ? x / y
                                     : sqrt(x);
    int flags = fetestexcept(mask);
    for (size_t n = 1; n <= 20; n += 19) {
        feclearexcept(FE_ALL_EXCEPT);
        repeat64(op, a, b, got, n);
        if (fetestexcept(mask) != flags)
            fail_msg("operation %d of %zu %g and %g raised %d, not %d", (int)op, n, a,
                     b, fetestexcept(mask), flags);
        for (size_t i = 0; i < n; i++)
            if (isnan(want))
                assert_true(isnan(got[i]));
            else
                assert_memory_equal(&got[i], (const double *)&want, sizeof *got);
    }
    feclearexcept(FE_ALL_EXCEPT);
}

static void specials_and_their_flags_are_ieee(void **state)
{
    static const double values[] = {0.0,      -0.0,      1,   -1,
                                    INFINITY, -INFINITY, NAN, 0x1p-1074};
    (void)state;
    start(1);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(values); i++)
        for (size_t j = 0; j < PT_ARRAY_LENGTH(values); j++) {
            double a = values[i], b = values[j];
            bool tiny = fabs(a) == 0x1p-1074 || fabs(b) == 0x1p-1074;
            for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++)
                if (!tiny || a == 0 || b == 0 || isinf(a) || isinf(b) || isnan(a + b))
                    expect_ieee(op, a, b);
        }
    pt_fuzzy_stop();
}

static void flags_of_before_are_kept(void **state)
{
    double got;
    (void)state;
    start(1);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_DIVBYZERO);
    repeat64(PT_FUZZY_ADD, INFINITY, 1, &got, 1);
    assert_int_equal(fetestexcept(FE_DIVBYZERO | FE_INVALID), FE_DIVBYZERO);
    feclearexcept(FE_ALL_EXCEPT);
    pt_fuzzy_stop();
}

static void overflow_goes_to_max_or_inf_by_distance(void **state)
{
    double max = 0x1.fffffffffffffp1023, ulp = 0x1p971;
    (void)state;
    start(2);
    repeat64(PT_FUZZY_ADD, max, ulp / 4, out, N);
    expect_share(INFINITY, max, 0.25);
    repeat64(PT_FUZZY_SUBTRACT, -max, ulp * 0.75, out, N);
    expect_share(-INFINITY, -max, 0.75);
    repeat64(PT_FUZZY_ADD, max, max, out, N);
    expect_share(INFINITY, INFINITY, 1);
    float max32 = 0x1.fffffep127f, got[2000];
    repeat32(PT_FUZZY_ADD, max32, 0x1p102f, got, 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_true(isinf(got[i]) || got[i] == max32);
    pt_fuzzy_stop();
}

static void subnormal_results_are_rounded_by_distance(void **state)
{
    (void)state;
    start(4);
    repeat64(PT_FUZZY_MULTIPLY, 0x1p-1074, 0.25, out, N);
    expect_share(0x1p-1074, 0, 0.25);
    repeat64(PT_FUZZY_MULTIPLY, -0x1.8p-1000, 0x1p-74, out, N);
    expect_share(-0x1p-1073, -0x1p-1074, 0.5);
    repeat64(PT_FUZZY_DIVIDE, 0x1p-1073, 0x1.8p0, out, N);
    expect_share(0x1p-1074, 0x1p-1073, 2.0 / 3);
    repeat64(PT_FUZZY_MULTIPLY, 0x1p-600, 0x1p-600, out, N);
    expect_share(0, 0, 1);
    float got[N];
    repeat32(PT_FUZZY_MULTIPLY, 0x1p-149f, 0.25f, got, N);
    for (size_t i = 0; i < N; i++)
        out[i] = (double)got[i];
    expect_share(0x1p-149, 0, 0.25);
    pt_fuzzy_stop();
}

static void residuals_that_would_underflow_are_rescaled(void **state)
{
    /* (1 + 2^-30)^2 2^-1000 = (1 + 2^-29 + 2^-60) 2^-1000 */
    double a = (1 + 0x1p-30) * 0x1p-500, low = (1 + 0x1p-29) * 0x1p-1000;
    (void)state;
    start(6);
    repeat64(PT_FUZZY_MULTIPLY, a, a, out, N);
    expect_share(low + 0x1p-1052, low, 0x1p-8);
    pt_fuzzy_stop();
}

/* One pair of operands of each magnitude. */
static void expect_distances(enum pt_fuzzy_format format, int from, int to)
{
    static const unsigned operations[] = {PT_FUZZY_MULTIPLY, PT_FUZZY_DIVIDE,
                                          PT_FUZZY_SQRT};
    static float narrow[N];
    bool wide = format == PT_FUZZY_BINARY64;
    uint64_t seed = 3;
    for (int e = from; e < to; e += wide ? 30 : 4)
        for (size_t k = 0; k < PT_ARRAY_LENGTH(operations); k++) {
            double a = ldexp(1 + uniform(&seed), e), b = 1 + uniform(&seed);
            a = wide ? a : (double)(float)a;
            b = wide ? b : (double)(float)b;
            quad exact = exact_result(operations[k], a, b);
            double near = wide ? (double)exact : (double)(float)exact;
            double towards = (quad)near < exact ? INFINITY : 0;
            double other = wide ? nextafter(near, towards)
                                : (double)nextafterf((float)near, (float)towards);
            if (wide)
                repeat64(operations[k], a, b, out, N);
            else
                repeat32(operations[k], (float)a, (float)b, narrow, N);
            for (size_t i = 0; !wide && i < N; i++)
                out[i] = (double)narrow[i];
            expect_share(near, other,
                         (double)(((quad)other - exact) / ((quad)other - near)));
        }
}

/* From the least to the largest: where the kernels hand over, and where they need not.
 */
static void the_distance_decides_at_every_magnitude(void **state)
{
    (void)state;
    start(3);
    expect_distances(PT_FUZZY_BINARY64, -1070, 1020);
    expect_distances(PT_FUZZY_BINARY32, -145, 125);
    pt_fuzzy_stop();
}

static void underflow_and_overflow_are_signalled(void **state)
{
    double got;
    (void)state;
    start(1);
    feclearexcept(FE_ALL_EXCEPT);
    repeat64(PT_FUZZY_MULTIPLY, 0x1.123456789p-600, 0x1.1p-450, &got, 1);
    assert_int_equal(fetestexcept(FE_UNDERFLOW | FE_OVERFLOW), FE_UNDERFLOW);
    feclearexcept(FE_ALL_EXCEPT);
    repeat64(PT_FUZZY_MULTIPLY, 0x1.1p600, 0x1.1p600, &got, 1);
    assert_int_equal(fetestexcept(FE_UNDERFLOW | FE_OVERFLOW), FE_OVERFLOW);
    feclearexcept(FE_ALL_EXCEPT);
    pt_fuzzy_stop();
}

static void up_or_down_ignores_the_distance(void **state)
{
    double third = 1.0 / 3; /* below 1/3 */
    (void)state;
    start_mode(PT_FUZZY_UD, 8, 0, 0);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, out, N);
    expect_share(nextafter(third, 1), third, 0.5);
    repeat64(PT_FUZZY_ADD, 1, 0x1p-80, out, N);
    expect_share(nextafter(1, 2), 1, 0.5);
    repeat64(PT_FUZZY_ADD, 1, 2, out, N);
    expect_share(3, 3, 1);
    pt_fuzzy_stop();
}

static void virtual_precision_rounds_onto_the_coarser_grid(void **state)
{
    (void)state;
    start_mode(PT_FUZZY_SR, 8, 10, 24);
    repeat64(PT_FUZZY_ADD, 1, 0x1p-11, out, N); /* a quarter of 2^-9 */
    expect_share(1 + 0x1p-9, 1, 0.25);
    repeat64(PT_FUZZY_SUBTRACT, 1, 0x1p-11, out, N); /* half of 2^-10 */
    expect_share(1 - 0x1p-10, 1, 0.5);
    repeat64(PT_FUZZY_ADD, 1, 0x1p-9, out, N);
    expect_share(1 + 0x1p-9, 1, 1);
    start_mode(PT_FUZZY_UD, 8, 1, 24);
    repeat64(PT_FUZZY_ADD, 1, 2, out, N);
    expect_share(2, 4, 0.5);
    pt_fuzzy_stop();
}

/* The chi-squared statistic of values in `bins` equal parts of [low, high). */
static double chi_squared(double low, double high, size_t bins)
{
    double expected = (double)N / (double)bins, sum = 0;
    size_t counts[64] = {0};
    for (size_t i = 0; i < N; i++) {
        double at = (out[i] - low) / (high - low) * (double)bins;
        assert_true(at >= 0 && at < (double)bins);
        counts[(size_t)at]++;
    }
    for (size_t b = 0; b < bins; b++)
        sum +=
            ((double)counts[b] - expected) * ((double)counts[b] - expected) / expected;
    return sum;
}

static void random_rounding_spreads_evenly_over_an_ulp(void **state)
{
    /* Noise of t = 20 bits under a result that is not on the grid; 53 bits would hide
     * it. The result is rounded to the nearest point of the grid, hence two values. */
    double x = 1 + 0x1p-21 + 0x1p-40;
    (void)state;
    start_mode(PT_FUZZY_RR, 8, 20, 24);
    repeat64(PT_FUZZY_ADD, 1, x - 1, out, N);
    /* x + xi 2^-19 is nearer to 1 + 2^-19 where xi > 1/4 - 2^-21. */
    expect_share(1 + 0x1p-19, 1, 0.25 + 0x1p-21);
    repeat64(PT_FUZZY_ADD, 1, 0x1p-19, out, N);
    expect_share(1 + 0x1p-19, 1, 1);
    pt_fuzzy_stop();
}

static void operand_noise_survives_cancellation_uniformly(void **state)
{
    /* (a + noise) - a' with a' = 2^-40 smaller than its own noise's grid: what is left
     * is the operand's noise, uniform over one unit of its 20th bit. */
    (void)state;
    start_mode(PT_FUZZY_PB, 8, 20, 24);
    repeat64(PT_FUZZY_SUBTRACT, 1.5, 0x1p-60, out, N);
    for (size_t i = 0; i < N; i++)
        assert_true(fabs(out[i] - 1.5) <= 0x1p-19);
    repeat64(PT_FUZZY_SUBTRACT, 1.5, 1.5, out, N);
    size_t zeros = 0;
    for (size_t i = 0; i < N; i++) {
        assert_true(fabs(out[i]) < 0x1p-19);
        zeros += out[i] == 0;
        out[i] += copysign(out[i] * out[i] * 0x1p18, -out[i]); /* to uniform */
    }
    assert_true(zeros < 10);
    /* The difference of two uniforms is triangular; its distribution function is
     * uniform: u - u |u| / 2 with u = out 2^19, in (-1/2, 1/2). */
    assert_true(chi_squared(-0x1p-20, 0x1p-20, 64) < 150);
    pt_fuzzy_stop();
}

static void deterministic_modes_depend_on_the_operands_only(void **state)
{
    double again[N], a[N], b[N];
    uint64_t seed = 5;
    size_t up = 0;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        a[i] = 1 + uniform(&seed);
        b[i] = 1 + uniform(&seed);
    }
    start_mode(PT_FUZZY_SR_DET, 8, 0, 0);
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, N);
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, b, 8, a, 8, again, 8, N);
    assert_memory_equal(out, again, sizeof out); /* commutes */
    for (size_t i = 0; i < N; i++)
        up += (quad)out[i] > exact_result(PT_FUZZY_MULTIPLY, a[i], b[i]);
    assert_true(binomial_test(up, N, 0.5) > 1e-9);
    start_mode(PT_FUZZY_SR_DET, 9, 0, 0);
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, a, 8, b, 8, again, 8, N);
    assert_memory_not_equal(out, again, sizeof out);
    pt_fuzzy_stop();
}

static void repeat_fma(enum pt_fuzzy_mode mode, unsigned bits, double a, double b,
                       double c)
{
    const struct pt_fuzzy_rounding rounding = {mode, {bits, 24}};
    uint64_t random = 17;
    bool nearest;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (size_t i = 0; i < N; i++)
        out[i] = pt_fuzzy_edge_fma(PT_FUZZY_BINARY64, &rounding, a, b, c, fma(a, b, c),
                                   &random, &nearest);
    pt_fuzzy_environment_leave(before, 0);
}

static void multiply_adds_are_rounded_once(void **state)
{
    uint64_t seed = 21;
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        double a = 1 + uniform(&seed), b = uniform(&seed) - 0.5,
               c = uniform(&seed) - 0.5;
        quad exact = (quad)a * b + c;
        double near = (double)exact, low = near, high;
        if ((quad)near > exact)
            low = nextafter(near, -INFINITY);
        high = nextafter(low, INFINITY);
        repeat_fma(PT_FUZZY_SR, 53, a, b, c);
        expect_share(high, low, (double)((exact - low) / ((quad)high - low)));
        if (i >= 20)
            continue;
        repeat_fma(PT_FUZZY_UD, 53, a, b, c);
        expect_share(high, low, (quad)low == exact ? 0 : 0.5);
    }
    repeat_fma(PT_FUZZY_SR, 53, 0x1.0000001p0, 0x1.0000001p0, -0x1.0000002p0);
    expect_share(0x1p-56, 0x1p-56, 1); /* the residual of a product is exact */
    repeat_fma(PT_FUZZY_SR, 53, 1, 0x1.fffffffffffffp1023, 0x1p969);
    expect_share(INFINITY, 0x1.fffffffffffffp1023, 0.25);
    repeat_fma(PT_FUZZY_SR, 53, 0x1p-600, 0x1p-476, 0x1p-1074);
    expect_share(0x1p-1073, 0x1p-1074, 0.25);
    repeat_fma(PT_FUZZY_SR, 10, 0, 7, 1 + 0x1p-11); /* c alone is off the grid */
    expect_share(1 + 0x1p-9, 1, 0.25);
    repeat_fma(PT_FUZZY_SR, 53, INFINITY, 1, 3);
    expect_share(INFINITY, INFINITY, 1);
    repeat_fma(PT_FUZZY_SR, 53, -1, 0, -0.0);
    assert_true(out[0] == 0 && signbit(out[0]));
    repeat_fma(PT_FUZZY_PB, 20, 1.5, 1, -1.5); /* the noise of the operands is left */
    for (size_t i = 0; i < N; i++)
        assert_true(out[i] != 0 && fabs(out[i]) < 0x1p-17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specials_and_their_flags_are_ieee),
        cmocka_unit_test(flags_of_before_are_kept),
        cmocka_unit_test(overflow_goes_to_max_or_inf_by_distance),
        cmocka_unit_test(subnormal_results_are_rounded_by_distance),
        cmocka_unit_test(residuals_that_would_underflow_are_rescaled),
        cmocka_unit_test(the_distance_decides_at_every_magnitude),
        cmocka_unit_test(underflow_and_overflow_are_signalled),
        cmocka_unit_test(up_or_down_ignores_the_distance),
        cmocka_unit_test(virtual_precision_rounds_onto_the_coarser_grid),
        cmocka_unit_test(random_rounding_spreads_evenly_over_an_ulp),
        cmocka_unit_test(operand_noise_survives_cancellation_uniformly),
        cmocka_unit_test(deterministic_modes_depend_on_the_operands_only),
        cmocka_unit_test(multiply_adds_are_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
