#include "alignment/joining.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

enum pt_status pt_joining_number(struct pt_joining *j, struct pt_error *error)
{
    struct pt_calls *calls = j->calls;
    calls->starts = pt_memory_get((size_t)j->team->size + 1, sizeof *calls->starts);
    enum pt_status status = pt_team_agree(
        j->team, calls->starts ? PT_OK : pt_no_memory(error, "the joined calls"),
        error);
    if (status)
        return status;
    calls->first = pt_team_offset(j->team, calls->n, &calls->total);
    pt_team_tell_all(j->team, calls->first, calls->starts);
    calls->starts[j->team->size] = calls->total;
    return PT_OK;
}

/* ── callers ────────────────────────────────────────────────────────────────────── */

/* What a call learns of its caller. */
struct caller {
    int64_t row;
    uint64_t n_runs;
};

static struct caller caller_at(const struct pt_joining *j, size_t i)
{
    return (struct caller){(int64_t)(j->calls->first + i), j->calls->items[i].n_runs};
}

static bool is_here(const struct pt_joining *j, uint64_t number)
{
    return number >= j->starts[j->team->rank] && number < j->starts[j->team->rank + 1];
}

static struct caller pivot_here(const struct pt_joining *j, uint64_t number)
{
    size_t at = (size_t)(number - j->starts[j->team->rank]);
    return caller_at(j, j->row_of ? j->row_of[at] : at);
}

static void learn(struct pt_call *call, struct caller caller)
{
    call->parent = caller.row;
    call->parent_n_runs = (uint32_t)caller.n_runs;
}

static enum pt_status answer_numbers(void *context, const void *requests, size_t n,
                                     void *replies, struct pt_error *error)
{
    const uint64_t *numbers = requests;
    struct caller *reply = replies;
    (void)error;
    for (size_t i = 0; i < n; i++)
        reply[i] = pivot_here(context, numbers[i]);
    return PT_OK;
}

/* The callers of extras that are extras themselves are known by key: rank key mod size
 * keeps the directory. */
struct entry {
    uint64_t key;
    struct caller caller;
};

struct directory {
    struct pt_array entries; /* struct entry */
    struct pt_map places;    /* key → index */
};

static enum pt_status answer_keys(void *context, const void *requests, size_t n,
                                  void *replies, struct pt_error *error)
{
    const struct directory *directory = context;
    const uint64_t *keys = requests;
    struct caller *reply = replies;
    (void)error;
    for (size_t i = 0; i < n; i++) {
        const uint64_t *at = pt_map_get(&directory->places, keys[i]);
        reply[i] = at ? ((const struct entry *)directory->entries.items)[*at].caller
                      : (struct caller){-1, UINT32_MAX};
    }
    return PT_OK;
}

/* Questions of one kind, and the calls that they are for. */
struct questions {
    struct pt_array asked, to, calls; /* uint64_t, int, uint32_t */
};

static enum pt_status ask_for(struct questions *q, uint64_t what, int rank, size_t call,
                              struct pt_error *error)
{
    uint64_t *asked = pt_array_push(&q->asked, 1);
    int *to = pt_array_push(&q->to, 1);
    uint32_t *of = pt_array_push(&q->calls, 1);
    if (!asked || !to || !of)
        return pt_no_memory(error, "the calls' callers");
    *asked = what;
    *to = rank;
    *of = (uint32_t)call;
    return PT_OK;
}

static enum pt_status settle(struct pt_joining *j, struct questions *q,
                             pt_team_answer *answer, void *context,
                             struct pt_error *error)
{
    struct caller *callers = pt_memory_get(q->asked.n + 1, sizeof *callers);
    enum pt_status status = pt_team_agree(
        j->team, callers ? PT_OK : pt_no_memory(error, "the calls' callers"), error);
    if (!status && pt_team_max(j->team, q->asked.n))
        status =
            pt_team_ask(j->team, q->asked.items, q->asked.n, sizeof(uint64_t),
                        q->to.items, answer, context, callers, sizeof *callers, error);
    for (size_t i = 0; !status && i < q->asked.n; i++)
        learn(&j->calls->items[((const uint32_t *)q->calls.items)[i]], callers[i]);
    pt_memory_free(callers);
    return status;
}

static void questions_free(struct questions *q)
{
    pt_array_free(&q->asked);
    pt_array_free(&q->to);
    pt_array_free(&q->calls);
}

