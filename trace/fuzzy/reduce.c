/* numpy sums n > 128 elements as two halves, the first a multiple of 8 long, and up to
 * 128 elements (a leaf) with eight accumulators:
 *
 *   leaf     r0 = x0 + x8 + x16 …   r1 = x1 + x9 + …   …   r7 = x7 + x15 + …
 *            ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7)), then x of the tail
 *   tree     leaf + leaf, and so on upwards
 *
 * Complex numbers are two reals each: r0, r2, r4, r6 hold real parts, r1, r3, r5, r7
 * imaginary ones, and neighbours are two apart.
 *
 * One leaf is a chain of dependent additions. So some leaves are worked on side by
 * side, and the accumulators of a whole group of leaves are folded at once. */
#include "fuzzy/reduce.h"

#include <stdbool.h>
#include <string.h>

enum {
    LEAF = 128,
    SIDE = PT_FUZZY_SIDE, /* accumulators of a leaf */
    BESIDE = PT_FUZZY_LEAVES,
    GROUP = 4096,                    /* elements folded at once */
    MAX_LEAVES = GROUP / (LEAF / 2), /* leaves are longer than half of LEAF */
    WIDE = MAX_LEAVES * SIDE,        /* their accumulators */
    BYTES = 8                        /* of the widest format */
};

_Static_assert((int)WIDE <= (int)PT_FUZZY_BLOCK, "all accumulators are one block");
_Static_assert((LEAF / SIDE - 1) * SIDE * BESIDE <= (int)PT_FUZZY_NUMBERS,
               "the random numbers of the leaves beside each other are one draw");

struct group {
    size_t parts; /* reals of an element */
    size_t n_leaves;
    const void *leaves[MAX_LEAVES]; /* contiguous reals */
    size_t rows[MAX_LEAVES];        /* whole ones, of SIDE reals */
    size_t tail;                    /* reals behind the rows of the last leaf */
    unsigned depth;                 /* in the tree, of the last leaf */
    bool is_even;                   /* all leaves have the same depth */
    _Alignas(64) char accumulators[2][WIDE * BYTES];
    size_t now; /* which of the accumulators is in use */
};

static size_t first_half(size_t n)
{
    size_t half = n / 2;
    return half - half % SIDE;
}

static void list_leaves(struct group *group, size_t bytes, const char *x, size_t n,
                        unsigned depth)
{
    if (n <= LEAF) {
        group->is_even &= group->n_leaves == 0 || depth == group->depth;
        group->leaves[group->n_leaves] = x;
        group->rows[group->n_leaves++] = n / SIDE;
        group->tail = n % SIDE;
        group->depth = depth;
        return;
    }
    size_t half = first_half(n);
    list_leaves(group, bytes, x, half, depth + 1);
    list_leaves(group, bytes, x + half * bytes, n - half, depth + 1);
}

/* Adds row `k` (its k-th eight elements) of each of the leaves that are so long. */
static void add_row(struct pt_fuzzy_work *work, struct group *group, size_t first,
                    size_t n_leaves, size_t k)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format), side = SIDE * bytes;
    _Alignas(64) char before[WIDE * BYTES], row[WIDE * BYTES], after[WIDE * BYTES];
    char *at[MAX_LEAVES];
    size_t n = 0;

    for (size_t l = first; l < first + n_leaves; l++) {
        if (group->rows[l] <= k)
            continue;
        at[n] = group->accumulators[group->now] + l * side;
        memcpy(before + n * side, at[n], side);
        memcpy(row + n * side, (const char *)group->leaves[l] + k * side, side);
        n++;
    }
    pt_fuzzy_compute_block(work, before, row, after, n * SIDE);
    for (size_t i = 0; i < n; i++)
        memcpy(at[i], after + i * side, side);
}

/* Leaves from their first rows to their last. */
static void add_leaves(struct pt_fuzzy_work *work, struct group *group, size_t first,
                       size_t n_leaves)
{
    size_t side = SIDE * pt_fuzzy_format_bytes(work->format), longest = 0;
    char *accumulators = group->accumulators[group->now] + first * side;

    if (n_leaves <= BESIDE &&
        pt_fuzzy_compute_leaves(work, group->leaves + first, group->rows + first,
                                n_leaves, accumulators))
        return;
    for (size_t l = 0; l < n_leaves; l++) {
        memcpy(accumulators + l * side, group->leaves[first + l], side);
        if (group->rows[first + l] > longest)
            longest = group->rows[first + l];
    }
    for (size_t k = 1; k < longest; k++)
        add_row(work, group, first, n_leaves, k);
}

