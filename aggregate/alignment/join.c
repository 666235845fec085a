#include "alignment/join.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* A call of one run, as it travels to the rank that joins its key. */
struct part {
    struct pt_call call;
    struct pt_call_run run;
    uint32_t run_number, is_pivot;
};

/* ── by key ─────────────────────────────────────────────────────────────────────── */

static void make_parts(const struct pt_team *team, const struct pt_catalogue *catalogue,
                       const uint32_t *pivots, const struct pt_skeleton *skeleton,
                       size_t first, size_t n, struct part *parts, int *destination)
{
    const struct pt_catalogue_trace *trace = &catalogue->traces[skeleton->trace];
    for (size_t i = 0; i < n; i++) {
        const struct pt_skeleton_call *call = &skeleton->calls[first + i];
        const struct pt_skeleton_call *parent =
            call->parent == UINT32_MAX ? NULL : &skeleton->calls[call->parent];
        parts[i] = (struct part){
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
                     .from = trace->run},
            .run = {.refs = {call->refs[0], call->refs[1]},
                    .n_values = {call->n_values[0], call->n_values[1]}},
            .run_number = trace->run,
            .is_pivot = pivots[trace->process] == skeleton->trace &&
                        !(call->flags & PT_CALL_NOT_PIVOT)};
        destination[i] = (int)(call->key % (uint64_t)team->size);
    }
}

/* Calls being joined on one rank: record = struct pt_call, then n_runs places. */
struct joiner {
    struct pt_array records;
    struct pt_map rows;
    size_t n_runs;
};

static struct pt_call *record_at(const struct joiner *joiner, size_t i)
{
    return (struct pt_call *)((char *)joiner->records.items +
                              i * joiner->records.item_bytes);
}

/* Time and place come from the pivot, else from the first run in order. */
static void merge(struct pt_call *call, const struct part *part)
{
    uint32_t n_runs = call->n_runs + part->call.n_runs,
             flags = call->flags | part->call.flags;
    bool pivot_seen = !(call->flags & PT_CALL_NOT_PIVOT);
    if (part->is_pivot || (!pivot_seen && part->run_number < call->from))
        *call = part->call;
    call->n_runs = n_runs;
    call->flags = part->is_pivot || pivot_seen ? flags & ~(uint32_t)PT_CALL_NOT_PIVOT
                                               : flags | PT_CALL_NOT_PIVOT;
}

static enum pt_status absorb(struct joiner *joiner, const struct part *parts, size_t n,
                             struct pt_error *error)
{
    for (size_t i = 0; i < n; i++) {
        const struct part *part = &parts[i];
        int is_new = 0;
        uint64_t *row =
            pt_map_put(&joiner->rows, part->call.key, joiner->records.n, &is_new);
        struct pt_call *call = !row     ? NULL
                               : is_new ? pt_array_push(&joiner->records, 1)
                                        : record_at(joiner, (size_t)*row);
        if (!call)
            return pt_no_memory(error, "the joined calls");
        struct pt_call_run *runs = (struct pt_call_run *)(call + 1);
        if (is_new) {
            *call = part->call;
            call->flags |= part->is_pivot ? 0 : PT_CALL_NOT_PIVOT;
            memset(runs, 0xff, joiner->n_runs * sizeof *runs);
        } else {
            merge(call, part);
        }
        runs[part->run_number] = part->run;
    }
    return PT_OK;
}

/* Where the sending of this rank's traces stands. */
struct sender {
    struct pt_skeleton *skeletons;
    size_t n;           /* traces */
    size_t trace, call; /* the next one to be sent */
    struct part *parts; /* `room` each */
    int *destination;
    size_t room; /* what travels at a time, of each rank */
};

enum { PART_CALLS = 1 << 14 };

static size_t next_parts(const struct pt_team *team,
                         const struct pt_catalogue *catalogue, const uint32_t *pivots,
                         struct sender *sender)
{
    while (sender->trace < sender->n) {
        struct pt_skeleton *skeleton = &sender->skeletons[sender->trace];
        size_t left = skeleton->n - sender->call;
        size_t n = left < sender->room ? left : sender->room;
        if (n) {
            make_parts(team, catalogue, pivots, skeleton, sender->call, n,
                       sender->parts, sender->destination);
            sender->call += n;
            return n;
        }
        pt_skeleton_free(skeleton);
        sender->trace++;
        sender->call = 0;
    }
    return 0;
}

