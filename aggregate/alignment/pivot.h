/* The pivot of one process as every rank has it while runs are compared with it.
 * Internal to pt_align_match. */
#ifndef PT_ALIGNMENT_PIVOT_H
#define PT_ALIGNMENT_PIVOT_H

#include "alignment/match.h"

struct pt_pivot_call {
    uint64_t key, item, time, end_time;
    uint32_t parent; /* index, UINT32_MAX */
    uint32_t thread;
};

/* match.c: sets the partners of the run's calls (which are unpacked and not none), key
 * and place of each in terms of the pivot's. Adds to *n_by_occurrence. */
PT_MUST_CHECK enum pt_status pt_pivot_match(const struct pt_pivot_call *pivot,
                                            size_t n_pivot, enum pt_alignment alignment,
                                            const char *role, struct pt_skeleton *run,
                                            uint64_t *n_by_occurrence,
                                            struct pt_error *error);

#endif
