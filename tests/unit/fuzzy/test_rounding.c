/* Stochastic rounding against exact arithmetic: each direction as often as the distance
 * says, no bias, nothing else than the two neighbours. Seeds are fixed. */
#include "run.h"

enum { PAIRS = 200, DRAWS = 4000, MANY = 1000000 };

struct tally {
    double low, high; /* the results seen */
    size_t n_high;
};

static void tally_add(struct tally *tally, double x, size_t n_before)
{
    if (n_before == 0)
        *tally = (struct tally){x, x, 0};
    if (x != tally->low && x != tally->high) {
        assert_true(tally->low == tally->high); /* a third value */
        if (x > tally->high) {
            tally->high = x;
        } else {
            tally->low = x;
            tally->n_high = n_before;
        }
    }
    tally->n_high += tally->low != tally->high && x == tally->high;
}

/* The neighbours of `exact` in the format, and the exact probability of the upper. */
static double upper_probability(quad exact, enum pt_fuzzy_format format, double *low,
                                double *high)
{
    bool wide = format == PT_FUZZY_BINARY64;
    double near = wide ? (double)exact : (double)(float)exact;
    *low = *high = near;
    if ((quad)near < exact)
        *high = wide ? nextafter(near, INFINITY)
                     : (double)nextafterf((float)near, INFINITY);
    else if ((quad)near > exact)
        *low = wide ? nextafter(near, -INFINITY)
                    : (double)nextafterf((float)near, -INFINITY);
    return *low == *high ? 0 : (double)((exact - *low) / ((quad)*high - *low));
}

static void check_pair(unsigned op, enum pt_fuzzy_format format, double a, double b)
{
    static double out[DRAWS];
    static float out32[DRAWS];
    struct tally tally;
    double low, high;
    if (format == PT_FUZZY_BINARY64)
        repeat64(op, a, b, out, DRAWS);
    else
        repeat32(op, (float)a, (float)b, out32, DRAWS);
    for (size_t i = 0; i < DRAWS; i++)
        tally_add(&tally, format == PT_FUZZY_BINARY64 ? out[i] : (double)out32[i], i);
    double p = upper_probability(exact_result(op, a, b), format, &low, &high);
    size_t up =
        tally.low == tally.high ? (tally.low == high ? DRAWS : 0) : tally.n_high;
    if (low == high) {
        assert_true(tally.low == low && tally.high == low);
        return;
    }
    assert_true(tally.low >= low && tally.high <= high);
    if (binomial_test(up, DRAWS, p) < 1e-9)
        fail_msg("operation %u: %a, %a went up %zu of %d times, probability %g",
                 (int)op, a, b, up, (int)DRAWS, p);
}

/* Operands over magnitudes and signs, among them powers of two and near cancellation.
 */
static void draw_pair(unsigned op, enum pt_fuzzy_format format, size_t i,
                      uint64_t *seed, double *a, double *b)
{
    int range = format == PT_FUZZY_BINARY64 ? 400 : 40;
    int spread =
        op <= PT_FUZZY_SUBTRACT ? (format == PT_FUZZY_BINARY64 ? 40 : 16) : range;
    int exponent = (int)(pt_splitmix64(seed) % (unsigned)range) - range / 2;
    int apart = (int)(pt_splitmix64(seed) % (unsigned)spread) - spread / 2;
    *a = ldexp(i % 5 == 0 ? 1 : 1 + uniform(seed), exponent);
    *b = ldexp(1 + uniform(seed), op <= PT_FUZZY_SUBTRACT ? exponent + apart : apart);
    if (i % 7 == 0)
        *b = -*a * (1 + 0x1p-10 * uniform(seed)) * 0.75;
    if (pt_splitmix64(seed) & 1 && op != PT_FUZZY_SQRT)
        *a = -*a;
    if (format == PT_FUZZY_BINARY32) {
        *a = (double)(float)*a;
        *b = (double)(float)*b;
    }
}

static void direction_has_the_probability_of_the_distance(void **state)
{
    (void)state;
    for (unsigned op = 0; op < PT_FUZZY_N_UFUNCS; op++)
        for (unsigned format = 0; format < PT_FUZZY_N_FORMATS; format++) {
            uint64_t seed = 11 + op * 2 + format;
            start(seed);
            for (size_t i = 0; i < PAIRS; i++) {
                double a, b;
                draw_pair(op, format, i, &seed, &a, &b);
                check_pair(op, format, a, b);
            }
        }
    pt_fuzzy_stop();
}

