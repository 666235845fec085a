#include "alignment/join.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* ── in order ───────────────────────────────────────────────────────────────────── */

struct place {
    uint64_t place, time, key;
    uint32_t process, from, index;
};

static int by_place(const void *first, const void *second)
{
    const struct place *a = first, *b = second;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

/* Where the call of a record stands among all. */
static struct place place_of(const char *records, size_t record_bytes, size_t i)
{
    const struct pt_call *call = (const struct pt_call *)(records + i * record_bytes);
    return (struct place){call->place,   call->time, call->key,
                          call->process, call->from, (uint32_t)i};
}

static bool is_sorted(const char *records, size_t record_bytes, size_t n)
{
    bool sorted = true;
    for (size_t i = 1; sorted && i < n; i++) {
        struct place before = place_of(records, record_bytes, i - 1);
        struct place after = place_of(records, record_bytes, i);
        sorted = by_place(&before, &after) <= 0;
    }
    return sorted;
}

/* Runs that made the same calls, the usual case, leave them in order: the places in the
 * runs move together where they are, and *records becomes calls->runs. */
static enum pt_status split_calls(void **records, size_t record_bytes,
                                  struct pt_calls *calls, struct pt_error *error)
{
    size_t runs_bytes = calls->n_runs * sizeof *calls->runs;
    char *at = *records;
    calls->items = pt_memory_get(calls->n + 1, sizeof *calls->items);
    if (!calls->items)
        return pt_no_memory(error, "the joined calls");
    for (size_t i = 0; i < calls->n; i++) {
        const char *record = at + i * record_bytes;
        memcpy(&calls->items[i], record, sizeof *calls->items);
        memmove(at + i * runs_bytes, record + sizeof *calls->items, runs_bytes);
    }
    calls->runs = *records;
    *records = NULL;
    return PT_OK;
}

enum pt_status pt_calls_sort(void **records, size_t record_bytes,
                             struct pt_calls *calls, struct pt_error *error)
{
    if (calls->n && is_sorted(*records, record_bytes, calls->n))
        return split_calls(records, record_bytes, calls, error);
    struct place *order = pt_memory_get(calls->n + 1, sizeof *order);
    calls->items = pt_memory_get(calls->n + 1, sizeof *calls->items);
    calls->runs = pt_memory_get(calls->n * calls->n_runs + 1, sizeof *calls->runs);
    if (!order || !calls->items || !calls->runs) {
        pt_memory_free(order);
        return pt_no_memory(error, "the joined calls");
    }
    for (size_t i = 0; i < calls->n; i++)
        order[i] = place_of(*records, record_bytes, i);
    qsort(order, calls->n, sizeof *order, by_place);
    for (size_t i = 0; i < calls->n; i++) {
        const char *record = (const char *)*records + order[i].index * record_bytes;
        memcpy(&calls->items[i], record, sizeof *calls->items);
        memcpy(&calls->runs[i * calls->n_runs], record + sizeof *calls->items,
               calls->n_runs * sizeof *calls->runs);
    }
    pt_memory_free(order);
    return PT_OK;
}

/* ── rows ───────────────────────────────────────────────────────────────────────── */

enum pt_status pt_calls_number(const struct pt_team *team, struct pt_calls *calls,
                               struct pt_error *error)
{
    calls->starts = pt_memory_get((size_t)team->size + 1, sizeof *calls->starts);
    enum pt_status status = pt_team_agree(
        team, calls->starts ? PT_OK : pt_no_memory(error, "the joined calls"), error);
    if (status)
        return status;
    calls->first = pt_team_offset(team, calls->n, &calls->total);
    pt_team_tell_all(team, calls->first, calls->starts);
    calls->starts[team->size] = calls->total;
    return PT_OK;
}

/* The directory: key → row, kept by rank key mod size while parents are looked up. */
struct entry {
    uint64_t key;
    int64_t row;
    uint64_t n_runs;
};

static enum pt_status answer_parent(void *context, const void *requests, size_t n,
                                    void *replies, struct pt_error *error)
{
    const struct pt_array *entries = ((void **)context)[0];
    const struct pt_map *rows = ((void **)context)[1];
    const uint64_t *keys = requests;
    struct entry *reply = replies;
    (void)error;
    for (size_t i = 0; i < n; i++) {
        const uint64_t *row = keys[i] ? pt_map_get(rows, keys[i]) : NULL;
        reply[i] = row ? ((const struct entry *)entries->items)[*row]
                       : (struct entry){keys[i], -1, UINT32_MAX};
    }
    return PT_OK;
}

static enum pt_status build_directory(const struct pt_array *entries,
                                      struct pt_map *rows, struct pt_error *error)
{
    const struct entry *list = entries->items;
    for (size_t i = 0; i < entries->n; i++)
        if (!pt_map_put(rows, list[i].key, i, NULL))
            return pt_no_memory(error, "the calls' directory");
    return PT_OK;
}

enum pt_status pt_calls_find_parents(const struct pt_team *team, struct pt_calls *calls,
                                     struct pt_error *error)
{
    struct entry *mine = pt_memory_get(calls->n + 1, sizeof *mine);
    uint64_t *keys = pt_memory_get(calls->n + 1, sizeof *keys);
    int *destination = pt_memory_get(calls->n + 1, sizeof *destination);
    struct pt_array entries = {.item_bytes = sizeof *mine};
    struct pt_map rows = {0};
    enum pt_status status = mine && keys && destination
                                ? PT_OK
                                : pt_no_memory(error, "the calls' directory");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < calls->n; i++) {
        const struct pt_call *call = &calls->items[i];
        mine[i] = (struct entry){call->key, (int64_t)(calls->first + i), call->n_runs};
        destination[i] = (int)(call->key % (uint64_t)team->size);
    }
    status = pt_team_send(team, mine, calls->n, sizeof *mine, destination,
                          &entries.items, &entries.n, error);
    if (!status)
        status = build_directory(&entries, &rows, error);
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < calls->n; i++) {
        keys[i] = calls->items[i].parent_key;
        destination[i] = (int)(keys[i] % (uint64_t)team->size);
    }
    void *context[] = {&entries, &rows};
    status = pt_team_ask(team, keys, calls->n, sizeof *keys, destination, answer_parent,
                         context, mine, sizeof *mine, error);
    for (size_t i = 0; !status && i < calls->n; i++) {
        calls->items[i].parent = mine[i].row;
        calls->items[i].parent_n_runs = (uint32_t)mine[i].n_runs;
    }
