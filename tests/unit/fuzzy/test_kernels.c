/* Every instruction set's kernels give the same bits, and report what they cannot do.
 */
#include "run.h"

#include <fenv.h>

#include "fuzzy/flags.h"
#include "fuzzy/kernels.h"

enum { N = PT_FUZZY_BLOCK };

static const char *const names[] = {"avx2", "avx512"};

/* Whose bits the others must give: the portable ones', if not told otherwise
 * (tests/fuzzy/test_emulated.py). */
static const struct pt_fuzzy_kernels *reference(void)
{
    const char *name = getenv("PYTRACER_TEST_REFERENCE");
    return pt_fuzzy_kernels_named(name ? name : "baseline");
}

static void operands(uint64_t seed, double *a, double *b, float *fa, float *fb,
                     uint32_t *random)
{
    for (size_t i = 0; i < N; i++) {
        int ea = (int)(pt_splitmix64(&seed) % 80) - 40;
        int eb = (int)(pt_splitmix64(&seed) % 80) - 40;
        a[i] = ldexp(1 + uniform(&seed), ea);
        b[i] = ldexp(pt_splitmix64(&seed) & 1 ? 1 : -1 - uniform(&seed), eb);
        fa[i] = (float)ldexp(a[i], -ea / 2);
        fb[i] = (float)ldexp(b[i], -eb / 2);
        random[i] = (uint32_t)pt_splitmix64(&seed);
    }
}

static void instruction_sets_agree_to_the_bit(void **state)
{
    static double a[N], b[N], want[N], got[N];
    static float fa[N], fb[N], fwant[N], fgot[N];
    static uint32_t random[N];
    const struct pt_fuzzy_kernels *base = reference();
    (void)state;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (uint64_t seed = 1; seed <= 50; seed++) {
        operands(seed, a, b, fa, fb, random);
        for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++) {
            assert_false(
                base->block[PT_FUZZY_BINARY64][op](a, b, want, NULL, random, N, 0));
            assert_false(
                base->block[PT_FUZZY_BINARY32][op](fa, fb, fwant, NULL, random, N, 0));
            for (size_t k = 0; k < PT_ARRAY_LENGTH(names); k++) {
                const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_named(names[k]);
                if (!table)
                    continue;
                assert_false(
                    table->block[PT_FUZZY_BINARY64][op](a, b, got, NULL, random, N, 0));
                assert_memory_equal(got, want, sizeof got);
                assert_false(table->block[PT_FUZZY_BINARY32][op](fa, fb, fgot, NULL,
                                                                 random, N, 0));
                assert_memory_equal(fgot, fwant, sizeof fgot);
            }
        }
    }
    pt_fuzzy_environment_leave(before, 0);
}

/* One kind's kernels of all operations against the baseline's. */
static void compare_grids(const struct pt_fuzzy_kernels *table, unsigned kind,
                          unsigned format, const void *a, const void *b,
                          const uint32_t *random)
{
    static const unsigned dropped[] = {0, 1, 12, 23};
    static char want[8 * N], got[8 * N];
    size_t n = N / 3, bytes = n * pt_fuzzy_format_bytes(format);
    const struct pt_fuzzy_kernels *base = reference();
    for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++)
        for (size_t d = 0; d < PT_ARRAY_LENGTH(dropped); d++) {
            assert_false(base->grid[kind][format][op](op == PT_FUZZY_SQRT ? b : a, b,
                                                      want, random, n, dropped[d]));
            assert_false(table->grid[kind][format][op](op == PT_FUZZY_SQRT ? b : a, b,
                                                       got, random, n, dropped[d]));
            assert_memory_equal(got, want, bytes);
        }
}

static void instruction_sets_agree_in_all_modes(void **state)
{
    static double a[N], b[N];
    static float fa[N], fb[N];
    static uint32_t random[N], want[N], got[N];
    const struct pt_fuzzy_kernels *base = reference();
    (void)state;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (uint64_t seed = 1; seed <= 20; seed++) {
        operands(seed, b, a, fb, fa, random); /* b is positive */
        for (size_t k = 0; k < PT_ARRAY_LENGTH(names); k++) {
            const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_named(names[k]);
            if (!table)
                continue;
            for (unsigned kind = 0; kind < PT_FUZZY_N_KINDS; kind++) {
                compare_grids(table, kind, PT_FUZZY_BINARY64, a, b, random);
                compare_grids(table, kind, PT_FUZZY_BINARY32, fa, fb, random);
            }
            for (int commutes = 0; commutes < 2; commutes++) {
                base->hash[PT_FUZZY_BINARY64](a, b, want, N, seed, commutes);
                table->hash[PT_FUZZY_BINARY64](a, b, got, N, seed, commutes);
                assert_memory_equal(got, want, sizeof got);
            }
        }
    }
    pt_fuzzy_environment_leave(before, 0);
}