static void gap_below_a_power_of_two_is_half_as_wide(void **state)
{
    /* 1 - 2^-55 lies a quarter of the lower gap below 1. */
    (void)state;
    start(3);
    check_pair(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, 1, 0x1p-55);
    check_pair(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, 1, 0x1p-54);
    check_pair(PT_FUZZY_ADD, PT_FUZZY_BINARY64, 1, 0x1p-54);
    check_pair(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY32, 1, 0x1p-26);
    check_pair(PT_FUZZY_ADD, PT_FUZZY_BINARY32, -1, 0x1p-26);
    pt_fuzzy_stop();
}

/* Mean of (result - exact) / ulp over MANY different pairs, in standard errors. */
static double bias(unsigned op, enum pt_fuzzy_format format, double *ulps)
{
    enum { BLOCK = 1000 };
    static double a[BLOCK], b[BLOCK], out[BLOCK];
    static float a32[BLOCK], b32[BLOCK], out32[BLOCK];
    bool wide = format == PT_FUZZY_BINARY64;
    uint64_t seed = 77;
    double sum = 0, squares = 0;
    start(5);
    for (size_t i = 0; i < MANY; i += BLOCK) {
        for (size_t j = 0; j < BLOCK; j++) {
            a32[j] = (float)(a[j] = 1 + uniform(&seed));
            b32[j] = (float)(b[j] = uniform(&seed) + 0.25);
        }
        if (wide)
            call(op, format, a, 8, b, 8, out, 8, BLOCK);
        else
            call(op, format, a32, 4, b32, 4, out32, 4, BLOCK);
        for (size_t j = 0; j < BLOCK; j++) {
            double x = wide ? a[j] : (double)a32[j], y = wide ? b[j] : (double)b32[j];
            double r = wide ? out[j] : (double)out32[j];
            double ulp = ldexp(1, ilogb(r) - (wide ? 52 : 23));
            double error = (double)((r - exact_result(op, x, y)) / ulp);
            sum += error;
            squares += error * error;
        }
    }
    pt_fuzzy_stop();
    *ulps = sum / MANY;
    return *ulps / (sqrt(squares / MANY) / sqrt(MANY));
}

static void mean_error_is_nought_within_six_standard_errors(void **state)
{
    (void)state;
    for (unsigned op = 0; op < PT_FUZZY_N_UFUNCS; op++)
        for (unsigned format = 0; format < PT_FUZZY_N_FORMATS; format++) {
            double ulps, errors = bias(op, format, &ulps);
            if (fabs(errors) > 6 || fabs(ulps) > 0.003)
                fail_msg("operation %u, format %u: %g ulp, %g standard errors", op,
                         format, ulps, errors);
        }
}

static void representable_results_stay_exact(void **state)
{
    double out[1000];
    (void)state;
    start(9);
    repeat64(PT_FUZZY_ADD, 0.5, 0.25, out, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(out[i] == 0.75);
    repeat64(PT_FUZZY_MULTIPLY, -3, 7, out, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(out[i] == -21);
    repeat64(PT_FUZZY_DIVIDE, 1, -8, out, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(out[i] == -0.125);
    repeat64(PT_FUZZY_SQRT, 0x1.1p-1020 * 0x1.1p0, 0, out, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_true(out[i] == 0x1.1p-510);
    pt_fuzzy_stop();
}

static void same_seed_same_bits_other_seed_other_bits(void **state)
{
    double one[2000], two[2000], three[2000];
    (void)state;
    start(1);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, one, 2000);
    start(1);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, two, 2000);
    start(2);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, three, 2000);
    pt_fuzzy_stop();
    assert_memory_equal(one, two, sizeof one);
    assert_memory_not_equal(one, three, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direction_has_the_probability_of_the_distance),
        cmocka_unit_test(gap_below_a_power_of_two_is_half_as_wide),
        cmocka_unit_test(mean_error_is_nought_within_six_standard_errors),
        cmocka_unit_test(representable_results_stay_exact),
        cmocka_unit_test(same_seed_same_bits_other_seed_other_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
