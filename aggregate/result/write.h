/* Everything but elements/ into the result file. */
#ifndef PT_RESULT_WRITE_H
#define PT_RESULT_WRITE_H

#include "append/base.h"
#include "attribution/attribution.h"
#include "partition/layout.h"
#include "result/extra.h"
#include "result/output.h"
#include "result/positions.h"
#include "result/sources.h"
#include "result/tables.h"
#include "result/tiles.h"

struct pt_result {
    const struct pt_team *team;
    const struct pt_catalogue *catalogue;
    const struct pt_definitions *definitions;
    const struct pt_calls *calls;
    const struct pt_values *values;
    const struct pt_tables *tables;
    const struct pt_tiles *tiles;
    const struct pt_positions *positions;
    const struct pt_attribution *attribution;
    const struct pt_sources *sources; /* rank 0's */
    const struct pt_stat_plan *plan;
    const struct pt_extra *extra;
    const struct pt_base *base; /* what the runs were added to, or NULL */
    const uint32_t *pivots;
    const char *alignment;
    const char *config, *command; /* texts */
};

/* The columns of elements/, and those beside them, before the values are measured.
 * Collective. */
PT_MUST_CHECK enum pt_status pt_result_begin(struct pt_output *output,
                                             uint64_t n_elements,
                                             const struct pt_extra *extra,
                                             struct pt_error *error);

/* Attributes and all other columns. Collective. */
PT_MUST_CHECK enum pt_status pt_result_write(struct pt_output *output,
                                             const struct pt_result *result,
                                             struct pt_error *error);

/* Parts of pt_result_write, one file each. Collective. */
PT_MUST_CHECK enum pt_status pt_result_write_runs(struct pt_output *output,
                                                  const struct pt_result *result,
                                                  struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_write_traces(struct pt_output *output,
                                                    const struct pt_result *result,
                                                    struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_write_functions(struct pt_output *output,
                                                       const struct pt_result *result,
                                                       struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_write_calls(struct pt_output *output,
                                                   const struct pt_result *result,
                                                   struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_write_values(struct pt_output *output,
                                                    const struct pt_result *result,
                                                    struct pt_error *error);

#endif
