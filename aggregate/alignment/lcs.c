#include "alignment/lcs.h"

#include <stdlib.h>
#include <string.h>

#include "team/array.h"

struct lcs {
    const uint64_t *a, *b;
    uint32_t *match;
    int64_t *forward, *backward; /* furthest points by diagonal; room for n + m + 3 */
    int64_t offset;              /* of diagonal 0 in them */
    int64_t steps;               /* that may still be made */
    bool by_occurrence;
    enum pt_status status;
    struct pt_error *error;
};

/* The part of the problem between a[a0, a1) and b[b0, b1). */
struct box {
    int64_t a0, a1, b0, b1;
};

/* Where the two searches met: the box is divided at (x, y). */
struct meeting {
    int64_t x, y;
};

enum pt_status pt_match_occurrences(const uint64_t *a, size_t n, const uint64_t *b,
                                    size_t m, uint32_t *match, struct pt_error *error)
{
    struct pt_map counts = {0}, places = {0};
    enum pt_status status = PT_OK;
    for (size_t j = 0; !status && j < m; j++) {
        uint64_t *count = pt_map_put(&counts, b[j], 0, NULL);
        if (!count || !pt_map_put(&places, pt_mix(b[j], (*count)++), j, NULL))
            status = pt_no_memory(error, "the alignment");
    }
    pt_map_free(&counts);
    for (size_t i = 0; !status && i < n; i++) {
        uint64_t *count = pt_map_put(&counts, a[i], 0, NULL);
        if (!count) {
            status = pt_no_memory(error, "the alignment");
            break;
        }
        const uint64_t *place = pt_map_get(&places, pt_mix(a[i], (*count)++));
        match[i] = place ? (uint32_t)*place : UINT32_MAX;
    }
    pt_map_free(&counts);
    pt_map_free(&places);
    return status;
}

static void give_up(struct lcs *l, const struct box *box)
{
    size_t n = (size_t)(box->a1 - box->a0), m = (size_t)(box->b1 - box->b0);
    uint32_t *match = l->match + box->a0;
    l->by_occurrence = true;
    l->status =
        pt_match_occurrences(l->a + box->a0, n, l->b + box->b0, m, match, l->error);
    for (size_t i = 0; i < n; i++)
        if (match[i] != UINT32_MAX)
            match[i] += (uint32_t)box->b0;
}

/* One more difference forward: for each diagonal k = x − y the furthest x. */
static bool go_forward(struct lcs *l, const struct box *box, int64_t d,
                       struct meeting *meeting)
{
    int64_t n = box->a1 - box->a0, m = box->b1 - box->b0, delta = n - m;
    int64_t *f = l->forward + l->offset, *r = l->backward + l->offset;
    for (int64_t k = -d; k <= d; k += 2) {
        int64_t x =
            k == -d || (k != d && f[k - 1] < f[k + 1]) ? f[k + 1] : f[k - 1] + 1;
        while (x < n && x - k < m && x - k >= 0 &&
               l->a[box->a0 + x] == l->b[box->b0 + x - k])
            x++;
        f[k] = x;
        if (delta % 2 && k - delta >= -(d - 1) && k - delta <= d - 1 &&
            x + r[k - delta] >= n) {
            *meeting = (struct meeting){x, x - k};
            return true;
        }
    }
    return false;
}

/* The same from the end: x and y count backwards. */
static bool go_backward(struct lcs *l, const struct box *box, int64_t d,
                        struct meeting *meeting)
{
    int64_t n = box->a1 - box->a0, m = box->b1 - box->b0, delta = n - m;
    int64_t *f = l->forward + l->offset, *r = l->backward + l->offset;
    for (int64_t k = d; k >= -d; k -= 2) {
        /* r[k] belongs to the forward diagonal k + delta. */
        int64_t x =
            k == d || (k != -d && r[k + 1] < r[k - 1]) ? r[k - 1] : r[k + 1] + 1;
        int64_t y = x + k;
        while (x < n && y < m && y >= 0 &&
               l->a[box->a1 - 1 - x] == l->b[box->b1 - 1 - y])
            x++, y++;
        r[k] = x;
        if (delta % 2 == 0 && k + delta >= -d && k + delta <= d &&
            x + f[k + delta] >= n) {
            *meeting = (struct meeting){n - x, m - y};
            return true;
        }
    }
    return false;
}

/* Finds a point that a longest common subsequence of the box goes through. false: it is
 * too far away. */
static bool meet(struct lcs *l, const struct box *box, struct meeting *meeting)
{
    int64_t n = box->a1 - box->a0, m = box->b1 - box->b0;
    int64_t *f = l->forward + l->offset, *r = l->backward + l->offset;
    f[1] = 0;
    r[-1] = 0;
    for (int64_t d = 0; d <= (n + m + 1) / 2; d++) {
        l->steps -= 4 * d;
        if (2 * d > PT_LCS_DIFFERENCES || l->steps < 0)
            return false;
        if (go_forward(l, box, d, meeting) || go_backward(l, box, d, meeting))
            return true;
    }
    return false;
}

static void solve(struct lcs *l, struct box box)
{
    while (box.a0 < box.a1 && box.b0 < box.b1 && l->a[box.a0] == l->b[box.b0])
        l->match[box.a0++] = (uint32_t)box.b0++;
    while (box.a0 < box.a1 && box.b0 < box.b1 && l->a[box.a1 - 1] == l->b[box.b1 - 1])
        l->match[--box.a1] = (uint32_t)--box.b1;
    if (box.a0 == box.a1 || box.b0 == box.b1 || l->status)
        return;
    struct meeting at;
    if (!meet(l, &box, &at)) {
        give_up(l, &box);
        return;
    }
    struct box first = {box.a0, box.a0 + at.x, box.b0, box.b0 + at.y};
    struct box second = {first.a1, box.a1, first.b1, box.b1};
    /* Neither part is the whole again: the equal ends are off, so at least one
     * difference lies on either side, or the box is a single step. */
    if ((first.a1 == box.a1 && first.b1 == box.b1) ||
        (second.a0 == box.a0 && second.b0 == box.b0))
        return;
    solve(l, first);
    solve(l, second);
}

enum pt_status pt_lcs(const uint64_t *a, size_t n, const uint64_t *b, size_t m,
                      uint32_t *match, bool *by_occurrence, struct pt_error *error)
{
    struct lcs l = {.a = a,
                    .b = b,
                    .match = match,
                    .offset = (int64_t)(n + m) + 2,
                    .steps = PT_LCS_STEPS,
                    .error = error};
    size_t room = 2 * (n + m) + 5;
    l.forward = pt_memory_get(room, sizeof *l.forward);
    l.backward = pt_memory_get(room, sizeof *l.backward);
    memset(match, 0xff, n * sizeof *match);
    if (!l.forward || !l.backward)
        l.status = pt_no_memory(error, "the alignment");
    else
        solve(&l, (struct box){0, (int64_t)n, 0, (int64_t)m});
    pt_memory_free(l.forward);
    pt_memory_free(l.backward);
    *by_occurrence = l.by_occurrence;
    return l.status;
}
