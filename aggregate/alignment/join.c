#include "alignment/joining.h"

#include <stdlib.h>
#include <string.h>

#include "alignment/pack.h"
#include "schema/schema.h"

void pt_call_part_make(const struct pt_catalogue_trace *trace,
                       const struct pt_skeleton *skeleton,
                       const struct pt_skeleton_call *call, struct pt_call_part *part)
{
    const struct pt_skeleton_call *parent =
        call->parent == UINT32_MAX ? NULL : &skeleton->calls[call->parent];
    uint32_t number = !parent             ? UINT32_MAX
                      : skeleton->partner ? skeleton->partner[call->parent]
                                          : call->parent;
    *part = (struct pt_call_part){
        .call = {.key = call->key,
                 .parent_key = parent ? parent->key : 0,
                 .time = call->time,
                 .place = call->place,
                 .end_time = call->end_time,
                 .start_ns = call->start_ns,
                 .end_ns = call->end_ns,
                 .function = call->function,
                 .parent_function = parent ? parent->function : PT_RESULT_NONE32,
                 .site = call->site,
                 .path = call->path,
                 .process = trace->process,
                 .thread = call->thread,
                 .flags = call->flags,
                 .n_runs = trace->flags & PT_RUN_BASE        ? call->n_runs
                           : trace->flags & PT_RUN_REFERENCE ? 0
                                                             : 1,
                 .from = trace->run,
                 .parent = number == UINT32_MAX ? -1 : (int64_t)number},
        .run = {.refs = {call->refs[0], call->refs[1]},
                .n_values = {call->n_values[0], call->n_values[1]}},
        .run_number = trace->run};
}

/* ── the pivot's calls ──────────────────────────────────────────────────────────── */

static enum pt_status number_pivots(struct pt_joining *j, struct pt_error *error)
{
    size_t n = j->catalogue->n_processes;
    j->bases = pt_memory_get(n + 1, sizeof *j->bases);
    enum pt_status status = pt_team_agree(
        j->team, j->bases ? PT_OK : pt_no_memory(error, "the joined calls"), error);
    if (status)
        return status;
    for (size_t k = 0; k < j->n; k++)
        if (pt_joining_is_pivot(j, &j->skeletons[k]))
            j->bases[j->catalogue->traces[j->skeletons[k].trace].process + 1] =
                j->skeletons[k].n - j->skeletons[k].extras.n;
    pt_team_sum_all(j->team, j->bases, n + 1);
    for (size_t p = 0; p < n; p++)
        j->bases[p + 1] += j->bases[p];
    return PT_OK;
}

/* ── the calls that it lacks, by key ────────────────────────────────────────────── */

struct keyed {
    struct pt_joining *joining;
    struct pt_map rows;     /* key → index in joining->extras */
    size_t skeleton, extra; /* the next to be sent */
};

static size_t give_extras(void *context, void *records, int *destination, size_t room)
{
    struct keyed *keyed = context;
    struct pt_joining *j = keyed->joining;
    struct pt_call_part *parts = records;
    size_t n = 0;
    while (n < room && keyed->skeleton < j->n) {
        struct pt_skeleton *skeleton = &j->skeletons[keyed->skeleton];
        if (keyed->extra == skeleton->extras.n) {
            pt_array_free(&skeleton->extras);
            keyed->skeleton++;
            keyed->extra = 0;
            continue;
        }
        struct pt_call_part *part = &parts[n];
        *part = ((const struct pt_call_part *)skeleton->extras.items)[keyed->extra++];
        if (part->call.parent >= 0)
            part->call.parent += (int64_t)j->bases[part->call.process];
        destination[n++] = (int)(part->call.key % (uint64_t)j->team->size);
    }
    return n;
}

/* Time and place come from the first run in order. */
static void merge(struct pt_call *call, const struct pt_call_part *part)
{
    uint32_t n_runs = call->n_runs + part->call.n_runs,
             flags = call->flags | part->call.flags;
    if (part->run_number < call->from)
        *call = part->call;
    call->n_runs = n_runs;
    call->flags = flags | PT_CALL_NOT_PIVOT;
}

