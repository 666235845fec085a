/* What each phase read, opened and sent, over all ranks: for benchmarks/scaling.md and
 * the test that holds the program to it (--traffic). */
#ifndef PT_PARSE_TRAFFIC_H
#define PT_PARSE_TRAFFIC_H

#include <stdbool.h>
#include <stdint.h>

#include "team/team.h"

/* Of one rank, since its start. */
struct pt_traffic_counts {
    uint64_t opens, read_bytes; /* of traces */
    uint64_t collectives, messages, sent_bytes;
    uint64_t written_bytes; /* into columns */
};

struct pt_traffic {
    bool wanted, begun;
    struct pt_traffic_counts last;
};

/* Prints what came since the last phase, as one row of a Markdown table on standard
 * output of rank 0: for each number the sum over the ranks and the most of one. Does
 * nothing where it is not wanted. Collective. */
void pt_traffic_phase(const struct pt_team *team, struct pt_traffic *traffic,
                      const char *phase, const struct pt_traffic_counts *now);

#endif
