#include "attribution/attribution.h"

#include <stdlib.h>

#include "schema/schema.h"

static int by_ends(const void *first, const void *second)
{
    const struct pt_edge *a = first, *b = second;
    /* NONE + 1 is 0: the program comes first. */
    uint32_t x = a->caller + 1, y = b->caller + 1;
    if (x != y)
        return x < y ? -1 : 1;
    return (a->callee > b->callee) - (a->callee < b->callee);
}

static size_t unite(struct pt_edge *edges, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(edges, n, sizeof *edges, by_ends);
    for (size_t i = 0; i < n; i++)
        if (kept && !by_ends(&edges[kept - 1], &edges[i]))
            edges[kept - 1].n_calls += edges[i].n_calls;
        else
            edges[kept++] = edges[i];
    return kept;
}

static enum pt_status count_mine(const struct pt_calls *calls, struct pt_array *edges,
                                 struct pt_error *error)
{
    struct pt_map index = {0};
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < calls->n; i++) {
        const struct pt_call *call = &calls->items[i];
        int is_new = 0;
        if (call->function == PT_RESULT_NONE32)
            continue;
        uint64_t *at =
            pt_map_put(&index, (uint64_t)call->parent_function << 32 | call->function,
                       edges->n, &is_new);
        struct pt_edge *edge = at && is_new ? pt_array_push(edges, 1) : NULL;
        if (!at || (is_new && !edge))
            status = pt_no_memory(error, "the call graph");
        else if (is_new)
            *edge = (struct pt_edge){call->parent_function, call->function, 1};
        else
            ((struct pt_edge *)edges->items)[*at].n_calls++;
    }
    pt_map_free(&index);
    return status;
}

enum pt_status pt_attribute_edges(const struct pt_team *team,
                                  const struct pt_calls *calls,
                                  struct pt_attribution *attribution,
                                  struct pt_error *error)
{
    struct pt_array edges = {.item_bytes = sizeof(struct pt_edge)};
    size_t bytes = 0;
    enum pt_status status = count_mine(calls, &edges, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_team_gather_all(team, edges.items, edges.n * sizeof(struct pt_edge),
                                    (void **)&attribution->edges, &bytes, NULL, error);
    if (!status)
        attribution->n_edges =
            unite(attribution->edges, bytes / sizeof(struct pt_edge));
    pt_array_free(&edges);
    return status;
}
