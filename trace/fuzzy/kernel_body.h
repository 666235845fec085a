/* What one instruction set's kernels consist of. Included by kernels_*.c, which define
 *   PT_KERNELS        the name of the table
 *   PT_KERNELS_NAME   its name as text
 *   PT_KERNELS_WIDTH  64-bit words in a vector register
 *   PT_KERNELS_FMA    1 where a fused multiply-add is an instruction
 * The loops are plain C that GCC and Clang vectorise (-O3 -ffp-contract=off
 * -fno-math-errno -fno-trapping-math). */
#include "fuzzy/kernels.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzzy/flags.h"

#define PT_CONCAT_(a, b) a##b
#define PT_CONCAT(a, b)  PT_CONCAT_(a, b)

enum { FEW = 5 }; /* elements that no register's width is needed for */

#define PT_REAL 64
#include "fuzzy/kernel_real.h"
#undef PT_REAL

#define PT_REAL 32
#include "fuzzy/kernel_real.h"
#undef PT_REAL

#include "fuzzy/blas/mac.h"

typedef uint64_t words __attribute__((vector_size(8 * PT_KERNELS_WIDTH)));
typedef words words_in_memory __attribute__((aligned(8), may_alias));

#define ROTATE(x, k) (((x) << (k)) | ((x) >> (64 - (k))))

enum { GROUPS = PT_FUZZY_LANES / PT_KERNELS_WIDTH };

/* Each lane has its place in every group of eight words, so that the width of a
 * register does not show in the result. All groups go on side by side: one alone would
 * wait for its own last result. */
static void fill(struct pt_fuzzy_generator *generator, uint64_t *out, size_t n)
{
    words s[4][GROUPS];
    words_in_memory *state = (words_in_memory *)generator->state;
    for (size_t w = 0; w < 4; w++)
        for (size_t g = 0; g < GROUPS; g++)
            s[w][g] = state[w * GROUPS + g];
    for (size_t i = 0; i < n; i += PT_FUZZY_FILL)
        for (size_t g = 0; g < GROUPS; g++) {
            words result = s[0][g] + s[3][g];
            words t = s[1][g] << 17;
            words again = ROTATE(result, 16);
            memcpy(out + i + g * PT_KERNELS_WIDTH, &result, sizeof result);
            memcpy(out + i + PT_FUZZY_LANES + g * PT_KERNELS_WIDTH, &again,
                   sizeof again);
            s[2][g] ^= s[0][g];
            s[3][g] ^= s[1][g];
            s[1][g] ^= s[2][g];
            s[0][g] ^= s[3][g];
            s[2][g] ^= t;
            s[3][g] = ROTATE(s[3][g], 45);
        }
    for (size_t w = 0; w < 4; w++)
        for (size_t g = 0; g < GROUPS; g++)
            state[w * GROUPS + g] = s[w][g];
}

#define SINGLE(op)                                                                     \
    static double single_##op(double a, double b, uint32_t random)                     \
    {                                                                                  \
        int64_t range = 0;                                                             \
        double result = one_##op##_64(a, b, random, &range);                           \
        return range < 0 ? (double)NAN : result;                                       \
    }
SINGLE(add)
SINGLE(sub)
SINGLE(mul)
SINGLE(div)
#undef SINGLE

static inline uint64_t mixed(uint64_t state)
{
    return pt_splitmix64(&state);
}

static inline uint32_t hash_one(double a, double b, uint64_t seed, bool commutes)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    bool other = commutes & (y < x);
    uint64_t first = other ? y : x, second = other ? x : y;
    return (uint32_t)(mixed(mixed(mixed(seed) ^ first) ^ second) >> 32);
}

static void hash_64(const void *av, const void *bv, uint32_t *restrict out, size_t n,
                    uint64_t seed, bool commutes)
{
    const double *a = av, *b = bv;
    for (size_t i = 0; i < n; i++)
        out[i] = hash_one(a[i], b[i], seed, commutes);
}

static void hash_32(const void *av, const void *bv, uint32_t *restrict out, size_t n,
                    uint64_t seed, bool commutes)
{
    const float *a = av, *b = bv;
    for (size_t i = 0; i < n; i++)
        out[i] = hash_one((double)a[i], (double)b[i], seed, commutes);
}

#define OPERATIONS(kind, bits)                                                         \
    {                                                                                  \
        grid_##kind##_add_##bits, grid_##kind##_sub_##bits, grid_##kind##_mul_##bits,  \
            grid_##kind##_div_##bits, grid_##kind##_sqrt_##bits                        \
    }
#define FORMATS(kind)                                                                  \
    {                                                                                  \
        [PT_FUZZY_BINARY64] = OPERATIONS(kind, 64), [PT_FUZZY_BINARY32] =              \
                                                        OPERATIONS(kind, 32)           \
    }

const struct pt_fuzzy_kernels PT_KERNELS = {
    .name = PT_KERNELS_NAME,
    .fused = PT_KERNELS_FMA,
    .block = {[PT_FUZZY_BINARY64] = {block_add_64, block_sub_64, block_mul_64,
                                     block_div_64, block_sqrt_64},
              [PT_FUZZY_BINARY32] = {block_add_32, block_sub_32, block_mul_32,
                                     block_div_32, block_sqrt_32}},
    .grid = {[PT_FUZZY_KIND_SR] = FORMATS(sr),
             [PT_FUZZY_KIND_UD] = FORMATS(ud),
             [PT_FUZZY_KIND_RR] = FORMATS(rr),
             [PT_FUZZY_KIND_PB] = FORMATS(pb),
             [PT_FUZZY_KIND_MCA] = FORMATS(mca)},
    .hash = {[PT_FUZZY_BINARY64] = hash_64, [PT_FUZZY_BINARY32] = hash_32},
    .settle = {[PT_FUZZY_BINARY64] = {settle_add_64, settle_sub_64, settle_mul_64,
                                      settle_div_64, settle_sqrt_64},
               [PT_FUZZY_BINARY32] = {settle_add_32, settle_sub_32, settle_mul_32,
                                      settle_div_32, settle_sqrt_32}},
    .scan = {[PT_FUZZY_BINARY64] = {scan_add_64, scan_sub_64, scan_mul_64, scan_div_64,
                                    NULL},
             [PT_FUZZY_BINARY32] = {scan_add_32, scan_sub_32, scan_mul_32, scan_div_32,
                                    NULL}},
    .few = {[PT_FUZZY_BINARY64] = few_64, [PT_FUZZY_BINARY32] = few_32},
    .single = {single_add, single_sub, single_mul, single_div, NULL},
    .leaves = {[PT_FUZZY_BINARY64] = leaves_64, [PT_FUZZY_BINARY32] = leaves_32},
    .fold = {[PT_FUZZY_BINARY64] = fold_64, [PT_FUZZY_BINARY32] = fold_32},
    .mac = {[PT_FUZZY_BINARY64] = {mac_panel_64, mac_each_64},
            [PT_FUZZY_BINARY32] = {mac_panel_32, mac_each_32}},
    .mac_exact = {mac_panel_exact, mac_each_exact},
    .mac_careful = {mac_panel_careful, mac_each_careful},
    .nudge = {[PT_FUZZY_BINARY64] = nudge_64, [PT_FUZZY_BINARY32] = nudge_32},
    .fill = fill,
};