static void a_scan_is_its_blocks_one_by_one(void **state)
{
    static double a[N], b[N], out[N];
    static float fa[N], fb[N];
    static uint32_t random[N];
    const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_best();
    (void)state;
    operands(5, a, b, fa, fb, random);
    for (unsigned op = PT_FUZZY_ADD; op <= PT_FUZZY_DIVIDE; op++) {
        double acc = 1.5, step = 1.5, next;
        size_t n = op <= PT_FUZZY_SUBTRACT ? N : 8;
        size_t done = table->scan[PT_FUZZY_BINARY64][op](&acc, b, out, random, n);
        assert_int_equal(done, n);
        for (size_t i = 0; i < n; i++) {
            table->block[PT_FUZZY_BINARY64][op](&step, &b[i], &next, NULL, &random[i],
                                                1, 0);
            step = next;
            assert_true(out[i] == step);
        }
        assert_true(acc == step);
    }
}

/* What sums may run through: binades in passing, both signs, zero, large steps and
 * steps far below the gap. */
static void chain(unsigned kind, uint64_t seed, double *b)
{
    for (size_t i = 0; i < N; i++) {
        double u = uniform(&seed), v = uniform(&seed) - 0.5;
        const double kinds[] = {u,
                                -u,
                                v,
                                ldexp(v, (int)(i % 60) - 30),
                                u * 0x1p-40,
                                i % 64 == 63 ? 0x1p20 * v : v * 0x1p-4,
                                i % 2 ? -0.25 : 0.25,
                                rint(u * 8),
                                ldexp(u, (int)i)};
        b[i] = kinds[kind];
    }
}
enum { N_CHAINS = 9 };

static void compare_chain(const struct pt_fuzzy_kernels *table, unsigned op,
                          unsigned format, double start, const double *b,
                          const uint32_t *random)
{
    static double wide_out[N];
    static float narrow[N], narrow_out[N];
    bool wide = format == PT_FUZZY_BINARY64;
    double acc = start, step = start, next;
    float narrow_acc = (float)start, narrow_step = (float)start, narrow_next;
    for (size_t i = 0; i < N; i++)
        narrow[i] = (float)b[i];
    size_t done =
        wide ? table->scan[format][op](&acc, b, wide_out, random, N)
             : table->scan[format][op](&narrow_acc, narrow, narrow_out, random, N);
    for (size_t i = 0; i < done; i++) {
        if (wide) {
            table->block[format][op](&step, &b[i], &next, NULL, &random[i], 1, 0);
            step = next;
            assert_true(wide_out[i] == step);
        } else {
            table->block[format][op](&narrow_step, &narrow[i], &narrow_next, NULL,
                                     &random[i], 1, 0);
            narrow_step = narrow_next;
            assert_true(narrow_out[i] == narrow_step);
        }
    }
    double sign = op == PT_FUZZY_ADD ? 1 : -1;
    if (wide)
        assert_true(acc == step && done == N);
    else
        assert_true(narrow_acc == narrow_step &&
                    (done == N || fabs((double)narrow_acc +
                                       sign * (double)narrow[done]) >= 0x1p127));
}

static void sums_through_binades_are_their_steps_one_by_one(void **state)
{
    static const char *const all[] = {"baseline", "avx2", "avx512"};
    static const double starts[] = {0, 1, -1, 3.999, -1023.5, 0x1.8p52, 0x1p-300};
    static double b[N];
    static uint32_t random[N];
    uint64_t seed = 8;
    (void)state;
    for (size_t i = 0; i < N; i++)
        random[i] = (uint32_t)pt_splitmix64(&seed);
    for (size_t k = 0; k < PT_ARRAY_LENGTH(all); k++)
        for (unsigned kind = 0; pt_fuzzy_kernels_named(all[k]) && kind < N_CHAINS;
             kind++) {
            chain(kind, kind + 1, b);
            for (size_t s = 0; s < PT_ARRAY_LENGTH(starts); s++)
                for (unsigned format = 0; format < PT_FUZZY_N_FORMATS; format++)
                    for (unsigned op = PT_FUZZY_ADD; op <= PT_FUZZY_SUBTRACT; op++)
                        compare_chain(pt_fuzzy_kernels_named(all[k]), op, format,
                                      starts[s], b, random);
        }
}

