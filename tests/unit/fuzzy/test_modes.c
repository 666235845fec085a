/* Every mode at several precisions, on the loops as numpy calls them: probabilities
 * against exact arithmetic where they are known, and the same distribution as the
 * definitions (edge.c) where operands carry noise. Seeds are fixed. */
#include "run.h"

#include "fuzzy/edge.h"
#include "fuzzy/flags.h"

enum { PAIRS = 200, DRAWS = 1000, SAMPLES = 2000, BINS = 64 };

static const unsigned precisions[][PT_FUZZY_N_FORMATS] = {
    {53, 24}, {41, 12}, {30, 20}, {8, 8}, {1, 1}};

/* Operands over magnitudes and signs, as numbers of the format. */
static void draw_pair(unsigned op, enum pt_fuzzy_format format, uint64_t *seed,
                      double *a, double *b)
{
    int range = format == PT_FUZZY_BINARY64 ? 200 : 30;
    int spread = op <= PT_FUZZY_SUBTRACT ? 12 : range;
    int exponent = (int)(pt_splitmix64(seed) % (unsigned)range) - range / 2;
    int apart = (int)(pt_splitmix64(seed) % (unsigned)spread) - spread / 2;
    *a = ldexp(1 + uniform(seed), exponent);
    *b = ldexp(1 + uniform(seed), op <= PT_FUZZY_SUBTRACT ? exponent + apart : apart);
    if (pt_splitmix64(seed) & 1 && op != PT_FUZZY_SQRT)
        *a = -*a;
    if (format == PT_FUZZY_BINARY32) {
        *a = (double)(float)*a;
        *b = (double)(float)*b;
    }
}

/* n results of one pair. */
static void repeat(unsigned op, enum pt_fuzzy_format format, double a, double b,
                   double *out, size_t n)
{
    static float narrow[SAMPLES];
    if (format == PT_FUZZY_BINARY64) {
        repeat64(op, a, b, out, n);
        return;
    }
    repeat32(op, (float)a, (float)b, narrow, n);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)narrow[i];
}

/* The numbers of `bits` bits around x: towards zero, and away from it. Their distance.
 */
static double neighbours(quad x, unsigned bits, double *low, double *high)
{
    quad size = x < 0 ? -x : x;
    int exponent = ilogb((double)size);
    if ((quad)ldexp(1, exponent) > size) /* the double was rounded up to it */
        exponent--;
    double gap = ldexp(1, exponent - (int)bits + 1);
    quad steps = size / gap;
    double whole = floor((double)steps);
    if ((quad)whole > steps)
        whole--;
    *low = copysign(whole * gap, (double)x);
    *high = copysign((whole + 1) * gap, (double)x);
    return gap;
}

static double away_probability(enum pt_fuzzy_mode mode, double share)
{
    if (share == 0)
        return 0;
    return mode == PT_FUZZY_UD ? 0.5 : share;
}

static void check_pair(enum pt_fuzzy_mode mode, unsigned op,
                       enum pt_fuzzy_format format, unsigned bits, double a, double b)
{
    static double out[DRAWS];
    double low, high;
    quad exact = exact_result(op, a, b);
    double gap = neighbours(exact, bits, &low, &high);
    double share = (double)((exact < 0 ? low - exact : exact - low) / gap);
    int exponent;
    bool power_of_two = fabs(frexp(low, &exponent)) == 0.5;
    size_t away = 0;
    /* Roots and quotients are known to 113 bits: exact ones come out a little off. */
    if (share < 1e-15 || share > 1 - 1e-15)
        return;
    repeat(op, format, a, b, out, DRAWS);
    for (size_t i = 0; i < DRAWS; i++) {
        away += out[i] == high;
        if (out[i] != low && out[i] != high &&
            !(mode == PT_FUZZY_RR && power_of_two &&
              fabs(out[i]) == fabs(low) - gap / 2))
            fail_msg("mode %d, operation %u of %a and %a to %u bits gave %a, not %a "
                     "or %a",
                     (int)mode, op, a, b, bits, out[i], low, high);
    }
    double p = away_probability(mode, share);
    if (binomial_test(away, DRAWS, p) < 1e-9)
        fail_msg("mode %d, operation %u of %a and %a to %u bits: %zu of %d away from "
                 "zero, probability %g",
                 (int)mode, op, a, b, bits, away, (int)DRAWS, p);
}