/* What is known here is learnt here; the rest becomes questions. */
static enum pt_status look_here(struct pt_joining *j, struct questions *numbers,
                                struct questions *keys, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < j->calls->n; i++) {
        struct pt_call *call = &j->calls->items[i];
        uint64_t number = (uint64_t)call->parent;
        if (call->parent >= 0 && is_here(j, number))
            learn(call, pivot_here(j, number));
        else if (call->parent >= 0)
            status = ask_for(numbers, number, pt_calls_rank(j->team, j->starts, number),
                             i, error);
        else if (call->parent_key)
            status =
                ask_for(keys, call->parent_key,
                        (int)(call->parent_key % (uint64_t)j->team->size), i, error);
        else
            learn(call, (struct caller){-1, UINT32_MAX});
    }
    return status;
}

static enum pt_status make_directory(struct pt_joining *j, struct directory *directory,
                                     struct pt_error *error)
{
    struct pt_array entries = {.item_bytes = sizeof(struct entry)};
    struct pt_array to = {.item_bytes = sizeof(int)};
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < j->calls->n; i++) {
        const struct pt_call *call = &j->calls->items[i];
        if (!(call->flags & PT_CALL_NOT_PIVOT))
            continue;
        struct entry *entry = pt_array_push(&entries, 1);
        int *rank = pt_array_push(&to, 1);
        if (!entry || !rank) {
            status = pt_no_memory(error, "the calls' callers");
        } else {
            *entry = (struct entry){call->key, caller_at(j, i)};
            *rank = (int)(call->key % (uint64_t)j->team->size);
        }
    }
    status = pt_team_agree(j->team, status, error);
    if (!status)
        status = pt_team_send(j->team, entries.items, entries.n, sizeof(struct entry),
                              to.items, &directory->entries.items,
                              &directory->entries.n, error);
    const struct entry *list = directory->entries.items;
    for (size_t i = 0; !status && i < directory->entries.n; i++)
        if (!pt_map_put(&directory->places, list[i].key, i, NULL))
            status = pt_no_memory(error, "the calls' callers");
    pt_array_free(&entries);
    pt_array_free(&to);
    return pt_team_agree(j->team, status, error);
}

enum pt_status pt_joining_find_parents(struct pt_joining *j, struct pt_error *error)
{
    struct questions numbers = {{.item_bytes = sizeof(uint64_t)},
                                {.item_bytes = sizeof(int)},
                                {.item_bytes = sizeof(uint32_t)}};
    struct questions keys = numbers;
    struct directory directory = {0};
    enum pt_status status = look_here(j, &numbers, &keys, error);
    status = pt_team_agree(j->team, status, error);
    if (!status && pt_team_max(j->team, keys.asked.n))
        status = make_directory(j, &directory, error);
    if (!status)
        status = settle(j, &numbers, answer_numbers, j, error);
    if (!status)
        status = settle(j, &keys, answer_keys, &directory, error);
    questions_free(&numbers);
    questions_free(&keys);
    pt_map_free(&directory.places);
    pt_array_free(&directory.entries);
    return status;
}

/* ── counts ─────────────────────────────────────────────────────────────────────── */

enum pt_status pt_joining_count(struct pt_joining *j, struct pt_error *error)
{
    struct pt_calls *calls = j->calls;
    size_t n = calls->n_runs;
    calls->run_calls = pt_memory_get(n, sizeof *calls->run_calls);
    calls->run_matched = pt_memory_get(n, sizeof *calls->run_matched);
    enum pt_status status = calls->run_calls && calls->run_matched
                                ? PT_OK
                                : pt_no_memory(error, "the runs");
    status = pt_team_agree(j->team, status, error);
    if (status)
        return status;
    for (size_t i = 0; i < calls->n; i++) {
        struct pt_call *call = &calls->items[i];
        if (call->n_runs != j->catalogue->processes[call->process].n_runs)
            call->flags |= PT_CALL_NOT_ALL_RUNS;
    }
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < calls->n; i++)
            if (calls->runs[r * calls->n + i].n_values[0] != UINT32_MAX) {
                calls->run_calls[r]++;
                calls->run_matched[r] +=
                    !(calls->items[i].flags & PT_CALL_NOT_ALL_RUNS);
            }
    pt_team_sum_all(j->team, calls->run_calls, n);
    pt_team_sum_all(j->team, calls->run_matched, n);
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