/* One element is as it is in a block, where the processor truncates. */
static void few_elements_round_as_many_do(void **state)
{
    static double a[N], b[N], want[N], got[N];
    static float fa[N], fb[N], fwant[N], fgot[N];
    static uint32_t random[N];
    const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_best();
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        operands(seed, a, b, fa, fb, random);
        for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++) {
            table->block[PT_FUZZY_BINARY64][op](a, b, want, NULL, random, N, 0);
            table->block[PT_FUZZY_BINARY32][op](fa, fb, fwant, NULL, random, N, 0);
            for (size_t i = 0; i < N; i++) {
                table->block[PT_FUZZY_BINARY64][op](&a[i], &b[i], &got[i], NULL,
                                                    &random[i], 1, 0);
                table->block[PT_FUZZY_BINARY32][op](&fa[i], &fb[i], &fgot[i], NULL,
                                                    &random[i], 1, 0);
            }
            assert_memory_equal(got, want, sizeof got);
            assert_memory_equal(fgot, fwant, sizeof fgot);
        }
    }
}

/* The result may take the place of the first operand, or of both; what was there is
 * kept. */
static void in_place_is_as_elsewhere(void **state)
{
    static double a[N], b[N], want[N], got[N], kept[N];
    static float fa[N], fb[N], fwant[N], fgot[N], fkept[N];
    static uint32_t random[N];
    const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_best();
    (void)state;
    operands(7, a, b, fa, fb, random);
    for (size_t n = 1; n <= N; n += n < 20 ? 1 : 123)
        for (unsigned op = 0; op < PT_FUZZY_N_OPERATIONS; op++)
            for (int both = 0; both < 2; both++) {
                const double *y = both ? a : b;
                const float *fy = both ? fa : fb;
                memcpy(got, a, sizeof a);
                memcpy(fgot, fa, sizeof fa);
                table->block[PT_FUZZY_BINARY64][op](a, y, want, NULL, random, n, 0);
                table->block[PT_FUZZY_BINARY32][op](fa, fy, fwant, NULL, random, n, 0);
                table->block[PT_FUZZY_BINARY64][op](got, both ? got : b, got, kept,
                                                    random, n, 0);
                table->block[PT_FUZZY_BINARY32][op](fgot, both ? fgot : fb, fgot, fkept,
                                                    random, n, 0);
                assert_memory_equal(got, want, n * sizeof *got);
                assert_memory_equal(fgot, fwant, n * sizeof *fgot);
                if (n > 4) { /* few are looked at before anything is written */
                    assert_memory_equal(kept, a, n * sizeof *kept);
                    assert_memory_equal(fkept, fa, n * sizeof *fkept);
                }
            }
}

/* Neighbours are added as blocks would add them, level by level. */
static void folds_are_blocks_of_neighbours(const struct pt_fuzzy_kernels *table,
                                           unsigned format, const void *x,
                                           const uint32_t *random, size_t parts,
                                           size_t left)
{
    _Alignas(8) char sums[8 * N], want[8 * N], even[8 * N], odd[8 * N];
    size_t bytes = pt_fuzzy_format_bytes(format);
    memcpy(want, x, N * bytes);
    for (size_t n = N / 2; n >= left; n /= 2) {
        for (size_t i = 0; i < n; i++) {
            const char *pair = want + (2 * i - i % parts) * bytes;
            memcpy(even + i * bytes, pair, bytes);
            memcpy(odd + i * bytes, pair + parts * bytes, bytes);
        }
        reference()->block[format][PT_FUZZY_ADD](even, odd, want, NULL, random, n, 0);
        random += n;
    }
    random -= N - left;
    assert_false(table->fold[format](x, sums, N, parts, left, random));
    assert_memory_equal(sums, want, left * bytes);
}

static void a_fold_is_its_blocks_level_by_level(void **state)
{
    static const char *const all[] = {"baseline", "avx2", "avx512"};
    static double a[N], b[N], sums[N];
    static float fa[N], fb[N], fsums[N];
    static uint32_t random[N];
    (void)state;
    for (size_t k = 0; k < PT_ARRAY_LENGTH(all); k++) {
        const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_named(all[k]);
        if (!table)
            continue;
        for (uint64_t seed = 1; seed <= 20; seed++) {
            operands(seed, a, b, fa, fb, random);
            for (size_t parts = 1; parts <= 2; parts++)
                for (size_t left = parts; left <= N / 4; left *= 2) {
                    folds_are_blocks_of_neighbours(table, PT_FUZZY_BINARY64, b, random,
                                                   parts, left);
                    folds_are_blocks_of_neighbours(table, PT_FUZZY_BINARY32, fb, random,
                                                   parts, left);
                }
        }
        b[N - 1] = INFINITY;
        fb[N - 1] = NAN;
        assert_true(table->fold[PT_FUZZY_BINARY64](b, sums, N, 1, 1, random));
        assert_true(table->fold[PT_FUZZY_BINARY32](fb, fsums, N, 1, 1, random));
    }
}