static enum pt_status take_extras(void *context, const void *records, size_t n,
                                  struct pt_error *error)
{
    struct keyed *keyed = context;
    struct pt_joining *j = keyed->joining;
    const struct pt_call_part *parts = records;
    for (size_t i = 0; i < n; i++) {
        const struct pt_call_part *part = &parts[i];
        int is_new = 0;
        uint64_t *row = pt_map_put(&keyed->rows, part->call.key, j->extras.n, &is_new);
        struct pt_call *call = !row     ? NULL
                               : is_new ? pt_array_push(&j->extras, 1)
                                        : pt_joining_extra(j, (size_t)*row);
        if (!call)
            return pt_no_memory(error, "the joined calls");
        struct pt_call_run *runs = (struct pt_call_run *)(call + 1);
        if (is_new) {
            *call = part->call;
            call->flags |= PT_CALL_NOT_PIVOT;
            memset(runs, 0xff, j->catalogue->n_runs * sizeof *runs);
        } else {
            merge(call, part);
        }
        runs[part->run_number] = part->run;
    }
    return PT_OK;
}

/* Calls that the reference alone made say nothing about the runs. */
static void drop_reference_calls(struct pt_joining *j)
{
    size_t kept = 0;
    for (size_t i = 0; i < j->extras.n; i++)
        if (pt_joining_extra(j, i)->n_runs) {
            if (kept != i)
                memcpy(pt_joining_extra(j, kept), pt_joining_extra(j, i),
                       j->extras.item_bytes);
            kept++;
        }
    j->extras.n = kept;
}

static enum pt_status join_extras(struct pt_joining *j, struct pt_error *error)
{
    struct keyed keyed = {.joining = j};
    struct pt_carrier carrier = {sizeof(struct pt_call_part), 0, give_extras,
                                 take_extras, &keyed};
    for (size_t k = 0; k < j->n; k++)
        carrier.n += j->skeletons[k].extras.n;
    if (!pt_team_max(j->team, carrier.n))
        return PT_OK;
    enum pt_status status = pt_carry(j->team, &carrier, error);
    pt_map_free(&keyed.rows);
    drop_reference_calls(j);
    return status;
}

/* ── all of it ──────────────────────────────────────────────────────────────────── */

enum pt_status pt_calls_join(const struct pt_team *team,
                             const struct pt_catalogue *catalogue,
                             const uint32_t *pivots, struct pt_skeleton *skeletons,
                             size_t n, struct pt_calls *calls, struct pt_error *error)
{
    struct pt_joining j = {.team = team,
                           .catalogue = catalogue,
                           .pivots = pivots,
                           .skeletons = skeletons,
                           .n = n,
                           .calls = calls};
    *calls = (struct pt_calls){.n_runs = catalogue->n_runs};
    j.extras.item_bytes =
        sizeof(struct pt_call) + catalogue->n_runs * sizeof(struct pt_call_run);
    enum pt_status status = number_pivots(&j, error);
    if (!status)
        status = join_extras(&j, error);
    if (!status)
        status = pt_joining_share(&j, error);
    if (!status)
        status = pt_joining_place(&j, error);
    if (!status)
        status = pt_joining_number(&j, error);
    if (!status)
        status = pt_joining_find_parents(&j, error);
    if (!status)
        status = pt_joining_count(&j, error);
    pt_memory_free(j.bases);
    pt_memory_free(j.starts);
    pt_memory_free(j.row_of);
    pt_array_free(&j.extras);
    if (status)
        pt_calls_free(calls);
    return status;
}

void pt_calls_free(struct pt_calls *calls)
{
    pt_memory_free(calls->items);
    pt_memory_free(calls->runs);
    pt_memory_free(calls->starts);
    pt_memory_free(calls->run_calls);
    pt_memory_free(calls->run_matched);
    *calls = (struct pt_calls){0};
}
