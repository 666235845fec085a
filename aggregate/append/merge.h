/* One piece of a value, measured from the samples of the new runs and merged with what
 * the base knows of the old ones. */
#ifndef PT_APPEND_MERGE_H
#define PT_APPEND_MERGE_H

#include "statistics/kernel.h"

/* As pt_stat_piece; output->moments are needed. base: moments of the same elements
 * (complex: the imaginary parts base_plane further on). `summary` has begun with the
 * number of all runs that have the value. */
PT_MUST_CHECK enum pt_status
pt_merge_piece(const struct pt_stat_plan *plan, struct pt_stat_work *work,
               const struct pt_stat_input *input, const struct pt_stat_output *output,
               const struct pt_moments *base, size_t base_plane,
               struct pt_stat_summary *summary, struct pt_error *error);

#endif
