/* positions/: where the elements of sampled values stand in the arrays that they are
 * of. They follow from two numbers, the elements of the array and those of the sample:
 * each pair's positions are written once. */
#ifndef PT_RESULT_POSITIONS_H
#define PT_RESULT_POSITIONS_H

#include "partition/values.h"
#include "result/output.h"
#include "team/team.h"

struct pt_positions {
    const struct pt_team *team;
    struct pt_sampling *pairs; /* owned; sorted, the same on every rank */
    size_t n;
    uint64_t total; /* rows of positions/ */
};

/* Collects the pairs of all ranks, and gives each sampled value its first_position (the
 * others PT_RESULT_NONE64). Collective. The caller ends *positions with
 * pt_positions_free. */
PT_MUST_CHECK enum pt_status pt_positions_find(const struct pt_team *team,
                                               struct pt_values *values,
                                               struct pt_positions *positions,
                                               struct pt_error *error);
void pt_positions_free(struct pt_positions *positions);

/* Collective. */
PT_MUST_CHECK enum pt_status pt_positions_write(struct pt_output *output,
                                                const struct pt_positions *positions,
                                                struct pt_error *error);

#endif
