/* The calls of all runs joined, in the order of the pivot's time, spread over the
 * ranks: each rank has a contiguous stretch of them, so that what it reads of each
 * trace are whole blocks in file order.
 *
 *   calls of the pivot      stand where their number says: call k of a run goes to
 *                           its partner, and only where its values are travels
 *   calls that it lacks     travel whole and are joined by key, then sorted in
 *
 * A rank holds its stretch of the joined calls, and of the traces that it reads the
 * packed calls; nothing else grows with the calls. */
#ifndef PT_ALIGNMENT_JOIN_H
#define PT_ALIGNMENT_JOIN_H

#include "alignment/align.h"

/* Where the values of a call stand in one run's trace. */
struct pt_call_run {
    uint64_t refs[2];     /* inputs, outputs */
    uint32_t n_values[2]; /* UINT32_MAX in both: this run did not make the call */
};

struct pt_call {
    uint64_t key, parent_key; /* 0: no enclosing call */
    uint64_t time, end_time;  /* in the run `from` */
    uint64_t place;           /* in the pivot's time, see match.h */
    int64_t start_ns, end_ns;
    uint32_t function, parent_function, site, path; /* rows, PT_RESULT_NONE32 */
    uint32_t process, thread, flags, n_runs;
    uint32_t from;          /* the pivot, or the first run that has the call */
    uint32_t parent_n_runs; /* UINT32_MAX: no enclosing call */
    int64_t parent;         /* row of the enclosing call, −1 */
};

/* A call of one run that the pivot lacks, as it travels. call.parent: the number of the
 * enclosing call among the pivot's calls of its process, −1: see parent_key. */
struct pt_call_part {
    struct pt_call call;
    struct pt_call_run run;
    uint32_t run_number, unused;
};

/* From a call of an unpacked skeleton that has partners, or is the pivot. */
void pt_call_part_make(const struct pt_catalogue_trace *trace,
                       const struct pt_skeleton *skeleton,
                       const struct pt_skeleton_call *call, struct pt_call_part *part);

struct pt_calls {
    struct pt_call *items;    /* by (process, place, from, time, key), owned */
    struct pt_call_run *runs; /* n_runs × n: of each run its calls, owned */
    size_t n;
    size_t n_runs;
    uint64_t first, total; /* row of items[0]; rows of all ranks */
    uint64_t *starts;      /* size + 1: first row of each rank, owned */
    /* Of each run, over all ranks: its calls, and those that all runs made. */
    uint64_t *run_calls, *run_matched; /* n_runs, owned */
};

/* Collective; takes the calls of the skeletons (frees them as it goes) as
 * pt_align_match leaves them. PT_E_MEMORY, PT_E_LIMIT, PT_E_DAMAGED. The caller ends
 * *calls with pt_calls_free. */
PT_MUST_CHECK enum pt_status
pt_calls_join(const struct pt_team *team, const struct pt_catalogue *catalogue,
              const uint32_t *pivots, struct pt_skeleton *skeletons, size_t n,
              struct pt_calls *calls, struct pt_error *error);
void pt_calls_free(struct pt_calls *calls);

/* The rank that has a row. Thread: safe. */
int pt_calls_rank(const struct pt_team *team, const uint64_t *starts, uint64_t row);

#endif
