#include "alignment/match.h"

#include <stdlib.h>
#include <string.h>

#include "alignment/lcs.h"
#include "alignment/pivot.h"
#include "base/bytes.h"
#include "team/memory.h"
#include "schema/schema.h"

const char *pt_alignment_name(enum pt_alignment alignment)
{
    static const char *const names[] = {"strict", "callsite", "lcs"};
    return names[alignment];
}

enum pt_status pt_alignment_parse(const char *word, enum pt_alignment *alignment,
                                  struct pt_error *error)
{
    for (int i = PT_ALIGN_STRICT; i <= PT_ALIGN_LCS; i++)
        if (strcmp(word, pt_alignment_name((enum pt_alignment)i)) == 0) {
            *alignment = (enum pt_alignment)i;
            return PT_OK;
        }
    return pt_error_set(error, PT_E_USAGE,
                        "--alignment %s: give strict, callsite or lcs", word);
}

/* ── who called what ─────────────────────────────────────────────────────────────── */

/* The calls that each call made, in order: children of call i are
 * list[starts[i] … starts[i + 1]); those without a caller stand at i = n, main thread
 * first. */
struct tree {
    uint32_t *starts, *list;
};

static void tree_free(struct tree *tree)
{
    pt_memory_free(tree->starts);
    pt_memory_free(tree->list);
}

/* parents and threads are read at a stride, from calls of either kind. */
static enum pt_status tree_make(const uint32_t *parents, size_t stride, size_t n,
                                struct tree *tree, struct pt_error *error)
{
    tree->starts = pt_memory_get(n + 3, sizeof *tree->starts);
    tree->list = pt_memory_get(n + 1, sizeof *tree->list);
    if (!tree->starts || !tree->list)
        return pt_no_memory(error, "the alignment");
    const char *at = (const char *)parents;
    for (size_t i = 0; i < n; i++) {
        uint32_t parent = *(const uint32_t *)(const void *)(at + i * stride);
        tree->starts[(parent == UINT32_MAX ? n : parent) + 2]++;
    }
    for (size_t i = 2; i < n + 3; i++)
        tree->starts[i] += tree->starts[i - 1];
    for (size_t i = 0; i < n; i++) {
        uint32_t parent = *(const uint32_t *)(const void *)(at + i * stride);
        tree->list[tree->starts[(parent == UINT32_MAX ? n : parent) + 1]++] =
            (uint32_t)i;
    }
    return PT_OK;
}

/* ── one run against the pivot ──────────────────────────────────────────────────── */

struct matcher {
    enum pt_alignment alignment;
    const struct pt_pivot_call *pivot;
    size_t n_pivot;
    struct tree pivot_tree;
    struct pt_skeleton *run;
    struct tree run_tree;
    uint32_t *partner;     /* of each call of the run: in the pivot, UINT32_MAX */
    struct pt_map extras;  /* how many equal calls the pivot lacks, by their hash */
    struct pt_array a, b;  /* uint64_t: the two sequences */
    struct pt_array match; /* uint32_t */
    uint64_t n_by_occurrence;
};

static void strict(const uint64_t *a, size_t n, const uint64_t *b, size_t m,
                   uint32_t *match)
{
    size_t same = 0;
    while (same < n && same < m && a[same] == b[same])
        same++;
    for (size_t i = 0; i < n; i++)
        match[i] = i < same ? (uint32_t)i : UINT32_MAX;
}

/* An equal sequence, the usual case, costs one pass. */
static bool all_equal(const uint64_t *a, size_t n, const uint64_t *b, size_t m,
                      uint32_t *match)
{
    if (n != m || (n && memcmp(a, b, n * sizeof *a)))
        return false;
    for (size_t i = 0; i < n; i++)
        match[i] = (uint32_t)i;
    return true;
}

static enum pt_status match_sequences(struct matcher *m, bool ordered,
                                      struct pt_error *error)
{
    const uint64_t *a = m->a.items, *b = m->b.items;
    uint32_t *match = m->match.items;
    bool by_occurrence = false;
    enum pt_status status = PT_OK;
    if (all_equal(a, m->a.n, b, m->b.n, match))
        return PT_OK;
    if (m->alignment == PT_ALIGN_CALLSITE || !ordered)
        return pt_match_occurrences(a, m->a.n, b, m->b.n, match, error);
    if (m->alignment == PT_ALIGN_STRICT)
        strict(a, m->a.n, b, m->b.n, match);
    else
        status = pt_lcs(a, m->a.n, b, m->b.n, match, &by_occurrence, error);
    m->n_by_occurrence += by_occurrence;
    return status;
}

/* A call that the pivot lacks: named by its caller, the shared call before it and what
 * it is; placed behind that call. */
static enum pt_status name_extra(struct matcher *m, struct pt_skeleton_call *call,
                                 uint64_t above, uint64_t before, uint64_t place,
                                 struct pt_error *error)
{
    uint64_t hash = pt_mix(pt_mix(above, before), call->item);
    uint64_t *count = pt_map_put(&m->extras, hash, 0, NULL);
    if (!count)
        return pt_no_memory(error, "the alignment");
    call->key = pt_mix(~hash, (*count)++);
    call->place = place;
    return PT_OK;
}

