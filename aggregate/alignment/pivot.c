#include "alignment/pivot.h"

#include <stdlib.h>
#include <string.h>

#include "alignment/join.h"
#include "alignment/pack.h"
#include "schema/schema.h"

/* ── the pivot itself ───────────────────────────────────────────────────────────── */

/* Of a base, the calls that its own pivot lacked are no part of the pivot. */
static size_t count_pivot(const struct pt_skeleton *own)
{
    size_t n = 0;
    for (size_t i = 0; i < own->n; i++)
        n += !(own->calls[i].flags & PT_CALL_NOT_PIVOT);
    return n;
}

/* own->partner, where the pivot is not all of it. */
static enum pt_status number_pivot(struct pt_skeleton *own, struct pt_error *error)
{
    uint32_t n = 0;
    if (count_pivot(own) == own->n)
        return PT_OK;
    own->partner = pt_memory_get(own->n, sizeof *own->partner);
    if (!own->partner)
        return pt_no_memory(error, "the pivot");
    for (size_t i = 0; i < own->n; i++)
        own->partner[i] = own->calls[i].flags & PT_CALL_NOT_PIVOT ? UINT32_MAX : n++;
    return PT_OK;
}

static uint32_t partner_of(const struct pt_skeleton *skeleton, uint32_t call)
{
    return call == UINT32_MAX || !skeleton->partner ? call : skeleton->partner[call];
}

static void fill_pivot(const struct pt_skeleton *own, struct pt_pivot_call *pivot)
{
    for (size_t i = 0; i < own->n; i++) {
        const struct pt_skeleton_call *call = &own->calls[i];
        uint32_t at = partner_of(own, (uint32_t)i);
        if (at != UINT32_MAX)
            pivot[at] = (struct pt_pivot_call){call->key,
                                               call->item,
                                               call->time,
                                               call->end_time,
                                               partner_of(own, call->parent),
                                               call->thread};
    }
}

/* The pivot of one process to all ranks. Trace t is with rank t modulo the size. */
static enum pt_status send_pivot(const struct pt_team *team, uint32_t trace,
                                 const struct pt_skeleton *own,
                                 struct pt_pivot_call **pivot, size_t *n_pivot,
                                 struct pt_error *error)
{
    int owner = (int)(trace % (uint32_t)team->size);
    *n_pivot = own ? count_pivot(own) : 0;
    pt_team_share(team, owner, n_pivot, sizeof *n_pivot);
    *pivot = pt_memory_get(*n_pivot + 1, sizeof **pivot);
    enum pt_status status =
        pt_team_agree(team, *pivot ? PT_OK : pt_no_memory(error, "the pivot"), error);
    if (!status && own)
        fill_pivot(own, *pivot);
    if (!status)
        pt_team_share(team, owner, *pivot, *n_pivot * sizeof **pivot);
    return status;
}

/* ── the calls that the pivot lacks ─────────────────────────────────────────────── */

static enum pt_status take_extras(const struct pt_catalogue_trace *trace,
                                  struct pt_skeleton *skeleton, struct pt_error *error)
{
    skeleton->extras.item_bytes = sizeof(struct pt_call_part);
    for (size_t i = 0; i < skeleton->n; i++) {
        if (partner_of(skeleton, (uint32_t)i) != UINT32_MAX)
            continue;
        struct pt_call_part *part = pt_array_push(&skeleton->extras, 1);
        if (!part)
            return pt_no_memory(error, "calls that not all runs made");
        pt_call_part_make(trace, skeleton, &skeleton->calls[i], part);
    }
    return PT_OK;
}

/* ── all runs ───────────────────────────────────────────────────────────────────── */

/* One process of all runs. */
struct group {
    const struct pt_team *team;
    const struct pt_catalogue *catalogue;
    enum pt_alignment alignment;
    uint32_t process, pivot; /* a trace, UINT32_MAX: none */
    struct pt_skeleton *skeletons;
    size_t n;
};

static bool belongs(const struct group *group, const struct pt_skeleton *skeleton)
{
    return group->catalogue->traces[skeleton->trace].process == group->process;
}

static enum pt_status match_one(const struct group *group,
                                const struct pt_pivot_call *pivot, size_t n_pivot,
                                struct pt_skeleton *skeleton, uint64_t *n_by_occurrence,
                                struct pt_error *error)
{
    const char *role = group->catalogue->processes[group->process].role;
    enum pt_status status = pt_skeleton_unpack(skeleton, error);
    if (!status)
        status = pt_pivot_match(pivot, n_pivot, group->alignment, role, skeleton,
                                n_by_occurrence, error);
    if (!status)
        status =
            take_extras(&group->catalogue->traces[skeleton->trace], skeleton, error);
    if (skeleton->packed.bytes) {
        pt_memory_free(skeleton->calls);
        skeleton->calls = NULL;
    }
    return status;
}