done:
    pt_memory_free(mine);
    pt_memory_free(keys);
    pt_memory_free(destination);
    pt_map_free(&rows);
    pt_array_free(&entries);
    return status;
}

enum pt_status pt_calls_count(const struct pt_team *team,
                              const struct pt_catalogue *catalogue,
                              struct pt_calls *calls, struct pt_error *error)
{
    size_t n = calls->n_runs;
    calls->run_calls = pt_memory_get(n, sizeof *calls->run_calls);
    calls->run_matched = pt_memory_get(n, sizeof *calls->run_matched);
    enum pt_status status = calls->run_calls && calls->run_matched
                                ? PT_OK
                                : pt_no_memory(error, "the runs");
    status = pt_team_agree(team, status, error);
    if (status)
        return status;
    for (size_t i = 0; i < calls->n; i++) {
        struct pt_call *call = &calls->items[i];
        bool all = call->n_runs == catalogue->processes[call->process].n_runs;
        call->flags |= all ? 0 : PT_CALL_NOT_ALL_RUNS;
        for (size_t r = 0; r < n; r++)
            if (calls->runs[i * n + r].n_values[0] != UINT32_MAX) {
                calls->run_calls[r]++;
                calls->run_matched[r] += all;
            }
    }
    pt_team_sum_all(team, calls->run_calls, n);
    pt_team_sum_all(team, calls->run_matched, n);
    return PT_OK;
}

int pt_calls_rank(const struct pt_team *team, const uint64_t *starts, uint64_t row)
{
    int low = 0, high = team->size - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (starts[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}
