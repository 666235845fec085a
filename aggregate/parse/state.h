/* What the phases of one aggregation share. */
#ifndef PT_PARSE_STATE_H
#define PT_PARSE_STATE_H

#include "append/base.h"
#include "config.h"
#include "partition/layout.h"
#include "parse/options.h"
#include "parse/progress.h"
#include "parse/traffic.h"
#include "result/write.h"

/* Everything that one aggregation holds, in the order in which it comes about. */
struct pt_parse_state {
    struct pt_team *team;
    const struct pt_parse_options *options;
    struct pt_config *config;
    char *path;   /* of the result */
    char *import; /* folder of traces that were pickles, beside it */
    char *config_text, *command;
    struct pt_base base; /* what the runs are added to */
    struct pt_catalogue catalogue;
    struct pt_stat_plan *plan;
    struct pt_definitions definitions;
    struct pt_skeleton *skeletons; /* of this rank's traces */
    size_t n_skeletons;
    uint32_t *pivots;
    struct pt_calls calls;
    struct pt_readers readers;
    struct pt_values values;
    struct pt_layout layout;
    struct pt_tiles tiles;
    struct pt_positions positions;
    struct pt_output *output;
    struct pt_attribution attribution;
    struct pt_tables tables;
    struct pt_sources sources;
    uint64_t n_damaged;
    uint64_t bytes_read; /* of the traces, by this rank */
    uint64_t opens;      /* of traces, by this rank */
    uint64_t written;    /* into columns, by this rank */
    struct pt_progress progress;
    struct pt_traffic traffic;
};

enum { PT_PARSE_ONLINE_BATCH = 1 << 13 };

/* Elements of a batch, per run. */
static inline uint64_t pt_parse_batch(const struct pt_parse_options *options)
{
    return options->online ? PT_PARSE_ONLINE_BATCH : options->batch;
}

/* The phases, in their order; each ends with all ranks agreed. Collective. */

/* Configuration, log, threads, the result's place, memory. */
PT_MUST_CHECK enum pt_status pt_parse_configure(struct pt_parse_state *s, int argc,
                                                char **argv, struct pt_error *error);

/* Which traces there are, of which runs; the result that they are added to; the plan of
 * the statistics. */
PT_MUST_CHECK enum pt_status pt_parse_catalogue(struct pt_parse_state *s,
                                                struct pt_error *error);

/* Pass 1: the calls of all runs, aligned. */
PT_MUST_CHECK enum pt_status pt_parse_align(struct pt_parse_state *s,
                                            struct pt_error *error);

/* Ends a phase, in the log and in the table of --traffic. */
void pt_parse_say(struct pt_parse_state *s, const char *what, uint64_t n,
                  const char *unit);

#endif