/* What the pivot and a run with the same calls have in common is all there is. */
struct sum {
    uint64_t hash, n;
};

static bool is_equal(const struct pt_skeleton *skeleton, const struct sum *pivot)
{
    return skeleton->hash == pivot->hash && skeleton->n == pivot->n;
}

static enum pt_status match_process(const struct group *group, const struct sum *sum,
                                    uint64_t *n_by_occurrence, struct pt_error *error)
{
    struct pt_pivot_call *pivot = NULL;
    const struct pt_skeleton *own = NULL;
    size_t n_pivot = 0;
    for (size_t k = 0; k < group->n; k++)
        if (group->skeletons[k].trace == group->pivot)
            own = &group->skeletons[k];
    enum pt_status status =
        send_pivot(group->team, group->pivot, own, &pivot, &n_pivot, error);
    for (size_t k = 0; !status && k < group->n; k++) {
        struct pt_skeleton *skeleton = &group->skeletons[k];
        if (belongs(group, skeleton) && skeleton->trace != group->pivot &&
            skeleton->n && !is_equal(skeleton, sum))
            status = match_one(group, pivot, n_pivot, skeleton, n_by_occurrence, error);
    }
    pt_memory_free(pivot);
    return pt_team_agree(group->team, status, error);
}

/* The pivots of this rank have to be at hand; those of a base know their keys. */
static enum pt_status open_pivots(const struct pt_catalogue *catalogue,
                                  const uint32_t *pivots, struct pt_skeleton *skeletons,
                                  size_t n, struct sum *sums, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t k = 0; !status && k < n; k++) {
        struct pt_skeleton *skeleton = &skeletons[k];
        const struct pt_catalogue_trace *trace = &catalogue->traces[skeleton->trace];
        if (pivots[trace->process] != skeleton->trace)
            continue;
        sums[trace->process] = (struct sum){skeleton->hash, skeleton->n};
        if (!skeleton->calls) {
            status = pt_skeleton_unpack(skeleton, error);
            if (!status)
                status = pt_align_keys(
                    skeleton, catalogue->processes[trace->process].role, error);
        }
        if (!status)
            status = number_pivot(skeleton, error);
        if (!status && skeleton->partner)
            status = take_extras(trace, skeleton, error);
    }
    return status;
}

/* differs: whether some run of a process is not as its pivot: most are, and then
 * nothing need be sent. */
static void find_differing(const struct pt_team *team,
                           const struct pt_catalogue *catalogue,
                           const struct pt_skeleton *skeletons, size_t n,
                           struct sum *sums, uint64_t *differs)
{
    pt_team_sum_all(team, (uint64_t *)sums, 2 * catalogue->n_processes);
    for (size_t k = 0; k < n; k++) {
        uint32_t process = catalogue->traces[skeletons[k].trace].process;
        differs[process] |= !is_equal(&skeletons[k], &sums[process]);
    }
    pt_team_sum_all(team, differs, catalogue->n_processes);
}

enum pt_status pt_align_match(const struct pt_team *team,
                              const struct pt_catalogue *catalogue,
                              const uint32_t *pivots, enum pt_alignment alignment,
                              struct pt_skeleton *skeletons, size_t n,
                              uint64_t *n_by_occurrence, struct pt_error *error)
{
    struct group group = {team, catalogue, alignment, 0, 0, skeletons, n};
    struct sum *sums = pt_memory_get(catalogue->n_processes, sizeof *sums);
    uint64_t *differs = pt_memory_get(catalogue->n_processes, sizeof *differs);
    enum pt_status status =
        sums && differs ? open_pivots(catalogue, pivots, skeletons, n, sums, error)
                        : pt_no_memory(error, "the alignment");
    *n_by_occurrence = 0;
    status = pt_team_agree(team, status, error);
    if (!status)
        find_differing(team, catalogue, skeletons, n, sums, differs);
    for (uint32_t p = 0; !status && p < catalogue->n_processes; p++) {
        group.process = p;
        group.pivot = pivots[p];
        if (differs[p])
            status = match_process(&group, &sums[p], n_by_occurrence, error);
    }
    *n_by_occurrence = pt_team_sum(team, *n_by_occurrence);
    pt_memory_free(sums);
    pt_memory_free(differs);
    return status;
}
