#include "partition/layout.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* ── equal payloads ─────────────────────────────────────────────────────────────── */

struct claim {
    uint64_t id[2], order;
};

/* The least order of each id. */
static enum pt_status answer_claims(void *context, const void *requests, size_t n,
                                    void *replies, struct pt_error *error)
{
    const struct claim *claims = requests;
    uint64_t *orders = replies;
    struct pt_map least = {0};
    (void)context;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n; i++) {
            uint64_t *order =
                pt_map_put(&least, pt_mix(claims[i].id[0], claims[i].id[1]),
                           claims[i].order, NULL);
            if (!order) {
                pt_map_free(&least);
                return pt_no_memory(error, "equal payloads");
            }
            if (claims[i].order < *order)
                *order = claims[i].order;
            orders[i] = *order;
        }
    pt_map_free(&least);
    return PT_OK;
}

/* Payloads learn the order of the first one that is equal to them. */
static enum pt_status find_first(const struct pt_team *team, struct pt_values *values,
                                 struct pt_error *error)
{
    size_t n = values->payloads.n;
    struct claim *claims = pt_memory_get(n + 1, sizeof *claims);
    uint64_t *orders = pt_memory_get(n + 1, sizeof *orders);
    int *destination = pt_memory_get(n + 1, sizeof *destination);
    enum pt_status status =
        claims && orders && destination ? PT_OK : pt_no_memory(error, "equal payloads");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < n; i++) {
        const struct pt_payload *payload = pt_values_payload(values, i);
        claims[i] = (struct claim){{payload->id[0], payload->id[1]}, payload->order};
        destination[i] = (int)(payload->id[0] % (uint64_t)team->size);
    }
    status = pt_team_ask(team, claims, n, sizeof *claims, destination, answer_claims,
                         NULL, orders, sizeof *orders, error);
    for (size_t i = 0; !status && i < n; i++) {
        struct pt_payload *payload = pt_values_payload(values, i);
        payload->is_first = orders[i] == payload->order;
        payload->order = orders[i];
    }
done:
    pt_memory_free(claims);
    pt_memory_free(orders);
    pt_memory_free(destination);
    return status;
}

/* ── places ─────────────────────────────────────────────────────────────────────── */

static uint64_t planes(const struct pt_payload *payload)
{
    return payload->dtype == 'c' ? 2 : 1;
}

static void place(const struct pt_team *team, struct pt_values *values,
                  struct pt_layout *layout)
{
    uint64_t mine = 0, total;
    layout->inline_first = pt_team_offset(team, values->mean.n, &layout->n_inline);
    struct pt_value *rows = values->values.items;
    /* rank 0's stay: to go through them would bring them back from their file */
    for (size_t i = 0; layout->inline_first && i < values->values.n; i++)
        if (rows[i].first_element != PT_RESULT_NONE64)
            rows[i].first_element += layout->inline_first;
    for (size_t i = 0; i < values->payloads.n; i++) {
        const struct pt_payload *payload = pt_values_payload(values, i);
        mine += payload->is_first ? payload->n * planes(payload) : 0;
    }
    uint64_t next = layout->n_inline + pt_team_offset(team, mine, &total);
    layout->n_elements = layout->n_inline + total;
    for (size_t i = 0; i < values->payloads.n; i++) {
        struct pt_payload *payload = pt_values_payload(values, i);
        if (payload->is_first) {
            payload->first_element = next;
            next += payload->n * planes(payload);
        }
    }
}

/* ── shares ─────────────────────────────────────────────────────────────────────── */

struct shares {
    const struct pt_team *team;
    uint64_t first, n; /* of the payloads' part of elements/ */
};

static uint64_t share_start(const struct shares *shares, int rank)
{
    return shares->first +
           (uint64_t)((__extension__(unsigned __int128) shares->n * (unsigned)rank) /
                      (unsigned)shares->team->readers);
}

static int rank_of(const struct shares *shares, uint64_t element)
{
    int rank = 0;
    while (rank + 1 < shares->team->readers && share_start(shares, rank + 1) <= element)
        rank++;
    return rank;
}

/* Where a large payload is cut for the share that starts at `start`. */
static uint64_t cut(const struct pt_payload *payload, uint64_t start)
{
    if (start <= payload->first_element)
        return 0;
    uint64_t at = (start - payload->first_element) / planes(payload);
    at = (at + PT_LAYOUT_TILE - 1) / PT_LAYOUT_TILE * PT_LAYOUT_TILE;
    return at < payload->n ? at : payload->n;
}

static enum pt_status add_work(struct pt_array *work, struct pt_array *destination,
                               const struct pt_payload *payload, uint64_t from,
                               uint64_t to, int rank, struct pt_error *error)
{
    struct pt_work *at = pt_array_push(work, 1);
    int *where = pt_array_push(destination, 1);
    if (!at || !where)
        return pt_no_memory(error, "the partition");
    at->from = from;
    at->to = to;
    memcpy(&at->payload, payload, work->item_bytes - offsetof(struct pt_work, payload));
    *where = rank;
    return PT_OK;
}

