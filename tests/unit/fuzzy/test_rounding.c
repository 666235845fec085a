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
    check_pair(PT_FUZZY_ADD, PT_FUZZY_BINARY64, 1, 0x1.8p-53);
    check_pair(PT_FUZZY_ADD, PT_FUZZY_BINARY64, -0x1.fffffffffffffp0, -0x1p-54);
    check_pair(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, 0x1.0000000000001p0,
               0x1.ffffffffffffep-1);
    check_pair(PT_FUZZY_DIVIDE, PT_FUZZY_BINARY64, 0x1.ffffffffffffep0,
               0x1.fffffffffffffp0);
    check_pair(PT_FUZZY_SQRT, PT_FUZZY_BINARY64, 0x1.fffffffffffffp-1, 0);
    pt_fuzzy_stop();
}

/* Where the operands and the result lie. */
static const struct layout {
    const char *name;
    intptr_t steps[3]; /* elements from one to the next: a, b, result */
    size_t offset;     /* bytes off the alignment */
    int over;          /* -1: the result has its own memory; else it begins so many
                          elements before a */
} layouts[] = {
    {"contiguous", {1, 1, 1}, 0, -1},  {"strided", {3, 2, 5}, 0, -1},
    {"backwards", {-1, 1, -2}, 0, -1}, {"unaligned", {1, 1, 1}, 1, -1},
    {"in place", {1, 1, 1}, 0, 0},     {"overlapping", {1, 1, 1}, 0, 1},
};
enum { BIAS_BLOCK = 1000, BIAS_ROOM = 5 * BIAS_BLOCK + 2 };

static void put(enum pt_fuzzy_format format, char *at, double x)
{
    float narrow = (float)x;
    if (format == PT_FUZZY_BINARY64)
        memcpy(at, &x, sizeof x);
    else
        memcpy(at, &narrow, sizeof narrow);
}

static double get(enum pt_fuzzy_format format, const char *at)
{
    double wide = 0;
    float narrow;
    memcpy(&wide, at, format == PT_FUZZY_BINARY64 ? sizeof wide : 0);
    memcpy(&narrow, at, sizeof narrow);
    return format == PT_FUZZY_BINARY64 ? wide : (double)narrow;
}

/* out[j] = a[j] op b[j], through memory of that layout. */
static void call_in(const struct layout *layout, unsigned op,
                    enum pt_fuzzy_format format, const double *a, const double *b,
                    double *out)
{
    static _Alignas(64) char room[3][BIAS_ROOM * 8];
    intptr_t bytes = (intptr_t)pt_fuzzy_format_bytes(format), steps[3];
    char *at[3];
    for (size_t k = 0; k < 3; k++) {
        steps[k] = layout->steps[k] * bytes;
        at[k] = room[k] + bytes + layout->offset;
        if (steps[k] < 0)
            at[k] -= steps[k] * (BIAS_BLOCK - 1);
    }
    if (layout->over >= 0)
        at[2] = at[0] - layout->over * bytes;
    for (intptr_t j = 0; j < BIAS_BLOCK; j++) {
        put(format, at[0] + j * steps[0], a[j]);
        put(format, at[1] + j * steps[1], b[j]);
    }
    call(op, format, at[0], steps[0], at[1], steps[1], at[2], steps[2], BIAS_BLOCK);
    for (intptr_t j = 0; j < BIAS_BLOCK; j++)
        out[j] = get(format, at[2] + j * steps[2]);
}

/* Mean of (result - exact) / ulp over MANY different pairs, in standard errors. */
static double bias(const struct layout *layout, unsigned op,
                   enum pt_fuzzy_format format, double *ulps)
{
    static double a[BIAS_BLOCK], b[BIAS_BLOCK], out[BIAS_BLOCK];
    bool wide = format == PT_FUZZY_BINARY64;
    uint64_t seed = 77;
    double sum = 0, squares = 0;
    start(5);
    for (size_t i = 0; i < MANY; i += BIAS_BLOCK) {
        for (size_t j = 0; j < BIAS_BLOCK; j++) {
            a[j] = 1 + uniform(&seed);
            b[j] = uniform(&seed) + 0.25;
            a[j] = wide ? a[j] : (double)(float)a[j];
            b[j] = wide ? b[j] : (double)(float)b[j];
        }
        call_in(layout, op, format, a, b, out);
        for (size_t j = 0; j < BIAS_BLOCK; j++) {
            double ulp = ldexp(1, ilogb(out[j]) - (wide ? 52 : 23));
            double error = (double)((out[j] - exact_result(op, a[j], b[j])) / ulp);
            if (fabs(error) > 2)
                fail_msg("operation %u, %s: %a, %a gave %a", op, layout->name, a[j],
                         b[j], out[j]);
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
    for (size_t l = 0; l < PT_ARRAY_LENGTH(layouts); l++)
        for (unsigned op = 0; op < PT_FUZZY_N_UFUNCS; op++)
            for (unsigned format = 0; format < PT_FUZZY_N_FORMATS; format++) {
                double ulps, errors = bias(&layouts[l], op, format, &ulps);
                if (fabs(errors) > 6 || fabs(ulps) > 0.003)
                    fail_msg("operation %u, format %u, %s: %g ulp, %g standard errors",
                             op, format, layouts[l].name, ulps, errors);
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
