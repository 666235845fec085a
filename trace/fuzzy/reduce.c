/* numpy sums n > 128 elements as two halves, the first a multiple of 8 long, and up to
 * 128 elements (a leaf) with eight accumulators:
 *
 *   leaf     r0 = x0 + x8 + x16 …   r1 = x1 + x9 + …   …   r7 = x7 + x15 + …
 *            ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)), then x of the tail
 *   tree     leaf + leaf, and so on upwards
 *
 * One leaf is a chain of dependent additions. So the leaves of a group are worked on
 * side by side: row k holds the k-th eight elements of each leaf, and one block adds it
 * to the accumulators of all. */
#include "fuzzy/reduce.h"

#include <string.h>

enum {
    LEAF = 128,
    SIDE = 8,                        /* accumulators of a leaf */
    GROUP = 2048,                    /* elements summed side by side */
    MAX_LEAVES = GROUP / (LEAF / 2), /* leaves are longer than half of LEAF */
    WIDE = MAX_LEAVES * SIDE,        /* elements of the widest row */
    BYTES = 8                        /* of the widest format */
};

_Static_assert((int)WIDE <= (int)PT_FUZZY_BLOCK, "a row is one block");

struct leaf {
    size_t first, length;
};

struct group {
    size_t n_leaves;
    struct leaf leaves[MAX_LEAVES];
    size_t shortest, longest; /* rows that all leaves have, that some leaf has */
    /* Row k starts at element k * n_leaves * SIDE; a leaf that ended leaves a gap, in
     * one row at most. */
    _Alignas(64) char rows[(GROUP + WIDE) * BYTES];
    _Alignas(64) char accumulators[2][WIDE * BYTES];
    size_t now; /* which of the accumulators is in use */
};

static size_t first_half(size_t n)
{
    size_t half = n / 2;
    return half - half % SIDE;
}

static void list_leaves(struct group *group, size_t first, size_t n)
{
    if (n <= LEAF) {
        group->leaves[group->n_leaves++] = (struct leaf){first, n};
        return;
    }
    list_leaves(group, first, first_half(n));
    list_leaves(group, first + first_half(n), n - first_half(n));
}

/* Gathers SIDE elements that lie `step` bytes apart. Constant lengths: each is a move
 * or two. */
static void copy_side(enum pt_fuzzy_format format, char *to, const char *from,
                      intptr_t step)
{
    if (format == PT_FUZZY_BINARY64 && step == 8)
        memcpy(to, from, SIDE * 8);
    else if (format == PT_FUZZY_BINARY64)
        for (intptr_t i = 0; i < SIDE; i++)
            memcpy(to + 8 * i, from + i * step, 8);
    else if (step == 4)
        memcpy(to, from, SIDE * 4);
    else
        for (intptr_t i = 0; i < SIDE; i++)
            memcpy(to + 4 * i, from + i * step, 4);
}

/* Lists the leaves of the n elements at `x` and lays them out as rows. */
static void lay_out(enum pt_fuzzy_format format, struct group *group, const char *x,
                    intptr_t step, size_t n)
{
    size_t side = SIDE * pt_fuzzy_format_bytes(format);
    group->n_leaves = 0;
    group->shortest = GROUP;
    group->longest = 0;
    list_leaves(group, 0, n);
    for (size_t l = 0; l < group->n_leaves; l++) {
        size_t length = group->leaves[l].length / SIDE;
        const char *from = x + (intptr_t)group->leaves[l].first * step;
        char *to = group->rows + l * side;
        for (size_t k = 0; k < length; k++) {
            copy_side(format, to, from, step);
            to += group->n_leaves * side;
            from += SIDE * step;
        }
        if (length < group->shortest)
            group->shortest = length;
        if (length > group->longest)
            group->longest = length;
    }
}

/* Adds row `k` of the leaves that are so long to their accumulators. */
static void add_ragged_row(struct pt_fuzzy_work *work, struct group *group, size_t k)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format), side = SIDE * bytes;
    char *now = group->accumulators[group->now];
    _Alignas(64) char before[WIDE * BYTES], row[WIDE * BYTES], after[WIDE * BYTES];
    size_t which[MAX_LEAVES], n = 0;

    for (size_t l = 0; l < group->n_leaves; l++)
        if (group->leaves[l].length / SIDE > k)
            which[n++] = l;
    for (size_t i = 0; i < n; i++) {
        memcpy(before + i * side, now + which[i] * side, side);
        memcpy(row + i * side, group->rows + (k * group->n_leaves + which[i]) * side,
               side);
    }
    pt_fuzzy_compute_block(work, before, row, after, n * SIDE);
    for (size_t i = 0; i < n; i++)
        memcpy(now + which[i] * side, after + i * side, side);
}

/* The accumulators of all leaves, from the first row to the last. */
static void add_rows(struct pt_fuzzy_work *work, struct group *group)
{
    size_t n = group->n_leaves * SIDE;
    size_t row_bytes = n * pt_fuzzy_format_bytes(work->format);
    const char *before = group->rows;

    group->now = 0;
    memcpy(group->accumulators[0], before, row_bytes);
    for (size_t k = 1; k < group->shortest; k++) {
        pt_fuzzy_compute_block(work, group->accumulators[group->now],
                               group->rows + k * row_bytes,
                               group->accumulators[1 - group->now], n);
        group->now = 1 - group->now;
    }
    for (size_t k = group->shortest; k < group->longest; k++)
        add_ragged_row(work, group, k);
}

