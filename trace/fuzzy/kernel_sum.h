/* Sums of many numbers, of `sr` at full precision, with the additions of kernel_block.h
 * and as they do while the processor rounds toward zero; included by kernel_real.h. */

/* One row of one sum. */
static inline void NAME(add_row)(REAL *restrict acc, const REAL *restrict row,
                                 const uint32_t *restrict random, REAL *restrict marks)
{
    /* Vectorised before it is unrolled, or not at all. */
#pragma omp simd
    for (size_t j = 0; j < PT_FUZZY_SIDE; j++) {
        struct NAME(watch) watch = {marks[j], 0};
        acc[j] = NAME(cut_add)(acc[j], row[j], random[j], &watch);
        marks[j] = watch.high;
    }
}

static inline bool NAME(some_leaves)(const void *const *x, const size_t *rows, size_t n,
                                     void *sums, const uint32_t *random)
{
    enum { SIDE = PT_FUZZY_SIDE };
    _Alignas(64) REAL acc[PT_FUZZY_LEAVES * SIDE], marks[SIDE] = {0};
    REAL *out = sums, mark = 0;
    size_t shortest = rows[0];
    for (size_t l = 0; l < n; l++) {
        const REAL *first = x[l];
        shortest = rows[l] < shortest ? rows[l] : shortest;
        for (size_t j = 0; j < SIDE; j++)
            acc[l * SIDE + j] = first[j];
    }
    /* So many short streams are more than the processor foresees: ask for what comes
     * next, which lies behind the last stretch. It may be no memory at all. */
    uintptr_t span =
        (uintptr_t)((const REAL *)x[n - 1] + rows[n - 1] * SIDE) - (uintptr_t)x[0];
    for (size_t k = 1; k < shortest; k++)
        for (size_t l = 0; l < n; l++, random += SIDE) {
            const REAL *row = (const REAL *)x[l] + k * SIDE;
            __builtin_prefetch((const void *)((uintptr_t)row + span));
            NAME(add_row)(acc + l * SIDE, row, random, marks);
        }
    for (size_t l = 0; l < n; l++)
        for (size_t k = shortest; k < rows[l]; k++, random += SIDE)
            NAME(add_row)(acc + l * SIDE, (const REAL *)x[l] + k * SIDE, random, marks);
    for (size_t j = 0; j < SIDE; j++)
        mark += marks[j];
    for (size_t i = 0; i < n * SIDE; i++)
        out[i] = acc[i];
    return NAME(is_suspect)((struct NAME(watch)){mark, 0});
}

/* All of them keep their accumulators in registers. */
static __attribute__((noinline)) bool NAME(truncated_leaves)(const void *const *x,
                                                             const size_t *rows,
                                                             size_t n, void *sums,
                                                             const uint32_t *random)
{
    size_t most = pt_fuzzy_format_leaves(FORMAT);
    return n == most ? NAME(some_leaves)(x, rows, most, sums, random)
                     : NAME(some_leaves)(x, rows, n, sums, random);
}

static bool NAME(leaves)(const void *const *x, const size_t *rows, size_t n, void *sums,
                         const uint32_t *random)
{
    pt_fuzzy_round_toward_zero();
    bool suspect = NAME(truncated_leaves)(x, rows, n, sums, random);
    pt_fuzzy_round_to_nearest();
    return suspect;
}

/* Sums of neighbours: x[0] + x[1], x[2] + x[3], … where an element is one real. */
static inline __attribute__((always_inline)) REAL
NAME(fold_once)(const REAL *restrict x, REAL *restrict sums, size_t n, size_t parts,
                const uint32_t *restrict random)
{
    REAL high = 0;
#pragma omp simd reduction(+ : high)
    for (size_t i = 0; i < n; i++) {
        struct NAME(watch) watch = {high, 0};
        const REAL *pair = x + 2 * i - i % parts;
        sums[i] = NAME(cut_add)(pair[0], pair[parts], random[i], &watch);
        high = watch.high;
    }
    return high;
}

static __attribute__((noinline)) bool NAME(truncated_fold)(const REAL *x, REAL *sums,
                                                           size_t n, size_t parts,
                                                           size_t left,
                                                           const uint32_t *random)
{
    _Alignas(64) REAL room[2][PT_FUZZY_BLOCK / 2];
    REAL high = 0;
    for (size_t level = 0; n > left; level++) {
        n /= 2;
        REAL *to = n == left ? sums : room[level % 2];
        high += parts == 1 ? NAME(fold_once)(x, to, n, 1, random)
                           : NAME(fold_once)(x, to, n, 2, random);
        random += n;
        x = to;
    }
    return NAME(is_suspect)((struct NAME(watch)){high, 0});
}

static bool NAME(fold)(const void *x, void *sums, size_t n, size_t parts, size_t left,
                       const uint32_t *random)
{
    pt_fuzzy_round_toward_zero();
    bool suspect = NAME(truncated_fold)(x, sums, n, parts, left, random);
    pt_fuzzy_round_to_nearest();
    return suspect;
}
