#include "alignment/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

enum { CALLS = 20000 };

/* Mostly small, sometimes anything. */
static uint64_t number(uint64_t *seed)
{
    uint64_t kind = pt_splitmix64(seed) % 16, x = pt_splitmix64(seed);
    return kind < 8 ? x % 100 : kind < 14 ? x % 100000 : kind == 14 ? 0 : x;
}

/* As pt_skeleton_read makes them: times rise, a caller stands before its calls, the
 * place and the number of runs follow. */
static void make(struct pt_skeleton_call *calls, size_t n)
{
    uint64_t seed = 7, time = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t what = number(&seed);
        time += 1 + number(&seed) % ((uint64_t)1 << 30);
        calls[i] = (struct pt_skeleton_call){
            .item = what * 31,
            .time = time,
            .end_time = time + number(&seed),
            .place = 2 * time,
            .start_ns = (int64_t)number(&seed),
            .end_ns = (int64_t)number(&seed),
            .refs = {number(&seed), number(&seed)},
            .n_values = {(uint32_t)number(&seed), (uint32_t)number(&seed)},
            .parent = i && number(&seed) % 3 ? (uint32_t)(i - 1 - number(&seed) % i)
                                             : UINT32_MAX,
            .function = (uint32_t)what,
            .site = (uint32_t)(what + 1),
            .path = what % 2 ? UINT32_MAX : 5,
            .thread = (uint32_t)number(&seed),
            .flags = (uint32_t)number(&seed),
            .n_runs = 1};
    }
}

static void packed_calls_come_back_as_they_were(void **state)
{
    struct pt_skeleton skeleton = {.n = CALLS, .room = CALLS};
    struct pt_skeleton_call *calls = pt_memory_get(CALLS, sizeof *calls), call;
    struct pt_skeleton_cursor cursor = {.skeleton = &skeleton};
    struct pt_array spare = {0};
    struct pt_error error;
    (void)state;
    skeleton.calls = pt_memory_get(CALLS, sizeof *calls);
    make(calls, CALLS);
    make(skeleton.calls, CALLS);
    assert_int_equal(pt_skeleton_pack(&skeleton, &spare, &error), PT_OK);
    assert_null(skeleton.calls);
    assert_true(spare.room == CALLS && spare.n == 0);
    for (size_t i = 0; i < CALLS; i++) {
        assert_int_equal(cursor.next, i);
        pt_skeleton_next(&cursor, &call);
        assert_memory_equal(&call, &calls[i], sizeof call);
    }
    assert_int_equal(pt_skeleton_unpack(&skeleton, &error), PT_OK);
    assert_memory_equal(skeleton.calls, calls, CALLS * sizeof *calls);
    /* the cursor takes either kind */
    cursor = (struct pt_skeleton_cursor){.skeleton = &skeleton, .next = 9};
    pt_skeleton_next(&cursor, &call);
    assert_memory_equal(&call, &calls[9], sizeof call);
    pt_array_free(&spare);
    pt_memory_free(calls);
    pt_memory_free(skeleton.packed.bytes);
    pt_memory_free(skeleton.packed.whats);
    pt_memory_free(skeleton.calls);
}

static void a_call_of_a_loop_takes_a_sixth(void **state)
{
    struct pt_skeleton skeleton = {.n = CALLS, .room = CALLS};
    struct pt_array spare = {0};
    struct pt_error error;
    (void)state;
    skeleton.calls = pt_memory_get(CALLS, sizeof *skeleton.calls);
    for (uint64_t i = 0; i < CALLS; i++)
        skeleton.calls[i] = (struct pt_skeleton_call){
            .item = 12345,
            .time = 2 * i + 1,
            .end_time = 2 * i + 2,
            .place = 4 * i + 2,
            .start_ns = 1700000000000000000 + (int64_t)i * 900,
            .end_ns = 1700000000000000000 + (int64_t)i * 900 + 700,
            .refs = {4096 + 192 * i, 4096 + 192 * i + 128},
            .n_values = {2, 1},
            .parent = UINT32_MAX,
            .n_runs = 1};
    assert_int_equal(pt_skeleton_pack(&skeleton, &spare, &error), PT_OK);
    assert_true(skeleton.packed.n_bytes < CALLS * sizeof(struct pt_skeleton_call) / 6);
    pt_array_free(&spare);
    pt_memory_free(skeleton.packed.bytes);
    pt_memory_free(skeleton.packed.whats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_calls_come_back_as_they_were),
        cmocka_unit_test(a_call_of_a_loop_takes_a_sixth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
