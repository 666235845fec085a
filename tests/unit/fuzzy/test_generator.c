/* The generator against its definition, and streams that have nothing in common. */
#include "run.h"

#include "fuzzy/generator.h"
#include "fuzzy/kernels.h"

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* One lane as Blackman and Vigna define it. */
static uint64_t xoshiro256p(uint64_t s[4])
{
    uint64_t result = s[0] + s[3], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static const char *const names[] = {"baseline", "avx2", "avx512"};

static void every_instruction_set_gives_xoshiro256p_twice(void **state)
{
    (void)state;
    for (size_t k = 0; k < PT_ARRAY_LENGTH(names); k++) {
        const struct pt_fuzzy_kernels *kernels = pt_fuzzy_kernels_named(names[k]);
        struct pt_fuzzy_generator generator;
        _Alignas(64) uint64_t out[64];
        uint64_t lanes[PT_FUZZY_LANES][4];
        if (!kernels)
            continue;
        pt_fuzzy_generator_seed(&generator, 1, 2, 3);
        for (size_t lane = 0; lane < PT_FUZZY_LANES; lane++)
            for (size_t w = 0; w < 4; w++)
                lanes[lane][w] = generator.state[w][lane];
        for (int round = 0; round < 3; round++) {
            kernels->fill(&generator, out, PT_ARRAY_LENGTH(out));
            for (size_t i = 0; i < PT_ARRAY_LENGTH(out); i++) {
                size_t lane = i % PT_FUZZY_LANES;
                if (i / PT_FUZZY_LANES % 2 == 0)
                    assert_true(out[i] == xoshiro256p(lanes[lane]));
                else /* once more, with the halves of its numbers exchanged */
                    assert_true(out[i] == rotate(out[i - PT_FUZZY_LANES], 16));
            }
        }
    }
}

static void seed_process_and_stream_each_change_the_sequence(void **state)
{
    static const uint64_t keys[][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1},
                                       {1, 1, 0}, {0, 1, 1}, {1, 0, 1}, {2, 0, 0}};
    struct pt_fuzzy_generator g[PT_ARRAY_LENGTH(keys)];
    (void)state;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(keys); i++) {
        pt_fuzzy_generator_seed(&g[i], keys[i][0], keys[i][1], keys[i][2]);
        for (size_t j = 0; j < i; j++)
            for (size_t lane = 0; lane < PT_FUZZY_LANES; lane++)
                assert_true(g[i].state[0][lane] != g[j].state[0][lane]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_gives_xoshiro256p_twice),
        cmocka_unit_test(seed_process_and_stream_each_change_the_sequence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
