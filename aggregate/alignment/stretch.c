#include "alignment/joining.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

#ifndef PT_JOIN_BINS /* a fuzzer has fewer: to go through them takes longer than the   \
                        rest */
#define PT_JOIN_BINS (1 << 16)
#endif
enum { BINS = PT_JOIN_BINS };

/* All processes on one axis, one behind the other, and who owns each part of it. */
struct axis {
    uint64_t *starts; /* of each process */
    uint64_t length;
    int *owner; /* of each bin; they rise */
};

/* The calls of this rank's pivots, one after another. */
struct walk {
    const struct pt_joining *joining;
    size_t skeleton, call;
    uint64_t number, place; /* of the call; the place of the one before */
    uint32_t process;
};

static const struct pt_skeleton_call *next_call(struct walk *w)
{
    const struct pt_joining *j = w->joining;
    for (; w->skeleton < j->n; w->skeleton++, w->call = 0) {
        const struct pt_skeleton *skeleton = &j->skeletons[w->skeleton];
        if (!pt_joining_is_pivot(j, skeleton))
            continue;
        while (w->call < skeleton->n && skeleton->partner &&
               skeleton->partner[w->call] == UINT32_MAX)
            w->call++;
        if (w->call == skeleton->n)
            continue;
        size_t i = w->call++;
        w->process = j->catalogue->traces[skeleton->trace].process;
        w->number =
            j->bases[w->process] + (skeleton->partner ? skeleton->partner[i] : i);
        return &skeleton->calls[i];
    }
    return NULL;
}

static void reach(struct axis *axis, uint32_t process, uint64_t place)
{
    if (place >= axis->starts[process])
        axis->starts[process] = place + 1;
}

/* What the pivot's calls stand for is found by their number: their places rise. */
static enum pt_status measure(const struct pt_joining *j, struct axis *axis,
                              struct pt_error *error)
{
    struct walk walk = {.joining = j};
    const struct pt_skeleton_call *call;
    uint64_t before = 0;
    for (uint32_t process = UINT32_MAX; (call = next_call(&walk));) {
        if ((process == walk.process && call->place <= before) ||
            call->place >= 2 * PT_SKELETON_TIMES)
            return pt_error_set(error, PT_E_DAMAGED, "times of calls do not rise");
        process = walk.process;
        before = call->place;
        reach(axis, process, before);
    }
    for (size_t i = 0; i < j->extras.n; i++)
        reach(axis, pt_joining_extra(j, i)->process, pt_joining_extra(j, i)->place);
    return PT_OK;
}

static enum pt_status axis_make(const struct pt_joining *j, struct axis *axis,
                                struct pt_error *error)
{
    size_t n = j->catalogue->n_processes;
    axis->starts = pt_memory_get(n + 1, sizeof *axis->starts);
    axis->owner = pt_memory_get(BINS, sizeof *axis->owner);
    enum pt_status status = axis->starts && axis->owner
                                ? measure(j, axis, error)
                                : pt_no_memory(error, "the partition");
    status = pt_team_agree(j->team, status, error);
    for (size_t p = 0; !status && p < n; p++) {
        uint64_t length = pt_team_max(j->team, axis->starts[p]);
        axis->starts[p] = axis->length;
        axis->length += length;
    }
    return status;
}

static size_t bin_of(const struct axis *axis, uint32_t process, uint64_t place)
{
    uint64_t width = axis->length / BINS + 1;
    return (size_t)((axis->starts[process] + place) / width);
}

/* What reading a call costs, in bytes of the value stream. */
static uint64_t weight_of(uint64_t n_values)
{
    return 64 + 64 * n_values;
}

static uint64_t values_of(const struct pt_joining *j, const struct pt_call *call)
{
    const struct pt_call_run *runs = (const struct pt_call_run *)(call + 1);
    uint64_t values = 0;
    for (size_t r = 0; r < j->catalogue->n_runs; r++)
        if (runs[r].n_values[0] != UINT32_MAX)
            values += (uint64_t)runs[r].n_values[0] + runs[r].n_values[1];
    return values;
}