static enum pt_status join_by_key(const struct pt_team *team,
                                  const struct pt_catalogue *catalogue,
                                  const uint32_t *pivots, struct pt_skeleton *skeletons,
                                  size_t n, struct joiner *joiner,
                                  struct pt_error *error)
{
    struct sender sender = {.skeletons = skeletons, .n = n};
    sender.room = 1;
    for (size_t k = 0; k < n; k++)
        if (skeletons[k].n > sender.room)
            sender.room = skeletons[k].n < PART_CALLS ? skeletons[k].n : PART_CALLS;
    sender.parts = pt_memory_get(sender.room, sizeof *sender.parts);
    sender.destination = pt_memory_get(sender.room, sizeof *sender.destination);
    enum pt_status status = sender.parts && sender.destination
                                ? PT_OK
                                : pt_no_memory(error, "the calls of a trace");
    status = pt_team_agree(team, status, error);
    while (!status) {
        void *received = NULL;
        size_t n_received = 0, n_sent = next_parts(team, catalogue, pivots, &sender);
        if (!pt_team_max(team, n_sent))
            break;
        if (team->size == 1)
            status = absorb(joiner, sender.parts, n_sent, error);
        else
            status = pt_team_send(team, sender.parts, n_sent, sizeof *sender.parts,
                                  sender.destination, &received, &n_received, error);
        if (!status)
            status = absorb(joiner, received, n_received, error);
        pt_memory_free(received);
        status = pt_team_agree(team, status, error);
    }
    pt_memory_free(sender.parts);
    pt_memory_free(sender.destination);
    return status;
}

/* ── by time ────────────────────────────────────────────────────────────────────── */

#ifndef PT_JOIN_BINS /* a fuzzer has fewer: to go through them takes longer than the   \
                        rest */
#define PT_JOIN_BINS (1 << 16)
#endif
enum { BINS = PT_JOIN_BINS };

/* All processes on one axis, one behind the other. */
struct axis {
    uint64_t *starts; /* of each process */
    uint64_t length;
};

static enum pt_status axis_make(const struct pt_team *team, const struct joiner *joiner,
                                size_t n_processes, struct axis *axis,
                                struct pt_error *error)
{
    axis->starts = pt_memory_get(n_processes + 1, sizeof *axis->starts);
    enum pt_status status = pt_team_agree(
        team, axis->starts ? PT_OK : pt_no_memory(error, "the partition"), error);
    if (status)
        return status;
    for (size_t i = 0; i < joiner->records.n; i++) {
        const struct pt_call *call = record_at(joiner, i);
        if (call->place >= axis->starts[call->process])
            axis->starts[call->process] = call->place + 1;
    }
    axis->length = 0;
    for (size_t p = 0; p < n_processes; p++) {
        uint64_t length = pt_team_max(team, axis->starts[p]);
        axis->starts[p] = axis->length;
        axis->length += length;
    }
    return PT_OK;
}

static size_t bin_of(const struct axis *axis, const struct pt_call *call)
{
    uint64_t width = axis->length / BINS + 1;
    return (size_t)((axis->starts[call->process] + call->place) / width);
}

/* What reading a call costs, in bytes of the value stream. */
static uint64_t weight(const struct pt_call *call, size_t n_runs)
{
    const struct pt_call_run *runs = (const struct pt_call_run *)(call + 1);
    uint64_t values = 0;
    for (size_t r = 0; r < n_runs; r++)
        if (runs[r].n_values[0] != UINT32_MAX)
            values += (uint64_t)runs[r].n_values[0] + runs[r].n_values[1];
    return 64 + 64 * values;
}