/* The calls of one caller: list[0 … n) of the run, other[0 … m) of the pivot. */
static enum pt_status match_children(struct matcher *m, const uint32_t *list, size_t n,
                                     const uint32_t *other, size_t n_other,
                                     bool ordered, uint64_t above, uint64_t place,
                                     struct pt_error *error)
{
    struct pt_skeleton_call *calls = m->run->calls;
    uint64_t before = 0;
    m->a.n = m->b.n = m->match.n = 0;
    uint64_t *a = pt_array_push(&m->a, n), *b = pt_array_push(&m->b, n_other);
    uint32_t *match = pt_array_push(&m->match, n);
    if (!a || !b || !match)
        return pt_no_memory(error, "the alignment");
    for (size_t i = 0; i < n; i++)
        a[i] = calls[list[i]].item;
    for (size_t j = 0; j < n_other; j++)
        b[j] = m->pivot[other[j]].item;
    enum pt_status status = match_sequences(m, ordered, error);
    for (size_t i = 0; !status && i < n; i++) {
        struct pt_skeleton_call *call = &calls[list[i]];
        if (match[i] == UINT32_MAX) {
            status = name_extra(m, call, above, before, place, error);
            continue;
        }
        const struct pt_pivot_call *same = &m->pivot[other[match[i]]];
        m->partner[list[i]] = other[match[i]];
        call->key = before = same->key;
        call->place = 2 * same->time;
        place = 2 * same->end_time + 1;
    }
    return status;
}

/* Roots of the main thread and of the others, apart. */
static size_t split_roots(const uint32_t *roots, size_t n, const uint32_t *threads,
                          size_t stride, uint32_t *main_first)
{
    const char *at = (const char *)threads;
    size_t n_main = 0, next;
    for (size_t i = 0; i < n; i++)
        n_main += *(const uint32_t *)(const void *)(at + roots[i] * stride) == 0;
    next = n_main;
    for (size_t i = 0, first = 0; i < n; i++)
        if (*(const uint32_t *)(const void *)(at + roots[i] * stride) == 0)
            main_first[first++] = roots[i];
        else
            main_first[next++] = roots[i];
    return n_main;
}

static enum pt_status match_roots(struct matcher *m, uint64_t root,
                                  struct pt_error *error)
{
    const struct pt_skeleton *run = m->run;
    const uint32_t *mine = m->run_tree.list + m->run_tree.starts[run->n];
    const uint32_t *theirs = m->pivot_tree.list + m->pivot_tree.starts[m->n_pivot];
    size_t n = m->run_tree.starts[run->n + 1] - m->run_tree.starts[run->n];
    size_t n_other =
        m->pivot_tree.starts[m->n_pivot + 1] - m->pivot_tree.starts[m->n_pivot];
    uint32_t *a = pt_memory_get(n + 1, sizeof *a),
             *b = pt_memory_get(n_other + 1, sizeof *b);
    enum pt_status status = a && b ? PT_OK : pt_no_memory(error, "the alignment");
    if (!status) {
        size_t main_a =
            !n ? 0
               : split_roots(mine, n, &run->calls[0].thread, sizeof run->calls[0], a);
        size_t main_b = !n_other ? 0
                                 : split_roots(theirs, n_other, &m->pivot[0].thread,
                                               sizeof m->pivot[0], b);
        status = match_children(m, a, main_a, b, main_b, true, root, 1, error);
        if (!status)
            status = match_children(m, a + main_a, n - main_a, b + main_b,
                                    n_other - main_b, false, root + 1, 1, error);
    }
    pt_memory_free(a);
    pt_memory_free(b);
    return status;
}

/* Callers come before the calls they make: one pass over the run is from the outermost
 * inwards. What an extra call calls is extra too. */
static enum pt_status match_run(struct matcher *m, uint64_t root,
                                struct pt_error *error)
{
    struct pt_skeleton *run = m->run;
    enum pt_status status = match_roots(m, root, error);
    for (size_t i = 0; !status && i < run->n; i++) {
        const struct pt_skeleton_call *call = &run->calls[i];
        uint32_t partner = m->partner[i];
        const uint32_t *mine = m->run_tree.list + m->run_tree.starts[i];
        size_t n = m->run_tree.starts[i + 1] - m->run_tree.starts[i];
        const uint32_t *theirs = NULL;
        size_t n_other = 0;
        if (!n)
            continue;
        if (partner != UINT32_MAX) {
            theirs = m->pivot_tree.list + m->pivot_tree.starts[partner];
            n_other = m->pivot_tree.starts[partner + 1] - m->pivot_tree.starts[partner];
        }
        status = match_children(m, mine, n, theirs, n_other, true, call->key,
                                call->place | 1, error);
    }
    return status;
}

enum pt_status pt_pivot_match(const struct pt_pivot_call *pivot, size_t n_pivot,
                              enum pt_alignment alignment, const char *role,
                              struct pt_skeleton *run, uint64_t *n_by_occurrence,
                              struct pt_error *error)
{
    struct matcher m = {.alignment = alignment,
                        .pivot = pivot,
                        .n_pivot = n_pivot,
                        .run = run,
                        .a.item_bytes = sizeof(uint64_t),
                        .b.item_bytes = sizeof(uint64_t),
                        .match.item_bytes = sizeof(uint32_t)};
    enum pt_status status =
        tree_make(&pivot[0].parent, sizeof *pivot, n_pivot, &m.pivot_tree, error);
    if (!status)
        status = tree_make(&run->calls[0].parent, sizeof *run->calls, run->n,
                           &m.run_tree, error);
    m.partner = pt_memory_get(run->n + 1, sizeof *m.partner);
    if (!status && !m.partner)
        status = pt_no_memory(error, "the alignment");
    if (!status) {
        memset(m.partner, 0xff, run->n * sizeof *m.partner);
        status = match_run(&m, pt_hash64(role, strlen(role)), error);
    }
    *n_by_occurrence += m.n_by_occurrence;
    tree_free(&m.pivot_tree);
    tree_free(&m.run_tree);
    run->partner = m.partner;
    pt_map_free(&m.extras);
    pt_array_free(&m.a);
    pt_array_free(&m.b);
    pt_array_free(&m.match);
    return status;
}