/* Elements 0, 2, 4 … and 1, 3, 5 … of the 2 n in `from`; an element has `bytes`. */
static void part(size_t bytes, const char *from, char *even, char *odd, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(even + i * bytes, from + 2 * i * bytes, bytes);
        memcpy(odd + i * bytes, from + (2 * i + 1) * bytes, bytes);
    }
}

/* Adds neighbours among `n` reals: n / 2 are left in `to`. */
static void fold_once(struct pt_fuzzy_work *work, size_t parts, const char *from,
                      char *to, size_t n)
{
    _Alignas(64) char even[WIDE * BYTES / 2], odd[WIDE * BYTES / 2];
    size_t bytes = pt_fuzzy_format_bytes(work->format) * parts;
    size_t pairs = n / 2 / parts;
    /* Constant lengths: each copy is a move or two. */
    if (bytes == 4)
        part(4, from, even, odd, pairs);
    else if (bytes == 8)
        part(8, from, even, odd, pairs);
    else
        part(16, from, even, odd, pairs);
    pt_fuzzy_compute_block(work, even, odd, to, n / 2);
}

/* Adds neighbours among `n` reals, and among their sums, until `left` are left. */
static void fold(struct pt_fuzzy_work *work, struct group *group, size_t n, size_t left)
{
    char *from = group->accumulators[group->now],
         *to = group->accumulators[1 - group->now];
    if (n == left)
        return;
    group->now = 1 - group->now;
    if (pt_fuzzy_compute_fold(work, from, to, n, group->parts, left))
        return;
    for (; n > left; n /= 2, from = to)
        fold_once(work, group->parts, from, to, n);
}

/* *sum = *sum + *x, of `parts` reals each. */
static void add_to(struct pt_fuzzy_work *work, size_t parts, char *sum, const char *x)
{
    _Alignas(16) char before[2 * BYTES];
    size_t bytes = parts * pt_fuzzy_format_bytes(work->format);
    if (parts == 1) {
        pt_fuzzy_compute_scan(work, sum, x, NULL, 1);
        return;
    }
    memcpy(before, sum, bytes);
    pt_fuzzy_compute_block(work, before, x, sum, parts);
}

/* The tail of the last leaf, which alone has one. */
static void add_tail(struct pt_fuzzy_work *work, struct group *group)
{
    size_t last = group->n_leaves - 1, parts = group->parts;
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    char *sum = group->accumulators[group->now] + last * parts * bytes;
    const char *x =
        (const char *)group->leaves[last] + group->rows[last] * SIDE * bytes;
    for (size_t i = 0; i < group->tail; i += parts)
        add_to(work, parts, sum, x + i * bytes);
}

/* The sum of the subtree of `n` elements whose first leaf is *leaf; leaves it at the
 * accumulator of that leaf, and *leaf behind the subtree's last. */
static void fold_tree(struct pt_fuzzy_work *work, struct group *group, size_t n,
                      size_t *leaf)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format) * group->parts;
    char *sums = group->accumulators[group->now];
    size_t first = *leaf;

    if (n <= LEAF) {
        (*leaf)++;
        return;
    }
    fold_tree(work, group, first_half(n), leaf);
    size_t second = *leaf;
    fold_tree(work, group, n - first_half(n), leaf);
    add_to(work, group->parts, sums + first * bytes, sums + second * bytes);
}

/* n elements of `bytes` each, one after the other. */
static inline void gather(size_t bytes, const char *x, intptr_t step, size_t n,
                          char *room)
{
    for (size_t i = 0; i < n; i++, x += step)
        memcpy(room + i * bytes, x, bytes);
}

/* The n reals at `x`, elements of `parts` of them `step` bytes apart, as contiguous,
 * aligned memory: `x` itself or a copy in `room`. */