/* owner[b]: the rank that gets bin b, so that all have about the same weight. */
static enum pt_status share_bins(const struct pt_team *team, const struct axis *axis,
                                 const struct joiner *joiner, int *owner,
                                 struct pt_error *error)
{
    uint64_t *weights = pt_memory_get(BINS, sizeof *weights), total = 0, before = 0;
    enum pt_status status = pt_team_agree(
        team, weights ? PT_OK : pt_no_memory(error, "the partition"), error);
    if (status)
        goto done;
    for (size_t i = 0; i < joiner->records.n; i++) {
        const struct pt_call *call = record_at(joiner, i);
        weights[bin_of(axis, call)] += weight(call, joiner->n_runs);
    }
    pt_team_sum_all(team, weights, BINS);
    for (size_t b = 0; b < BINS; b++)
        total += weights[b];
    for (size_t b = 0; b < BINS; b++) {
        double middle = (double)before + 0.5 * (double)weights[b];
        int rank = total ? (int)(middle / (double)total * team->readers) : 0;
        owner[b] = rank < team->readers ? rank : team->readers - 1;
        before += weights[b];
    }
done:
    pt_memory_free(weights);
    return status;
}

/* Calls that the reference alone made say nothing about the runs. */
static void drop_reference_calls(struct joiner *joiner)
{
    size_t kept = 0, bytes = joiner->records.item_bytes;
    for (size_t i = 0; i < joiner->records.n; i++)
        if (record_at(joiner, i)->n_runs) {
            if (kept != i)
                memcpy(record_at(joiner, kept), record_at(joiner, i), bytes);
            kept++;
        }
    joiner->records.n = kept;
}

/* Moves the joined calls to the ranks that own their time. */
static enum pt_status move_by_time(const struct pt_team *team, struct joiner *joiner,
                                   size_t n_processes, void **records, size_t *n,
                                   struct pt_error *error)
{
    struct axis axis = {0};
    int *owner = pt_memory_get(BINS, sizeof *owner);
    int *destination = pt_memory_get(joiner->records.n + 1, sizeof *destination);
    enum pt_status status = axis_make(team, joiner, n_processes, &axis, error);
    if (!status && (!owner || !destination))
        status = pt_no_memory(error, "the partition");
    status = pt_team_agree(team, status, error);
    if (!status)
        status = share_bins(team, &axis, joiner, owner, error);
    if (status)
        goto done;
    for (size_t i = 0; i < joiner->records.n; i++)
        destination[i] = owner[bin_of(&axis, record_at(joiner, i))];
    if (team->size == 1) {
        *records = joiner->records.items;
        *n = joiner->records.n;
        joiner->records.items = NULL;
    } else {
        status =
            pt_team_send(team, joiner->records.items, joiner->records.n,
                         joiner->records.item_bytes, destination, records, n, error);
    }
done:
    pt_memory_free(axis.starts);
    pt_memory_free(owner);
    pt_memory_free(destination);
    return status;
}

enum pt_status pt_calls_join(const struct pt_team *team,
                             const struct pt_catalogue *catalogue,
                             const uint32_t *pivots, struct pt_skeleton *skeletons,
                             size_t n, struct pt_calls *calls, struct pt_error *error)
{
    struct joiner joiner = {.n_runs = catalogue->n_runs};
    size_t record_bytes =
        sizeof(struct pt_call) + catalogue->n_runs * sizeof(struct pt_call_run);
    void *records = NULL;

    *calls = (struct pt_calls){.n_runs = catalogue->n_runs};
    joiner.records.item_bytes = record_bytes;
    enum pt_status status =
        join_by_key(team, catalogue, pivots, skeletons, n, &joiner, error);
    pt_map_free(&joiner.rows);
    drop_reference_calls(&joiner);
    if (!status)
        status = move_by_time(team, &joiner, catalogue->n_processes, &records,
                              &calls->n, error);
    pt_array_free(&joiner.records);
    if (status)
        goto done;
    status = pt_calls_sort(&records, record_bytes, calls, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_calls_number(team, calls, error);
    if (!status)
        status = pt_calls_find_parents(team, calls, error);
    if (!status)
        status = pt_calls_count(team, catalogue, calls, error);
done:
    pt_memory_free(records);
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