/* Of the pivot's calls the other runs have about as many values as it has. */
static void weigh(const struct pt_joining *j, const struct axis *axis,
                  uint64_t *weights)
{
    struct walk walk = {.joining = j};
    const struct pt_skeleton_call *at;
    while ((at = next_call(&walk)))
        weights[bin_of(axis, walk.process, at->place)] +=
            weight_of(((uint64_t)at->n_values[0] + at->n_values[1]) *
                      j->catalogue->processes[walk.process].n_runs);
    for (size_t i = 0; i < j->extras.n; i++) {
        const struct pt_call *call = pt_joining_extra(j, i);
        weights[bin_of(axis, call->process, call->place)] +=
            weight_of(values_of(j, call));
    }
}

/* Bins to ranks, so that all have about the same weight. */
static enum pt_status share_bins(const struct pt_joining *j, struct axis *axis,
                                 struct pt_error *error)
{
    const struct pt_team *team = j->team;
    uint64_t *weights = pt_memory_get(BINS, sizeof *weights), total = 0, before = 0;
    enum pt_status status = pt_team_agree(
        team, weights ? PT_OK : pt_no_memory(error, "the partition"), error);
    if (status)
        goto done;
    weigh(j, axis, weights);
    pt_team_sum_all(team, weights, BINS);
    for (size_t b = 0; b < BINS; b++)
        total += weights[b];
    for (size_t b = 0; b < BINS; b++) {
        double middle = (double)before + 0.5 * (double)weights[b];
        int rank = total ? (int)(middle / (double)total * team->readers) : 0;
        axis->owner[b] = rank < team->readers ? rank : team->readers - 1;
        before += weights[b];
    }
done:
    pt_memory_free(weights);
    return status;
}

/* The pivot's calls by rank, and so the number of each rank's first. */
static enum pt_status set_starts(struct pt_joining *j, const struct axis *axis,
                                 struct pt_error *error)
{
    struct walk walk = {.joining = j};
    const struct pt_skeleton_call *call;
    size_t size = (size_t)j->team->size;
    j->starts = pt_memory_get(size + 1, sizeof *j->starts);
    enum pt_status status = pt_team_agree(
        j->team, j->starts ? PT_OK : pt_no_memory(error, "the partition"), error);
    if (status)
        return status;
    while ((call = next_call(&walk)))
        j->starts[axis->owner[bin_of(axis, walk.process, call->place)] + 1]++;
    pt_team_sum_all(j->team, j->starts, size + 1);
    for (size_t r = 0; r < size; r++)
        j->starts[r + 1] += j->starts[r];
    return PT_OK;
}

static enum pt_status move_extras(struct pt_joining *j, const struct axis *axis,
                                  struct pt_error *error)
{
    void *received = NULL;
    size_t n_received = 0;
    if (j->team->size == 1 || !pt_team_max(j->team, j->extras.n))
        return PT_OK;
    int *destination = pt_memory_get(j->extras.n + 1, sizeof *destination);
    enum pt_status status = pt_team_agree(
        j->team, destination ? PT_OK : pt_no_memory(error, "the partition"), error);
    if (status)
        goto done;
    for (size_t i = 0; i < j->extras.n; i++) {
        const struct pt_call *call = pt_joining_extra(j, i);
        destination[i] = axis->owner[bin_of(axis, call->process, call->place)];
    }
    status = pt_team_send(j->team, j->extras.items, j->extras.n, j->extras.item_bytes,
                          destination, &received, &n_received, error);
    pt_array_free(&j->extras);
    j->extras.items = received;
    j->extras.n = j->extras.room = n_received;
done:
    pt_memory_free(destination);
    return status;
}

enum pt_status pt_joining_share(struct pt_joining *j, struct pt_error *error)
{
    struct axis axis = {0};
    enum pt_status status = axis_make(j, &axis, error);
    if (!status)
        status = share_bins(j, &axis, error);
    if (!status)
        status = set_starts(j, &axis, error);
    if (!status)
        status = move_extras(j, &axis, error);
    pt_memory_free(axis.starts);
    pt_memory_free(axis.owner);
    return status;
}