static void directions_have_the_probability_of_the_mode(void **state)
{
    static const enum pt_fuzzy_mode modes[] = {PT_FUZZY_SR, PT_FUZZY_UD, PT_FUZZY_RR};
    (void)state;
    for (size_t m = 0; m < PT_ARRAY_LENGTH(modes); m++)
        for (size_t t = 0; t < PT_ARRAY_LENGTH(precisions); t++) {
            uint64_t seed = 100 * m + t;
            start_mode(modes[m], seed, precisions[t][0], precisions[t][1]);
            for (size_t i = 0; i < PAIRS; i++)
                for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++) {
                    enum pt_fuzzy_format format = i % 2;
                    double a, b;
                    draw_pair(op, format, &seed, &a, &b);
                    check_pair(modes[m], op, format, precisions[t][format], a, b);
                }
        }
    pt_fuzzy_stop();
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The greatest distance of two samples' distribution functions (Kolmogorov, Smirnov).
 */
static double distance(double *a, double *b, size_t n)
{
    double most = 0;
    size_t i = 0, j = 0;
    qsort(a, n, sizeof *a, ascending);
    qsort(b, n, sizeof *b, ascending);
    while (i < n && j < n) {
        double x = fmin(a[i], b[j]);
        while (i < n && a[i] == x)
            i++;
        while (j < n && b[j] == x)
            j++;
        most = fmax(most, fabs((double)i - (double)j) / (double)n);
    }
    return most;
}

/* The definitions, one operation at a time. */
static void define(enum pt_fuzzy_mode mode, unsigned op, enum pt_fuzzy_format format,
                   const unsigned *bits, double a, double b, double *out, size_t n)
{
    struct pt_fuzzy_rounding rounding = {mode, {bits[0], bits[1]}};
    uint64_t random = 4711;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (size_t i = 0; i < n; i++) {
        int raised = 0;
        bool nearest;
        out[i] = pt_fuzzy_edge(op, format, &rounding, a, b, &random, &raised, &nearest);
    }
    pt_fuzzy_environment_leave(before, 0);
}

static void kernels_have_the_distribution_of_the_definitions(void **state)
{
    static const enum pt_fuzzy_mode modes[] = {PT_FUZZY_SR, PT_FUZZY_UD, PT_FUZZY_RR,
                                               PT_FUZZY_PB, PT_FUZZY_MCA};
    static double ours[SAMPLES], theirs[SAMPLES];
    /* Probability 1e-9 of a larger distance. */
    const double most = sqrt(log(2 / 1e-9) / SAMPLES);
    (void)state;
    for (size_t m = 0; m < PT_ARRAY_LENGTH(modes); m++)
        for (size_t t = 0; t < PT_ARRAY_LENGTH(precisions); t++) {
            uint64_t seed = 900 + 100 * m + t;
            start_mode(modes[m], seed, precisions[t][0], precisions[t][1]);
            for (unsigned i = 0; i < 8 * PT_FUZZY_N_OPERATIONS; i++) {
                unsigned op = i % PT_FUZZY_N_OPERATIONS;
                enum pt_fuzzy_format format = i / PT_FUZZY_N_OPERATIONS % 2;
                double a, b;
                draw_pair(op, format, &seed, &a, &b);
                if (i < 2 * PT_FUZZY_N_OPERATIONS) /* powers of two and cancellation */
                    a = b = 1;
                repeat(op, format, a, b, ours, SAMPLES);
                define(modes[m], op, format, precisions[t], a, b, theirs, SAMPLES);
                double d = distance(ours, theirs, SAMPLES);
                if (d > most)
                    fail_msg("mode %d, operation %u of %a and %a to %u bits: "
                             "distributions differ by %g",
                             (int)modes[m], op, a, b, precisions[t][format], d);
            }
        }
    pt_fuzzy_stop();
}