static void few_sums_refuse_what_would_be_signalled(void **state)
{
    static const double refused[][2] = {{1, -1},         {0, 0},
                                        {INFINITY, 1},   {NAN, 1},
                                        {0x1.fp1023, 1}, {0x1p-1000, 0x1p-1010}};
    static const char *const all[] = {"baseline", "avx2", "avx512"};
    const uint32_t random[2] = {1, UINT32_MAX};
    (void)state;
    for (size_t k = 0; k < PT_ARRAY_LENGTH(all); k++) {
        const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_named(all[k]);
        for (size_t i = 0; table && i < PT_ARRAY_LENGTH(refused); i++) {
            double acc = refused[i][0], before = acc;
            float narrow = (float)refused[i][0], other = (float)refused[i][1];
            feclearexcept(FE_ALL_EXCEPT);
            assert_false(table->few[PT_FUZZY_BINARY64](
                &acc, (const char *)&refused[i][1], 8, 1, random));
            assert_false(table->few[PT_FUZZY_BINARY32](&narrow, (const char *)&other, 4,
                                                       1, random));
            assert_false(fetestexcept(FE_ALL_EXCEPT & ~FE_INEXACT));
            assert_memory_equal(&acc, &before, sizeof acc);
        }
        if (!table)
            continue;
        double acc = 1;
        static const double terms[] = {0.1, 0.2, 0.3};
        fesetround(FE_UPWARD);
        assert_false(
            table->few[PT_FUZZY_BINARY64](&acc, (const char *)terms, 8, 2, random));
        fesetround(FE_TONEAREST);
        assert_true(
            table->few[PT_FUZZY_BINARY64](&acc, (const char *)terms, 16, 2, random));
        assert_true(fabs(acc - 1.4) < 1e-15);
    }
}

static void reports(int op, double a, double b, bool wanted)
{
    static const char *const all[] = {"baseline", "avx2", "avx512"};
    uint32_t random = 12345;
    double out;
    for (size_t k = 0; k < PT_ARRAY_LENGTH(all); k++) {
        const struct pt_fuzzy_kernels *table = pt_fuzzy_kernels_named(all[k]);
        if (table)
            assert_int_equal(
                table->block[PT_FUZZY_BINARY64][op](&a, &b, &out, NULL, &random, 1, 0),
                wanted);
    }
}

static void what_is_out_of_range_is_reported(void **state)
{
    (void)state;
    reports(PT_FUZZY_ADD, 1, INFINITY, true);
    reports(PT_FUZZY_ADD, NAN, 1, true);
    reports(PT_FUZZY_ADD, 0x1.8p1023, 1, false);
    reports(PT_FUZZY_ADD, 0x1.fffffffffffffp1023, 1, true);
    reports(PT_FUZZY_MULTIPLY, 0x1.fffffffffffffp1023, 0x1.0000000000001p0, true);
    reports(PT_FUZZY_ADD, 0x1p-1074, 0x1p-1060, false);
    reports(PT_FUZZY_ADD, 0x1.fp1022, 1, false);
    reports(PT_FUZZY_MULTIPLY, 0x1.1p-500, 0x1.1p-500, true);
    reports(PT_FUZZY_MULTIPLY, 0x1.1p-400, 0x1.1p-400, false);
    reports(PT_FUZZY_MULTIPLY, 0x1.1p600, 0x1.1p600, true);
    reports(PT_FUZZY_DIVIDE, 1, 0, true);
    reports(PT_FUZZY_DIVIDE, 0x1.1p-1000, 0x1.1p-1000, true);
    reports(PT_FUZZY_DIVIDE, 3, 7, false);
    reports(PT_FUZZY_SQRT, -1, -1, true);
    reports(PT_FUZZY_SQRT, 2, 2, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction_sets_agree_to_the_bit),
        cmocka_unit_test(instruction_sets_agree_in_all_modes),
        cmocka_unit_test(a_scan_is_its_blocks_one_by_one),
        cmocka_unit_test(sums_through_binades_are_their_steps_one_by_one),
        cmocka_unit_test(few_elements_round_as_many_do),
        cmocka_unit_test(a_fold_is_its_blocks_level_by_level),
        cmocka_unit_test(in_place_is_as_elsewhere),
        cmocka_unit_test(few_sums_refuse_what_would_be_signalled),
        cmocka_unit_test(what_is_out_of_range_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
