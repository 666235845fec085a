/* The calls of one trace, from its skeleton stream alone (pass 1). */
#ifndef PT_ALIGNMENT_SKELETON_H
#define PT_ALIGNMENT_SKELETON_H

#include "alignment/definitions.h"
#include "format/reader.h"

enum { PT_SKELETON_SKETCH = 128 };

/* Times are below it, so that sums of twice as much over thousands of processes are no
 * overflow. */
#define PT_SKELETON_TIMES ((uint64_t)1 << 48)

struct pt_skeleton_call {
    uint64_t key;  /* identity across runs, see align.h */
    uint64_t item; /* hash of function and place of the call */
    uint64_t time, end_time;
    uint64_t place; /* in the pivot's time, see match.h */
    int64_t start_ns, end_ns;
    uint64_t refs[2]; /* first value of inputs, outputs */
    uint32_t n_values[2];
    uint32_t parent;               /* index in this array, UINT32_MAX: none */
    uint32_t function, site, path; /* rows of the definitions */
    uint32_t thread;
    uint32_t flags;  /* enum pt_result_call_flag */
    uint32_t n_runs; /* 1; of a base, those that made the call */
};

/* Function and place of a call: many calls share one. */
struct pt_skeleton_what {
    uint64_t item;
    uint32_t function, site, path;
};

/* pack.h */
struct pt_skeleton_packed {
    unsigned char *bytes; /* owned */
    size_t n_bytes;
    struct pt_skeleton_what *whats; /* owned */
};

struct pt_skeleton {
    uint32_t trace;                 /* in the catalogue */
    struct pt_skeleton_call *calls; /* by time, owned; NULL while they are packed */
    size_t n, room;                 /* room: of `calls` */
    struct pt_skeleton_packed packed;
    uint64_t n_damaged_blocks;
    /* Set by pt_align_keys (match.c changes keys, not these): the whole as one hash,
     * and the least hashes of its keys, which tell how alike two skeletons are
     * (bottom-k sketch, Broder 1997). */
    uint64_t hash;
    uint64_t sketch[PT_SKELETON_SKETCH];
    /* Set by pt_align_match: of each call its index among the pivot's calls,
     * UINT32_MAX: the pivot lacks it; NULL: the calls are the pivot's, one by one.
     * Owned. */
    uint32_t *partner;
    struct pt_array
        extras; /* struct pt_call_part (join.h): the calls that the pivot lacks */
};

/* Reads the calls of the reader's trace. A damaged block is skipped and counted.
 * *spare: an array of calls whose memory is used, and then the skeleton's; empty behind
 * it. The caller ends *skeleton with pt_skeleton_free. */
PT_MUST_CHECK enum pt_status
pt_skeleton_read(struct pt_trace_reader *reader, const struct pt_trace_hashes *hashes,
                 const struct pt_definitions *definitions, struct pt_array *spare,
                 struct pt_skeleton *skeleton, struct pt_error *error);
void pt_skeleton_free(struct pt_skeleton *skeleton);

#endif