/* Noise of rr, by 63 distances at which it decides: each share of the numbers that go
 * up is a point of its distribution function. */
static void noise_of_random_rounding_is_uniform(void **state)
{
    static double out[SAMPLES];
    double sum = 0;
    (void)state;
    start_mode(PT_FUZZY_RR, 12, 40, 0);
    for (int k = 1; k < BINS; k++) {
        double p = (double)k / BINS, up = 0;
        repeat64(PT_FUZZY_ADD, 1.5, p * 0x1p-39, out, SAMPLES);
        for (size_t i = 0; i < SAMPLES; i++)
            up += out[i] > 1.5;
        sum += (up - SAMPLES * p) * (up - SAMPLES * p) / (SAMPLES * p * (1 - p));
    }
    pt_fuzzy_stop();
    /* Chi-squared of 63 degrees: beyond 150 with probability 1e-8. */
    assert_true(sum < 150);
}

/* Noise of pb, made visible by cancelling its operand: 64 equal bins. */
static void noise_of_operands_is_uniform(void **state)
{
    static const unsigned bits[] = {41, 12};
    static double out[SAMPLES];
    (void)state;
    for (enum pt_fuzzy_format f = 0; f < PT_FUZZY_N_FORMATS; f++) {
        double unit = ldexp(1, 1 - (int)bits[f]), sum = 0,
               mean = (double)SAMPLES / BINS;
        size_t counts[BINS] = {0};
        start_mode(PT_FUZZY_PB, 13, bits[0], bits[1]);
        repeat(PT_FUZZY_SUBTRACT, f, 1.5, 1.5, out, SAMPLES);
        for (size_t i = 0; i < SAMPLES; i++) {
            double u = out[i] / unit; /* difference of two uniform ones: triangular */
            assert_true(fabs(u) < 1);
            double share = u < 0 ? (1 + u) * (1 + u) / 2 : 1 - (1 - u) * (1 - u) / 2;
            counts[(size_t)fmin(BINS - 1, share * BINS)]++;
        }
        for (size_t i = 0; i < BINS; i++)
            sum += ((double)counts[i] - mean) * ((double)counts[i] - mean) / mean;
        if (sum > 150)
            fail_msg("chi-squared %g", sum);
    }
    pt_fuzzy_stop();
}

static void deterministic_directions_are_those_of_their_operands(void **state)
{
    enum { N = 3000 };
    static const enum pt_fuzzy_mode modes[] = {PT_FUZZY_SR_DET, PT_FUZZY_UD_DET};
    static double a[N], b[N], one[N], two[N];
    uint64_t seed = 3;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        a[i] = i % 50 == 0 ? 0x1p-1060 : 1 + uniform(&seed);
        b[i] = 1 + uniform(&seed);
    }
    for (size_t m = 0; m < 2; m++)
        for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++) {
            start_mode(modes[m], 5, 40, 0);
            call(op, PT_FUZZY_BINARY64, a, 8, b, 8, one, 8, N);
            for (size_t i = N; i-- > 0;) /* alone, and in another order */
                call(op, PT_FUZZY_BINARY64, a + i, 8, b + i, 8, two + i, 8, 1);
            assert_memory_equal(one, two, sizeof one);
            start_mode(modes[m], 6, 40, 0);
            call(op, PT_FUZZY_BINARY64, a, 8, b, 8, two, 8, N);
            assert_memory_not_equal(one, two, sizeof one);
        }
    pt_fuzzy_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_have_the_probability_of_the_mode),
        cmocka_unit_test(kernels_have_the_distribution_of_the_definitions),
        cmocka_unit_test(noise_of_random_rounding_is_uniform),
        cmocka_unit_test(noise_of_operands_is_uniform),
        cmocka_unit_test(deterministic_directions_are_those_of_their_operands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
