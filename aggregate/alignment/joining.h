/* The steps of pt_calls_join, in their order; internal to it. All of them are
 * collective. */
#ifndef PT_ALIGNMENT_JOINING_H
#define PT_ALIGNMENT_JOINING_H

#include "alignment/join.h"

struct pt_joining {
    const struct pt_team *team;
    const struct pt_catalogue *catalogue;
    const uint32_t *pivots;
    struct pt_skeleton *skeletons;
    size_t n; /* skeletons */
    struct pt_calls *calls;
    /* The pivot's calls of all processes have numbers, one process behind the other. */
    uint64_t *bases;  /* n_processes + 1: number of the first of each; owned */
    uint64_t *starts; /* size + 1: of the first in each rank's stretch; owned */
    /* Records of a struct pt_call and n_runs struct pt_call_run: joined calls that the
     * pivot lacks, first by key and then by time. */
    struct pt_array extras;
    uint32_t *row_of; /* where the pivot's calls here stand in calls->items; NULL: in
                         their order; owned */
};

static inline struct pt_call *pt_joining_extra(const struct pt_joining *joining,
                                               size_t i)
{
    return (struct pt_call *)((char *)joining->extras.items +
                              i * joining->extras.item_bytes);
}

/* The skeleton's pivot, and not what it has besides. */
static inline bool pt_joining_is_pivot(const struct pt_joining *joining,
                                       const struct pt_skeleton *skeleton)
{
    const struct pt_catalogue_trace *trace =
        &joining->catalogue->traces[skeleton->trace];
    return joining->pivots[trace->process] == skeleton->trace;
}

/* join.c: numbers the pivot's calls (bases), and joins the extras by key. */

/* stretch.c: shares time out to the ranks by what reading the calls there costs: sets
 * starts, and moves the extras to the ranks that own their time. */
PT_MUST_CHECK enum pt_status pt_joining_share(struct pt_joining *joining,
                                              struct pt_error *error);

/* matched.c: the pivot's calls with the extras sorted in between (calls->items), then
 * where each run has its values of them (calls->runs). */
PT_MUST_CHECK enum pt_status pt_joining_place(struct pt_joining *joining,
                                              struct pt_error *error);

/* rows.c: which rows this rank has; the row of each call's caller; the flag of calls
 * that not all runs made, and the counts. */
PT_MUST_CHECK enum pt_status pt_joining_number(struct pt_joining *joining,
                                               struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_joining_find_parents(struct pt_joining *joining,
                                                     struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_joining_count(struct pt_joining *joining,
                                              struct pt_error *error);

/* carry.c: records on their way, some thousands at a time. */
struct pt_carrier {
    size_t record_bytes;
    size_t n; /* records that this rank will give, or more */
    /* Writes the next records, at most `room`, and the ranks that they go to; 0: there
     * are no more. */
    size_t (*give)(void *context, void *records, int *destination, size_t room);
    /* Records that came; those of one rank in their order. */
    enum pt_status (*take)(void *context, const void *records, size_t n,
                           struct pt_error *error);
    void *context;
};
PT_MUST_CHECK enum pt_status pt_carry(const struct pt_team *team,
                                      const struct pt_carrier *carrier,
                                      struct pt_error *error);

#endif
