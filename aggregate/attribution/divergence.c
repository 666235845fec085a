#include "attribution/attribution.h"

#include <stdlib.h>

#include "schema/schema.h"

static int three_way(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int same_place(const struct pt_divergence *a, const struct pt_divergence *b)
{
    int order = three_way(a->process, b->process);
    if (!order)
        order = (a->parent > b->parent) - (a->parent < b->parent);
    if (!order)
        order = three_way(a->site, b->site);
    return order ? order : three_way(a->function, b->function);
}

static int by_time(const void *first, const void *second)
{
    const struct pt_divergence *a = first, *b = second;
    int order = three_way(a->process, b->process);
    if (!order)
        order = three_way(a->time, b->time);
    return order ? order : three_way(a->key, b->key);
}

static int by_place(const void *first, const void *second)
{
    int order = same_place(first, second);
    return order ? order : by_time(first, second);
}

/* One row per place, with the first call's time. */
static size_t unite(struct pt_divergence *list, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(list, n, sizeof *list, by_place);
    for (size_t i = 0; i < n; i++)
        if (kept && !same_place(&list[kept - 1], &list[i]))
            list[kept - 1].n_calls += list[i].n_calls;
        else
            list[kept++] = list[i];
    return kept;
}

/* The outermost calls that not all runs made: what they call in turn follows from them.
 */
static bool is_outermost(const struct pt_call *call)
{
    if (!(call->flags & PT_CALL_NOT_ALL_RUNS))
        return false;
    return call->parent < 0 || call->parent_n_runs > call->n_runs;
}

enum pt_status pt_attribute_divergences(const struct pt_team *team,
                                        const struct pt_calls *calls,
                                        struct pt_attribution *attribution,
                                        struct pt_error *error)
{
    struct pt_array list = {.item_bytes = sizeof(struct pt_divergence)};
    enum pt_status status = PT_OK;
    size_t bytes = 0;
    for (size_t i = 0; !status && i < calls->n; i++) {
        const struct pt_call *call = &calls->items[i];
        if (!is_outermost(call))
            continue;
        struct pt_divergence *at = pt_array_push(&list, 1);
        if (!at)
            status = pt_no_memory(error, "divergences");
        else
            *at = (struct pt_divergence){.process = call->process,
                                         .site = call->site,
                                         .function = call->function,
                                         .n_runs = call->n_runs,
                                         .parent = call->parent,
                                         .time = call->time,
                                         .n_calls = 1,
                                         .key = call->key};
    }
    list.n = status ? 0 : unite(list.items, list.n);
    status = pt_team_agree(team, status, error);
    if (!status)
        status =
            pt_team_gather_all(team, list.items, list.n * sizeof(struct pt_divergence),
                               (void **)&attribution->divergences, &bytes, NULL, error);
    if (!status) {
        size_t n =
            unite(attribution->divergences, bytes / sizeof(struct pt_divergence));
        attribution->n_divergences = n;
        if (n)
            qsort(attribution->divergences, n, sizeof(struct pt_divergence), by_time);
    }
    pt_array_free(&list);
    return status;
}