static const char *contiguous(enum pt_fuzzy_format format, const char *x, intptr_t step,
                              size_t parts, size_t n, char *room)
{
    size_t bytes = pt_fuzzy_format_bytes(format), element = parts * bytes;
    if (step == (intptr_t)element && (uintptr_t)x % bytes == 0)
        return x;
    if (element == 4)
        gather(4, x, step, n, room);
    else if (element == 8)
        gather(8, x, step, n / parts, room);
    else
        gather(16, x, step, n / 2, room);
    return room;
}

/* SIDE <= n <= GROUP reals. */
static void sum_group(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                      size_t parts, size_t n, char *sum)
{
    _Alignas(64) char room[GROUP * BYTES];
    struct group group;
    group.parts = parts;
    group.n_leaves = 0;
    group.is_even = true;
    group.now = 0;
    list_leaves(&group, pt_fuzzy_format_bytes(work->format),
                contiguous(work->format, x, step, parts, n, room), n, 0);
    /* Without a kernel for it, rows are the better the longer. */
    size_t most = pt_fuzzy_compute_has_sums(work) ? pt_fuzzy_format_leaves(work->format)
                                                  : group.n_leaves;
    for (size_t l = 0; l < group.n_leaves; l += most)
        add_leaves(work, &group, l,
                   group.n_leaves - l < most ? group.n_leaves - l : most);
    fold(work, &group, group.n_leaves * SIDE, group.n_leaves * parts);
    add_tail(work, &group);
    if (group.is_even) {
        fold(work, &group, group.n_leaves * parts, parts);
    } else {
        size_t leaf = 0;
        fold_tree(work, &group, n, &leaf);
    }
    memcpy(sum, group.accumulators[group.now],
           parts * pt_fuzzy_format_bytes(work->format));
}

/* 1 <= n < SIDE reals, from left to right. numpy starts from -0, to which adding the
 * first is exact. */
static void sum_few(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                    size_t parts, size_t n, char *sum)
{
    _Alignas(16) char room[SIDE * BYTES];
    size_t bytes = parts * pt_fuzzy_format_bytes(work->format);
    x = contiguous(work->format, x, step, parts, n, room);
    memcpy(sum, x, bytes);
    work->done += parts;
    if (parts == 1)
        pt_fuzzy_compute_scan(work, sum, x + bytes, NULL, n - 1);
    for (size_t i = 1; parts > 1 && i < n / parts; i++)
        add_to(work, parts, sum, x + i * bytes);
}

static void sum_pairwise(struct pt_fuzzy_work *work, const char *x, intptr_t step,
                         size_t parts, size_t n, char *sum)
{
    if (n < SIDE) {
        sum_few(work, x, step, parts, n, sum);
        return;
    }
    if (n <= GROUP) {
        sum_group(work, x, step, parts, n, sum);
        return;
    }
    size_t half = first_half(n);
    _Alignas(16) char second[2 * BYTES];
    sum_pairwise(work, x, step, parts, half, sum);
    sum_pairwise(work, x + (intptr_t)(half / parts) * step, step, parts, n - half,
                 second);
    add_to(work, parts, sum, second);
}

void pt_fuzzy_sum(struct pt_fuzzy_work *work, void *acc, const char *x, intptr_t step,
                  size_t parts, size_t n)
{
    _Alignas(16) char sum[2 * BYTES];
    sum_pairwise(work, x, step, parts, n * parts, sum);
    add_to(work, parts, acc, sum);
}

static void reduce_in_turn(struct pt_fuzzy_work *work, void *acc, const char *x,
                           intptr_t step, size_t n)
{
    _Alignas(64) char room[PT_FUZZY_BLOCK * 8];
    for (size_t i = 0; i < n; i += PT_FUZZY_BLOCK) {
        size_t m = n - i < PT_FUZZY_BLOCK ? n - i : PT_FUZZY_BLOCK;
        const char *b =
            contiguous(work->format, x + (intptr_t)i * step, step, 1, m, room);
        pt_fuzzy_compute_scan(work, acc, b, NULL, m);
    }
}

void pt_fuzzy_reduce(struct pt_fuzzy_work *work, void *acc, const char *x,
                     intptr_t step, size_t n)
{
    if (work->operation == PT_FUZZY_ADD)
        pt_fuzzy_sum(work, acc, x, step, 1, n);
    else
        reduce_in_turn(work, acc, x, step, n);
}
