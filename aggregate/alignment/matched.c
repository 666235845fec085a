#include "alignment/joining.h"

#include <stdlib.h>
#include <string.h>

#include "alignment/pack.h"
#include "schema/schema.h"

/* The rank whose stretch has the pivot's call of this number; most are where the one
 * before was. */
static int owner_of(const struct pt_joining *j, uint64_t number, int near)
{
    while (number >= j->starts[near + 1])
        near++;
    while (number < j->starts[near])
        near--;
    return near;
}

/* Where the sending of this rank's skeletons stands. */
struct sender {
    struct pt_joining *joining;
    struct pt_call *pivots; /* of this rank's stretch, by number, where they are sent;
                             * in calls->items where it has no extras */
    size_t skeleton;
    struct pt_skeleton_cursor cursor;
    const struct pt_catalogue_trace *trace; /* of the call that comes next */
    uint64_t number;                        /* the pivot's call that it is or has */
    int owner;                              /* rank of that */
};

/* The next call that has a number; of the pivots' skeletons alone where they are sent.
 * After that, a skeleton is needed no more. */
static bool next_call(struct sender *s, struct pt_skeleton_call *call)
{
    struct pt_joining *j = s->joining;
    for (; s->skeleton < j->n; s->skeleton++, s->cursor.next = 0) {
        struct pt_skeleton *skeleton = &j->skeletons[s->skeleton];
        if (s->pivots && !pt_joining_is_pivot(j, skeleton))
            continue;
        if (!s->cursor.next)
            s->cursor = (struct pt_skeleton_cursor){.skeleton = skeleton};
        while (s->cursor.next < skeleton->n) {
            size_t i = s->cursor.next;
            uint32_t partner = skeleton->partner ? skeleton->partner[i] : (uint32_t)i;
            pt_skeleton_next(&s->cursor, call);
            if (partner == UINT32_MAX)
                continue;
            s->trace = &j->catalogue->traces[skeleton->trace];
            s->number = j->bases[s->trace->process] + partner;
            s->owner = owner_of(j, s->number, s->owner);
            return true;
        }
        if (!s->pivots)
            pt_skeleton_free(skeleton);
    }
    return false;
}

/* ── the pivot's calls ──────────────────────────────────────────────────────────── */

struct pivot_part {
    uint64_t number;
    struct pt_call call;
};

static size_t give_pivots(void *context, void *records, int *destination, size_t room)
{
    struct sender *s = context;
    struct pivot_part *parts = records;
    struct pt_skeleton_call call;
    size_t n = 0;
    while (n < room && next_call(s, &call)) {
        struct pt_call_part part;
        pt_call_part_make(s->trace, s->cursor.skeleton, &call, &part);
        /* the runs are counted when their parts come, but for those of a base */
        part.call.n_runs = s->trace->flags & PT_RUN_BASE ? call.n_runs : 0;
        if (part.call.parent >= 0)
            part.call.parent += (int64_t)s->joining->bases[s->trace->process];
        parts[n] = (struct pivot_part){s->number, part.call};
        destination[n++] = s->owner;
    }
    return n;
}

static enum pt_status take_pivots(void *context, const void *records, size_t n,
                                  struct pt_error *error)
{
    const struct sender *s = context;
    const struct pivot_part *parts = records;
    uint64_t first = s->joining->starts[s->joining->team->rank];
    (void)error;
    for (size_t i = 0; i < n; i++)
        s->pivots[parts[i].number - first] = parts[i].call;
    return PT_OK;
}

static size_t n_here(const struct pt_joining *j)
{
    return (size_t)(j->starts[j->team->rank + 1] - j->starts[j->team->rank]);
}

static enum pt_status bring_pivots(struct pt_joining *j, struct pt_call **pivots,
                                   struct pt_error *error)
{
    struct sender sender = {.joining = j};
    struct pt_carrier carrier = {sizeof(struct pivot_part), 0, give_pivots, take_pivots,
                                 &sender};
    *pivots = pt_memory_get(n_here(j) + 1, sizeof **pivots);
    enum pt_status status = pt_team_agree(
        j->team, *pivots ? PT_OK : pt_no_memory(error, "the joined calls"), error);
    if (status)
        return status;
    sender.pivots = *pivots;
    for (size_t k = 0; k < j->n; k++)
        if (pt_joining_is_pivot(j, &j->skeletons[k]))
            carrier.n += j->skeletons[k].n;
    return pt_carry(j->team, &carrier, error);
}

/* ── the extras in between ──────────────────────────────────────────────────────── */

