/* How many threads a rank starts, and whether the cores it may use suit them. */
#ifndef PT_PARSE_BINDING_H
#define PT_PARSE_BINDING_H

#include "team/team.h"

/* Collective. Sets team->threads (asked: 0 for as many as this rank's share of its
 * cores, or OMP_NUM_THREADS) and OpenMP's number of threads. Rank 0 tells the log how
 * ranks, threads and cores go together, and warns where threads share a core. */
PT_MUST_CHECK enum pt_status pt_binding_set(struct pt_team *team, unsigned asked,
                                            struct pt_error *error);

#endif
