/* How far the work is: a line that is renewed on a terminal, one line per phase in a
 * log. Rank 0 speaks, of its own share. */
#ifndef PT_PARSE_PROGRESS_H
#define PT_PARSE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct pt_progress {
    bool speaks;               /* rank 0 */
    bool terminal;             /* renew a line on standard error */
    double start, phase, last; /* seconds */
};

void pt_progress_begin(struct pt_progress *progress, bool speaks, bool quiet);

/* Renews the line, at most ten times a second: `done` of `all` bytes. */
void pt_progress_show(void *progress, uint64_t done, uint64_t all);

/* Ends a phase: "Aligned 1234 calls in 0.5 s" to the log, at level info. */
void pt_progress_phase(struct pt_progress *progress, const char *what, uint64_t n,
                       const char *unit);

#endif
