/* Walks the calls of a trace in the order of their records. Thread: safe. */
#ifndef PT_JOBS_INSPECT_WALK_H
#define PT_JOBS_INSPECT_WALK_H

#include "base/map.h"
#include "format/reader.h"

/* A call that has been entered and not left. */
struct pt_walk_call {
    uint32_t function;
    uint32_t depth; /* number of traced calls around it */
};

struct pt_walk {
    struct pt_trace_reader *reader;
    struct pt_map open; /* time of entry → function in the upper half, depth below */
    uint64_t n_calls, n_values, data_bytes;
    int64_t last_ns;
    uint64_t n_lost; /* blocks of the skeleton that could not be read */

    void *context;
    /* Called with each record; `call` describes it. Exits of calls whose entry is lost
     * have function 0. A status that is not PT_OK ends the walk. */
    enum pt_status (*enter)(struct pt_walk *walk, const struct pt_trace_enter *enter,
                            const struct pt_walk_call *call, struct pt_error *error);
    enum pt_status (*exit)(struct pt_walk *walk, const struct pt_trace_exit *exit,
                           const struct pt_walk_call *call, struct pt_error *error);
};

/* Damaged blocks are counted and passed over. The caller ends the walk with
 * pt_walk_clear, in any case. */
PT_MUST_CHECK enum pt_status pt_walk_calls(struct pt_walk *walk,
                                           struct pt_error *error);
void pt_walk_clear(struct pt_walk *walk);

#endif
