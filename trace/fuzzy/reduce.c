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
    SIDE = 8,                         /* accumulators of a leaf */
    GROUP = 4096,                     /* elements summed side by side */
    MAX_LEAVES = GROUP / (LEAF / 2),  /* leaves are longer than half of LEAF */
    ROW_BYTES = MAX_LEAVES * SIDE * 8 /* one row, or the accumulators, of a group */
};

_Static_assert(MAX_LEAVES *SIDE <= PT_FUZZY_BLOCK, "a row is one block");

struct leaf {
    size_t first, length;
};

struct group {
    const char *x; /* contiguous, aligned */
    size_t n_leaves;
    struct leaf leaves[MAX_LEAVES];
    _Alignas(64) char accumulators[2][ROW_BYTES];
    _Alignas(64) char row[ROW_BYTES];
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

static void copy_side(enum pt_fuzzy_format format, char *to, const char *from)
{
    /* Constant lengths: each is a move or two. */
    if (format == PT_FUZZY_BINARY64)
        memcpy(to, from, SIDE * sizeof(double));
    else
        memcpy(to, from, SIDE * sizeof(float));
}

/* Adds row `k` to the accumulators of the leaves that are so long. */
static void add_row(struct pt_fuzzy_work *work, struct group *group, size_t k)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format), side = SIDE * bytes;
    char *now = group->accumulators[group->now];
    char *next = group->accumulators[1 - group->now];
    size_t which[MAX_LEAVES], n = 0;

    for (size_t l = 0; l < group->n_leaves; l++) {
        const struct leaf *leaf = &group->leaves[l];
        if (leaf->length / SIDE <= k)
            continue;
        copy_side(work->format, group->row + n * side,
                  group->x + (leaf->first + k * SIDE) * bytes);
        which[n++] = l;
    }
    if (n == group->n_leaves) {
        pt_fuzzy_compute_block(work, now, group->row, next, n * SIDE);
        group->now = 1 - group->now;
        return;
    }
    _Alignas(64) char before[ROW_BYTES];
    for (size_t i = 0; i < n; i++)
        copy_side(work->format, before + i * side, now + which[i] * side);
    pt_fuzzy_compute_block(work, before, group->row, next, n * SIDE);
    for (size_t i = 0; i < n; i++)
        copy_side(work->format, now + which[i] * side, next + i * side);
}

/* Adds neighbours until one accumulator is left of each leaf's eight. */
static void fold_sides(struct pt_fuzzy_work *work, struct group *group)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    for (size_t n = group->n_leaves * SIDE; n > group->n_leaves; n /= 2) {
        const char *now = group->accumulators[group->now];
        char *even = group->row, *odd = group->row + ROW_BYTES / 2;
        for (size_t i = 0; i < n / 2; i++) {
            memcpy(even + i * bytes, now + 2 * i * bytes, bytes);
            memcpy(odd + i * bytes, now + (2 * i + 1) * bytes, bytes);
        }
        group->now = 1 - group->now;
        pt_fuzzy_compute_block(work, even, odd, group->accumulators[group->now], n / 2);
    }
}

/* The sum of the subtree of `n` elements whose first leaf is *leaf; leaves it at the
 * accumulator of that leaf, and *leaf behind the subtree's last. */
static void fold_tree(struct pt_fuzzy_work *work, struct group *group, size_t n,
                      size_t *leaf)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    char *sums = group->accumulators[group->now];
    size_t first = *leaf;

    if (n <= LEAF) {
        const struct leaf *at = &group->leaves[(*leaf)++];
        size_t tail = at->length % SIDE;
        pt_fuzzy_compute_scan(work, sums + first * bytes,
                              group->x + (at->first + at->length - tail) * bytes, NULL,
                              tail);
        return;
    }
    fold_tree(work, group, first_half(n), leaf);
    size_t second = *leaf;
    fold_tree(work, group, n - first_half(n), leaf);
    pt_fuzzy_compute_scan(work, sums + first * bytes, sums + second * bytes, NULL, 1);
}

/* 8 <= n <= GROUP elements, contiguous and aligned. */
static void sum_group(struct pt_fuzzy_work *work, const char *x, size_t n, void *sum)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    struct group group;
    size_t leaf = 0, longest = 0;

    group.x = x;
    group.n_leaves = 0;
    group.now = 0;
    list_leaves(&group, 0, n);
    for (size_t l = 0; l < group.n_leaves; l++) {
        copy_side(work->format, group.accumulators[0] + l * SIDE * bytes,
                  x + group.leaves[l].first * bytes);
        if (group.leaves[l].length > longest)
            longest = group.leaves[l].length;
    }
    for (size_t k = 1; k < longest / SIDE; k++)
        add_row(work, &group, k);
    fold_sides(work, &group);
    fold_tree(work, &group, n, &leaf);
    memcpy(sum, group.accumulators[group.now], bytes);
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

static void sum_gathered(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                         size_t n, void *sum)
{
    _Alignas(64) char room[GROUP * 8];
    x = contiguous(work->format, x, step, n, room);
    if (n >= SIDE) {
        sum_group(work, x, n, sum);
        return;
    }
    memset(sum, 0, pt_fuzzy_format_bytes(work->format));
    pt_fuzzy_compute_scan(work, sum, x, NULL, n);
}

static void sum_pairwise(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                         size_t n, void *sum)
{
    if (n <= GROUP) {
        sum_gathered(work, x, step, n, sum);
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
