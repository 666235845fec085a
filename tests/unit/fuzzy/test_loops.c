/* The loops as numpy calls them: any strides, unaligned, in place, overlapping, paused,
 * from several threads. With integers every operation is exact, so that the results
 * tell which element went where. */
#include "run.h"

#include <pthread.h>

#include "fuzzy/runtime.h"

enum { N = 1500 };

static void numbers(double *x, size_t n, int from)
{
    for (size_t i = 0; i < n; i++)
        x[i] = from + (int)i;
}

static void strides_of_any_kind_reach_their_elements(void **state)
{
    static const int strides[] = {1, 2, 3, -1, -2, 0};
    static double a[3 * N], b[3 * N], out[3 * N];
    (void)state;
    start(1);
    numbers(a, 3 * N, 1);
    numbers(b, 3 * N, 7000);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            for (size_t k = 0; k < 5; k++) {
                int sa = strides[i], sb = strides[j], so = strides[k];
                double *pa = sa < 0 ? a + 3 * N - 1 : a,
                       *pb = sb < 0 ? b + 3 * N - 1 : b;
                double *po = so < 0 ? out + 3 * N - 1 : out;
                memset(out, 0, sizeof out);
                call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, pa, 8 * sa, pb, 8 * sb, po,
                     8 * so, N);
                for (int e = 0; e < N; e++)
                    assert_true(po[e * so] == pa[e * sa] - pb[e * sb]);
            }
    pt_fuzzy_stop();
}

static void unaligned_elements_are_read_and_written(void **state)
{
    static char a[8 * N + 8], b[8 * N + 8], out[8 * N + 8];
    double x;
    (void)state;
    start(1);
    for (size_t i = 0; i < N; i++) {
        x = (double)i;
        memcpy(a + 1 + 8 * i, &x, 8);
        x = 3;
        memcpy(b + 3 + 8 * i, &x, 8);
    }
    call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64, a + 1, 8, b + 3, 8, out + 5, 8, N);
    for (size_t i = 0; i < N; i++) {
        memcpy(&x, out + 5 + 8 * i, 8);
        assert_true(x == 3.0 * (double)i);
    }
    pt_fuzzy_stop();
}

static void results_may_replace_either_operand_or_both(void **state)
{
    static double a[N], b[N];
    (void)state;
    start(1);
    numbers(a, N, 0);
    numbers(b, N, 5);
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, a, 8, b, 8, a, 8, N);
    for (int i = 0; i < N; i++)
        assert_true(a[i] == 2 * i + 5);
    call(PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64, a, 8, b, 8, b, 8, N);
    for (int i = 0; i < N; i++)
        assert_true(b[i] == i);
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, b, 8, b, 8, b, 8, N);
    for (int i = 0; i < N; i++)
        assert_true(b[i] == 2 * i);
    pt_fuzzy_stop();
}

static void accumulate_sees_the_result_before(void **state)
{
    static double in[N], out[N + 1];
    (void)state;
    start(1);
    numbers(in, N, 1);
    out[0] = 0;
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, out, 8, in, 8, out + 1, 8, N);
    for (int i = 1; i <= N; i++)
        assert_true(out[i] == i * (i + 1) / 2);
    /* In place, as numpy.add.accumulate(a, out=a) does. */
    numbers(in, N, 1);
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, in, 8, in + 1, 8, in + 1, 8, N - 1);
    for (int i = 0; i < N; i++)
        assert_true(in[i] == (i + 1) * (i + 2) / 2);
    pt_fuzzy_stop();
}

static void overlaps_are_worked_on_in_numpys_order(void **state)
{
    static double x[2 * N], want[2 * N];
    (void)state;
    start(1);
    /* out[i] lies two elements behind a[i]: recurrences of distance two. */
    numbers(x, 2 * N, 1);
    memcpy(want, x, sizeof x);
    for (int i = 0; i < N; i++)
        want[i + 2] = want[i] + want[0];
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, x, 8, x, 0, x + 2, 8, N);
    assert_memory_equal(x, want, sizeof x);
    pt_fuzzy_stop();
}

static void one_number_for_all_may_lie_in_the_result(void **state)
{
    double x[5] = {1, 2, 3, 4, 5};
    (void)state;
    start(1);
    /* x[2] is an operand of each element, and the third result. */
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, x + 2, 0, x, 8, x, 8, 5);
    assert_true(x[1] == 5 && x[2] == 6 && x[3] == 10 && x[4] == 11);
    pt_fuzzy_stop();
}

static void float32_loops_reach_their_elements(void **state)
{
    static float a[2 * N], b[N], out[N];
    (void)state;
    start(1);
    for (int i = 0; i < 2 * N; i++)
        a[i] = (float)i;
    for (int i = 0; i < N; i++)
        b[i] = 4;
    call(PT_FUZZY_DIVIDE, PT_FUZZY_BINARY32, a, 8, b, 4, out, 4, N);
    for (int i = 0; i < N; i++)
        assert_true(out[i] == (float)i / 2);
    pt_fuzzy_stop();
}