static int by_place(const void *first, const void *second)
{
    const struct pt_call *a = *(const struct pt_call *const *)first,
                         *b = *(const struct pt_call *const *)second;
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

static void put_extra(struct pt_calls *calls, size_t row, const struct pt_call *call)
{
    const struct pt_call_run *runs = (const struct pt_call_run *)(call + 1);
    calls->items[row] = *call;
    for (size_t r = 0; r < calls->n_runs; r++)
        calls->runs[r * calls->n + row] = runs[r];
}

static enum pt_status merge_extras(struct pt_joining *j, const struct pt_call *pivots,
                                   struct pt_error *error)
{
    struct pt_calls *calls = j->calls;
    size_t n = n_here(j), row = 0;
    const struct pt_call **extras = pt_memory_get(j->extras.n, sizeof(void *));
    calls->items = pt_memory_get(calls->n, sizeof *calls->items);
    j->row_of = pt_memory_get(n + 1, sizeof *j->row_of);
    if (!extras || !calls->items || !j->row_of) {
        pt_memory_free(extras);
        return pt_no_memory(error, "the joined calls");
    }
    for (size_t i = 0; i < j->extras.n; i++)
        extras[i] = pt_joining_extra(j, i);
    qsort(extras, j->extras.n, sizeof *extras, by_place);
    for (size_t i = 0, e = 0; i < n || e < j->extras.n;) {
        const struct pt_call *pivot = &pivots[i];
        if (e == j->extras.n || (i < n && by_place(&pivot, &extras[e]) < 0)) {
            j->row_of[i] = (uint32_t)row;
            calls->items[row++] = pivots[i++];
        } else {
            put_extra(calls, row++, extras[e++]);
        }
    }
    pt_memory_free(extras);
    return PT_OK;
}

static enum pt_status set_items(struct pt_joining *j, struct pt_call **pivots,
                                struct pt_error *error)
{
    struct pt_calls *calls = j->calls;
    calls->n = n_here(j) + j->extras.n;
    calls->runs = pt_memory_get(calls->n * calls->n_runs + 1, sizeof *calls->runs);
    if (!calls->runs || calls->n >= UINT32_MAX)
        return pt_no_memory(error, "the joined calls");
    memset(calls->runs, 0xff, calls->n * calls->n_runs * sizeof *calls->runs);
    if (j->extras.n)
        return merge_extras(j, *pivots, error);
    calls->items = *pivots;
    *pivots = NULL;
    return PT_OK;
}

/* ── where each run has its values ──────────────────────────────────────────────── */

struct run_part {
    uint64_t number;
    struct pt_call_run run;
    uint32_t run_number, flags;
};

static size_t give_runs(void *context, void *records, int *destination, size_t room)
{
    struct sender *s = context;
    struct run_part *parts = records;
    struct pt_skeleton_call call;
    size_t n = 0;
    while (n < room && next_call(s, &call)) {
        parts[n] = (struct run_part){
            s->number,
            {{call.refs[0], call.refs[1]}, {call.n_values[0], call.n_values[1]}},
            s->trace->run,
            call.flags};
        destination[n++] = s->owner;
    }
    return n;
}

static enum pt_status take_runs(void *context, const void *records, size_t n,
                                struct pt_error *error)
{
    struct pt_joining *j = ((struct sender *)context)->joining;
    struct pt_calls *calls = j->calls;
    const struct run_part *parts = records;
    uint64_t first = j->starts[j->team->rank];
    (void)error;
    for (size_t i = 0; i < n; i++) {
        const struct run_part *part = &parts[i];
        size_t at = (size_t)(part->number - first);
        size_t row = j->row_of ? j->row_of[at] : at;
        calls->runs[part->run_number * calls->n + row] = part->run;
        calls->items[row].flags |= part->flags;
        calls->items[row].n_runs += part->run_number < j->catalogue->n_samples;
    }
    return PT_OK;
}

enum pt_status pt_joining_place(struct pt_joining *j, struct pt_error *error)
{
    struct pt_call *pivots = NULL;
    struct sender sender = {.joining = j};
    struct pt_carrier carrier = {sizeof(struct run_part), 0, give_runs, take_runs,
                                 &sender};
    enum pt_status status = bring_pivots(j, &pivots, error);
    if (!status) {
        status = set_items(j, &pivots, error);
        pt_array_free(&j->extras);
        status = pt_team_agree(j->team, status, error);
    }
    pt_memory_free(pivots);
    for (size_t k = 0; k < j->n; k++)
        carrier.n += j->skeletons[k].n;
    return status ? status : pt_carry(j->team, &carrier, error);
}
