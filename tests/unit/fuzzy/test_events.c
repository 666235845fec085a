/* Cancellations that the loops note. */
#include "run.h"

#include "fuzzy/loops.h"

enum { N = 3000 };

static uint64_t cancelled;
static unsigned most;

static void watch(const struct pt_fuzzy_done *done)
{
    cancelled += done->cancelled;
    if (done->most_lost > most)
        most = done->most_lost;
}

static void start_events(unsigned bits, enum pt_fuzzy_mode mode)
{
    struct pt_fuzzy_options options = {
        .layers = PT_FUZZY_NUMPY, .mode = mode, .seed = 1, .cancellation = bits};
    struct pt_error error = {0};

    pt_fuzzy_stop();
    assert_int_equal(pt_fuzzy_start(&options, &error), PT_OK);
    cancelled = 0;
    most = 0;
}

/* a − b with b = a (1 − 2⁻ᵏ): k, or k + 1, leading bits are lost. */
static void fill(double *a, double *b, uint64_t *state)
{
    for (size_t i = 0; i < N; i++) {
        a[i] = (1 + uniform(state)) * ldexp(1, (int)(i % 40) - 20);
        b[i] = a[i] * (1 - ldexp(1, -(int)(i % 30)));
    }
}

static unsigned lost_bits(double a, double b, double r)
{
    double larger = fmax(fabs(a), fabs(b));
    int n = r == 0 ? 53 : ilogb(larger) - ilogb(r);
    return larger == 0 || n < 0 ? 0 : (unsigned)n;
}

static void differences_are_counted_as_defined(void **state)
{
    static double a[N], b[N], out[N];
    static const char *const kernels[] = {"baseline", "avx2", "avx512"};
    static const enum pt_fuzzy_mode modes[] = {PT_FUZZY_SR, PT_FUZZY_RR};
    uint64_t random = 1;

    (void)state;
    fill(a, b, &random);
    pt_fuzzy_watch_start(watch, false);
    for (size_t k = 0; k < PT_ARRAY_LENGTH(kernels); k++)
        for (size_t m = 0; m < PT_ARRAY_LENGTH(modes); m++)
            for (unsigned bits = 1; bits <= 53; bits += 4) {
                uint64_t expected = 0;
                unsigned largest = 0;

                setenv("PYTRACER_FUZZY_KERNELS", kernels[k], 1);
                start_events(bits, modes[m]);
                call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, N);
                for (size_t i = 0; i < N; i++) {
                    unsigned lost = lost_bits(a[i], b[i], out[i]);
                    expected += lost >= bits;
                    largest = lost > largest ? lost : largest;
                }
                assert_int_equal(cancelled, expected);
                if (expected > 0)
                    assert_int_equal(most, largest);
            }
    unsetenv("PYTRACER_FUZZY_KERNELS");
}

static void other_operations_and_no_numbers_are_no_events(void **state)
{
    static const double a[] = {1, NAN, INFINITY, 0, 1e308, -0.0};
    static const double b[] = {1e-9, 1, INFINITY, 0, 1e308, 0};
    double out[6];

    (void)state;
    pt_fuzzy_watch_start(watch, false);
    start_events(2, PT_FUZZY_SR);
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, 6);
    call(PT_FUZZY_DIVIDE, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, 6);
    assert_int_equal(cancelled, 0);
    call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, 6);
    assert_int_equal(cancelled, 1); /* 1e308 − 1e308 */
    assert_int_equal(most, 53);
}

static void binary32_has_fewer_bits(void **state)
{
    float a = 1, b = 1, out;

    (void)state;
    pt_fuzzy_watch_start(watch, false);
    start_events(24, PT_FUZZY_SR);
    call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY32, &a, 4, &b, 4, &out, 4, 1);
    assert_int_equal(cancelled, 1);
    assert_int_equal(most, 24);
}

static void sums_are_looked_into(void **state)
{
    static double x[N];
    double total = 0;

    (void)state;
    pt_fuzzy_watch_start(watch, false);
    start_events(20, PT_FUZZY_SR);
    /* far from each other, so that they meet in the last steps of the pairwise order */
    for (size_t i = 0; i < N; i++)
        x[i] = 1;
    x[5] = 1e15;
    x[N - 5] = -1e15;
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, &total, 0, x, 8, &total, 0, N);
    assert_true(cancelled >= 1);
    assert_true(most > 30);
    start_events(20, PT_FUZZY_SR);
    x[5] = x[N - 5] = 1;
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, &total, 0, x, 8, &total, 0, N);
    assert_int_equal(cancelled, 0);
}

static void without_events_nobody_is_told(void **state)
{
    double a = 1, b = 1, out;

    (void)state;
    pt_fuzzy_watch_start(watch, false);
    start_events(0, PT_FUZZY_SR);
    call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, &a, 8, &b, 8, &out, 8, 1);
    assert_int_equal(cancelled, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_counted_as_defined),
        cmocka_unit_test(other_operations_and_no_numbers_are_no_events),
        cmocka_unit_test(binary32_has_fewer_bits),
        cmocka_unit_test(sums_are_looked_into),
        cmocka_unit_test(without_events_nobody_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