static enum pt_status split(const struct shares *shares, const struct pt_values *values,
                            struct pt_array *work, struct pt_array *destination,
                            struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < values->payloads.n; i++) {
        const struct pt_payload *payload = pt_values_payload(values, i);
        if (!payload->is_first)
            continue;
        int rank = rank_of(shares, payload->first_element);
        if (payload->n <= PT_STAT_EXACT_MAX) {
            status = add_work(work, destination, payload, 0, payload->n, rank, error);
            continue;
        }
        for (uint64_t from = 0; !status && from < payload->n; rank++) {
            uint64_t to = rank + 1 < shares->team->readers
                              ? cut(payload, share_start(shares, rank + 1))
                              : payload->n;
            if (to > from)
                status = add_work(work, destination, payload, from, to, rank, error);
            from = to > from ? to : from;
        }
    }
    return status;
}

static int by_place(const void *first, const void *second)
{
    const struct pt_work *a = first, *b = second;
    if (a->payload.first_element != b->payload.first_element)
        return a->payload.first_element < b->payload.first_element ? -1 : 1;
    return (a->from > b->from) - (a->from < b->from);
}

enum pt_status pt_layout_make(const struct pt_team *team, struct pt_values *values,
                              size_t n_runs, struct pt_layout *layout,
                              struct pt_error *error)
{
    struct shares shares = {.team = team};
    struct pt_array work = {.item_bytes =
                                sizeof(struct pt_work) + n_runs * sizeof(uint64_t)};
    struct pt_array destination = {.item_bytes = sizeof(int)};

    *layout = (struct pt_layout){.work.item_bytes = work.item_bytes};
    enum pt_status status = find_first(team, values, error);
    if (status)
        goto done;
    place(team, values, layout);
    shares.first = layout->n_inline;
    shares.n = layout->n_elements - layout->n_inline;
    status = split(&shares, values, &work, &destination, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status =
            pt_team_send(team, work.items, work.n, work.item_bytes, destination.items,
                         &layout->work.items, &layout->work.n, error);
    if (!status && layout->work.n)
        qsort(layout->work.items, layout->work.n, layout->work.item_bytes, by_place);
done:
    pt_array_free(&work);
    pt_array_free(&destination);
    return status;
}

void pt_layout_free(struct pt_layout *layout)
{
    pt_array_free(&layout->work);
}

/* ── results back to the values ─────────────────────────────────────────────────── */

struct answer {
    uint64_t first_element;
    struct pt_stat_result result;
};

static enum pt_status answer_results(void *context, const void *requests, size_t n,
                                     void *replies, struct pt_error *error)
{
    const struct pt_values *values = context;
    const uint64_t *orders = requests;
    struct answer *answers = replies;
    const struct pt_value *rows = values->values.items;
    const struct pt_stat_result *results = values->results.items;
    (void)error;
    for (size_t i = 0; i < n; i++) {
        size_t payload = (size_t)rows[orders[i] - values->first].payload;
        answers[i] = (struct answer){pt_values_payload(values, payload)->first_element,
                                     results[payload]};
    }
    return PT_OK;
}

static void take_results(struct pt_values *values)
{
    struct pt_value *rows = values->values.items;
    const struct pt_stat_result *results = values->results.items;
    for (size_t i = 0; i < values->values.n; i++)
        if (rows[i].payload != PT_RESULT_NONE64) {
            rows[i].first_element =
                pt_values_payload(values, (size_t)rows[i].payload)->first_element;
            rows[i].result = results[rows[i].payload];
        }
}

enum pt_status pt_layout_spread(const struct pt_team *team, struct pt_values *values,
                                struct pt_error *error)
{
    size_t n = values->payloads.n, asked = 0;
    uint64_t *orders = pt_memory_get(n + 1, sizeof *orders);
    int *destination = pt_memory_get(n + 1, sizeof *destination);
    struct answer *answers = pt_memory_get(n + 1, sizeof *answers);
    struct pt_stat_result *results = values->results.items;
    enum pt_status status =
        orders && destination && answers ? PT_OK : pt_no_memory(error, "results");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < n; i++) {
        const struct pt_payload *payload = pt_values_payload(values, i);
        if (payload->is_first)
            continue;
        orders[asked] = payload->order;
        destination[asked++] = pt_calls_rank(team, values->starts, payload->order);
    }
    status = pt_team_ask(team, orders, asked, sizeof *orders, destination,
                         answer_results, values, answers, sizeof *answers, error);
    for (size_t i = 0, next = 0; !status && i < n; i++) {
        struct pt_payload *payload = pt_values_payload(values, i);
        if (!payload->is_first) {
            payload->first_element = answers[next].first_element;
            results[i] = answers[next++].result;
        }
    }
    if (!status)
        take_results(values);
done:
    pt_memory_free(orders);
    pt_memory_free(destination);
    pt_memory_free(answers);
    return status;
}