/* Elements 0, 2, 4 … and 1, 3, 5 … of the 2 n in `from`. */
static void part(enum pt_fuzzy_format format, const char *from, char *even, char *odd,
                 size_t n)
{
    if (format == PT_FUZZY_BINARY64) {
        const double *x = (const void *)from;
        double *e = (void *)even, *o = (void *)odd;
        for (size_t i = 0; i < n; i++) {
            e[i] = x[2 * i];
            o[i] = x[2 * i + 1];
        }
    } else {
        const float *x = (const void *)from;
        float *e = (void *)even, *o = (void *)odd;
        for (size_t i = 0; i < n; i++) {
            e[i] = x[2 * i];
            o[i] = x[2 * i + 1];
        }
    }
}

/* Adds neighbours until one accumulator is left of each leaf's eight. */
static void fold_sides(struct pt_fuzzy_work *work, struct group *group)
{
    _Alignas(64) char even[WIDE * BYTES / 2], odd[WIDE * BYTES / 2];
    for (size_t n = group->n_leaves * SIDE; n > group->n_leaves; n /= 2) {
        part(work->format, group->accumulators[group->now], even, odd, n / 2);
        group->now = 1 - group->now;
        pt_fuzzy_compute_block(work, even, odd, group->accumulators[group->now], n / 2);
    }
}

/* The n elements as contiguous, aligned memory: `x` itself or a copy in `room`. */
static const char *contiguous(enum pt_fuzzy_format format, const char *x, intptr_t step,
                              size_t n, char *room)
{
    size_t bytes = pt_fuzzy_format_bytes(format);
    if (step == (intptr_t)bytes && (uintptr_t)x % bytes == 0)
        return x;
    for (size_t i = 0; i < n; i++)
        memcpy(room + i * bytes, x + (intptr_t)i * step, bytes);
    return room;
}

/* The sum of the subtree of `n` elements whose first leaf is *leaf; leaves it at the
 * accumulator of that leaf, and *leaf behind the subtree's last. */
static void fold_tree(struct pt_fuzzy_work *work, struct group *group, const char *x,
                      intptr_t step, size_t n, size_t *leaf)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    char *sums = group->accumulators[group->now];
    size_t first = *leaf;

    if (n <= LEAF) {
        _Alignas(8) char room[SIDE * BYTES];
        const struct leaf *at = &group->leaves[(*leaf)++];
        size_t tail = at->length % SIDE;
        x += (intptr_t)(at->first + at->length - tail) * step;
        pt_fuzzy_compute_scan(work, sums + first * bytes,
                              contiguous(work->format, x, step, tail, room), NULL,
                              tail);
        return;
    }
    fold_tree(work, group, x, step, first_half(n), leaf);
    size_t second = *leaf;
    fold_tree(work, group, x, step, n - first_half(n), leaf);
    pt_fuzzy_compute_scan(work, sums + first * bytes, sums + second * bytes, NULL, 1);
}

/* SIDE <= n <= GROUP elements. */
static void sum_group(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                      size_t n, void *sum)
{
    struct group group;
    size_t leaf = 0;
    lay_out(work->format, &group, x, step, n);
    add_rows(work, &group);
    fold_sides(work, &group);
    fold_tree(work, &group, x, step, n, &leaf);
    memcpy(sum, group.accumulators[group.now], pt_fuzzy_format_bytes(work->format));
}

/* 1 <= n < SIDE elements, from left to right. numpy starts from -0, to which adding the
 * first is exact. */
static void sum_few(struct pt_fuzzy_work *work, const char *x, intptr_t step, size_t n,
                    void *sum)
{
    _Alignas(8) char room[SIDE * BYTES];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    x = contiguous(work->format, x, step, n, room);
    memcpy(sum, x, bytes);
    work->done++;
    pt_fuzzy_compute_scan(work, sum, x + bytes, NULL, n - 1);
}

static void sum_pairwise(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                         size_t n, void *sum)
{
    if (n < SIDE) {
        sum_few(work, x, step, n, sum);
        return;
    }
    if (n <= GROUP) {
        sum_group(work, x, step, n, sum);
        return;
    }
    size_t half = first_half(n);
    _Alignas(8) char second[8];
    sum_pairwise(work, x, step, half, sum);
    sum_pairwise(work, x + (intptr_t)half * step, step, n - half, second);
    pt_fuzzy_compute_scan(work, sum, second, NULL, 1);
}

static void reduce_in_turn(struct pt_fuzzy_work *work, void *acc, const char *x,
                           intptr_t step, size_t n)
{
    _Alignas(64) char room[PT_FUZZY_BLOCK * 8];
    for (size_t i = 0; i < n; i += PT_FUZZY_BLOCK) {
        size_t m = n - i < PT_FUZZY_BLOCK ? n - i : PT_FUZZY_BLOCK;
        const char *b = contiguous(work->format, x + (intptr_t)i * step, step, m, room);
        pt_fuzzy_compute_scan(work, acc, b, NULL, m);
    }
}

void pt_fuzzy_reduce(struct pt_fuzzy_work *work, void *acc, const char *x,
                     intptr_t step, size_t n)
{
    _Alignas(8) char sum[8];
    if (work->operation != PT_FUZZY_ADD) {
        reduce_in_turn(work, acc, x, step, n);
        return;
    }
    sum_pairwise(work, x, step, n, sum);
    pt_fuzzy_compute_scan(work, acc, sum, NULL, 1);
}
