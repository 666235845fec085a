/* Which function loses the digits, who calls whom, and where runs part: from the
 * measured values of this rank's calls to tables of the whole program. */
#ifndef PT_ATTRIBUTION_ATTRIBUTION_H
#define PT_ATTRIBUTION_ATTRIBUTION_H

#include "partition/values.h"
#include "statistics/loss.h"

struct pt_function_row {
    struct pt_loss_function loss;
    uint64_t n_calls, n_partial;
    uint32_t flags; /* enum pt_result_function_flag */
};

struct pt_edge {
    uint32_t caller, callee; /* rows of functions, PT_RESULT_NONE32: the program */
    uint64_t n_calls;
};

/* Calls that not all runs made, of one function at one place in one call that all runs
 * made. */
struct pt_divergence {
    uint32_t process, site, function, n_runs;
    int64_t parent;
    uint64_t time, n_calls;
    uint64_t key; /* of the first call: breaks ties */
};

struct pt_attribution {
    struct pt_loss_call *calls;        /* of this rank's calls, owned */
    uint64_t *first_value;             /* of each, n + 1: index in values, owned */
    struct pt_function_row *functions; /* all, on every rank, owned */
    struct pt_edge *edges;             /* all, sorted, owned */
    size_t n_edges;
    struct pt_divergence *divergences; /* all, by time, owned */
    size_t n_divergences;
};

/* Collective. Also completes the flags of the calls. The caller ends *attribution with
 * pt_attribution_free. */
PT_MUST_CHECK enum pt_status
pt_attribute(const struct pt_team *team, const struct pt_definitions *definitions,
             struct pt_calls *calls, const struct pt_values *values,
             const struct pt_stat_plan *plan, struct pt_attribution *attribution,
             struct pt_error *error);
void pt_attribution_free(struct pt_attribution *attribution);

/* divergence.c and edges.c: the tables of the whole program. Collective. */
PT_MUST_CHECK enum pt_status pt_attribute_edges(const struct pt_team *team,
                                                const struct pt_calls *calls,
                                                struct pt_attribution *attribution,
                                                struct pt_error *error);
PT_MUST_CHECK enum pt_status
pt_attribute_divergences(const struct pt_team *team, const struct pt_calls *calls,
                         struct pt_attribution *attribution, struct pt_error *error);

#endif