static void plain_add(char **args, const intptr_t *dimensions, const intptr_t *steps,
                      void *data)
{
    (void)data;
    for (intptr_t i = 0; i < dimensions[0]; i++)
        *(double *)(void *)(args[2] + i * steps[2]) =
            *(double *)(void *)(args[0] + i * steps[0]) +
            *(double *)(void *)(args[1] + i * steps[1]);
}

static void pauses_and_stop_leave_ieee_arithmetic(void **state)
{
    double out[2000];
    (void)state;
    pt_fuzzy_loop_set_original(PT_FUZZY_ADD, PT_FUZZY_BINARY64, plain_add);
    start(1);
    pt_fuzzy_pause();
    pt_fuzzy_pause();
    pt_fuzzy_resume();
    repeat64(PT_FUZZY_ADD, 1, 0x1p-53, out, 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_true(out[i] == 1);
    pt_fuzzy_resume();
    repeat64(PT_FUZZY_ADD, 1, 0x1p-53, out, 2000);
    size_t up = 0;
    for (size_t i = 0; i < 2000; i++)
        up += out[i] > 1;
    assert_true(up > 800 && up < 1200);
    assert_int_equal(pt_fuzzy_counts().perturbed, 2000);
    pt_fuzzy_stop();
    repeat64(PT_FUZZY_ADD, 1, 0x1p-53, out, 2000);
    for (size_t i = 0; i < 2000; i++)
        assert_true(out[i] == 1);
}

static void what_rounding_cannot_change_is_counted_apart(void **state)
{
    double a[] = {1, NAN, INFINITY, 3}, b[] = {2, 1, 1, 4}, out[4];
    (void)state;
    start(1);
    call(PT_FUZZY_ADD, PT_FUZZY_BINARY64, a, 8, b, 8, out, 8, 4);
    struct pt_fuzzy_counts counts = pt_fuzzy_counts();
    assert_int_equal(counts.perturbed, 2);
    assert_int_equal(counts.nearest, 2);
    pt_fuzzy_stop();
}

static void *thread_draws(void *data)
{
    repeat64(PT_FUZZY_DIVIDE, 1, 3, data, N);
    return NULL;
}

/* A seed gives the same digits wherever the memory is, which differs from run to run.
 */
static void digits_do_not_depend_on_addresses(void **state)
{
    enum { PLACES = 9 };
    static _Alignas(64) double a[N + PLACES], b[N + PLACES], out[N + PLACES], want[N];
    static _Alignas(64) float fa[N + PLACES], fb[N + PLACES], fout[N + PLACES];
    static float fwant[N];
    (void)state;
    for (size_t at = 0; at < PLACES; at++) {
        start(1);
        for (size_t i = 0; i < N; i++) {
            fa[at + i] = (float)(a[at + i] = 1 + (double)i / 7);
            fb[at + i] = (float)(b[at + i] = 3 + (double)i / 11);
        }
        call(PT_FUZZY_DIVIDE, PT_FUZZY_BINARY64, a + at, 8, b + at, 8, out + at, 8, N);
        call(PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY32, fa + at, 4, fb + at, 4, fout + at, 4,
             N);
        if (at == 0) {
            memcpy(want, out, sizeof want);
            memcpy(fwant, fout, sizeof fwant);
        }
        assert_memory_equal(out + at, want, sizeof want);
        assert_memory_equal(fout + at, fwant, sizeof fwant);
        pt_fuzzy_stop();
    }
}

static void threads_have_streams_of_their_own(void **state)
{
    static double mine[N], theirs[N];
    pthread_t thread;
    (void)state;
    start(1);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, mine, N);
    assert_int_equal(pthread_create(&thread, NULL, thread_draws, theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_memory_not_equal(mine, theirs, sizeof mine);
    assert_int_equal(pt_fuzzy_counts().perturbed, 2 * N); /* the ended one's too */
    pt_fuzzy_stop();
}

static void a_forked_process_continues_on_its_own_stream(void **state)
{
    static double first[N], second[N], third[N];
    (void)state;
    start(1);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, first, N);
    pt_fuzzy_forked(1);
    repeat64(PT_FUZZY_DIVIDE, 1, 3, second, N);
    pt_fuzzy_forked(0); /* as the first: same seed, same process, same stream */
    repeat64(PT_FUZZY_DIVIDE, 1, 3, third, N);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_equal(first, third, sizeof first);
    pt_fuzzy_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strides_of_any_kind_reach_their_elements),
        cmocka_unit_test(unaligned_elements_are_read_and_written),
        cmocka_unit_test(results_may_replace_either_operand_or_both),
        cmocka_unit_test(accumulate_sees_the_result_before),
        cmocka_unit_test(overlaps_are_worked_on_in_numpys_order),
        cmocka_unit_test(one_number_for_all_may_lie_in_the_result),
        cmocka_unit_test(float32_loops_reach_their_elements),
        cmocka_unit_test(pauses_and_stop_leave_ieee_arithmetic),
        cmocka_unit_test(what_rounding_cannot_change_is_counted_apart),
        cmocka_unit_test(digits_do_not_depend_on_addresses),
        cmocka_unit_test(threads_have_streams_of_their_own),
        cmocka_unit_test(a_forked_process_continues_on_its_own_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
