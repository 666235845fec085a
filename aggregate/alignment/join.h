/* The calls of all runs joined by key, in the order of the pivot's time, spread over
 * the ranks: each rank has a contiguous stretch of them, so that what it reads of each
 * trace are whole blocks in file order. */
#ifndef PT_ALIGNMENT_JOIN_H
#define PT_ALIGNMENT_JOIN_H

#include "alignment/align.h"

/* Where the values of a call stand in one run's trace. */
struct pt_call_run {
    uint64_t refs[2];     /* inputs, outputs */
    uint32_t n_values[2]; /* UINT32_MAX in both: this run did not make the call */
};

struct pt_call {
    uint64_t key, parent_key;
    uint64_t time, end_time; /* in the run `from` */
    uint64_t place;          /* in the pivot's time, see match.h */
    int64_t start_ns, end_ns;
    uint32_t function, parent_function, site, path; /* rows, PT_RESULT_NONE32 */
    uint32_t process, thread, flags, n_runs;
    uint32_t from;          /* the pivot, or the first run that has the call */
    uint32_t parent_n_runs; /* UINT32_MAX: no enclosing call */
    int64_t parent;         /* row of the enclosing call, −1 */
};

struct pt_calls {
    struct pt_call *items;    /* by (process, place, from, time, key), owned */
    struct pt_call_run *runs; /* n × n_runs, by call, owned */
    size_t n;
    size_t n_runs;
    uint64_t first, total; /* row of items[0]; rows of all ranks */
    uint64_t *starts;      /* size + 1: first row of each rank, owned */
    /* Of each run, over all ranks: its calls, and those that all runs made. */
    uint64_t *run_calls, *run_matched; /* n_runs, owned */
};

/* Collective; takes the calls of the skeletons (frees them as it goes). PT_E_MEMORY,
 * PT_E_LIMIT. The caller ends *calls with pt_calls_free. */
PT_MUST_CHECK enum pt_status
pt_calls_join(const struct pt_team *team, const struct pt_catalogue *catalogue,
              const uint32_t *pivots, struct pt_skeleton *skeletons, size_t n,
              struct pt_calls *calls, struct pt_error *error);
void pt_calls_free(struct pt_calls *calls);

/* rows.c: sorts the joined calls of this rank, calls->n records of a pt_call and n_runs
 * pt_call_run each, into calls->items and ->runs. Takes *records where they become part
 * of the result (*records is NULL then), else the caller frees them. Not collective. */
PT_MUST_CHECK enum pt_status pt_calls_sort(void **records, size_t record_bytes,
                                           struct pt_calls *calls,
                                           struct pt_error *error);

/* rows.c, the last steps of pt_calls_join; collective: which rows this rank has; the
 * row of each call's caller; the flag of calls that not all runs made, and the counts.
 */
PT_MUST_CHECK enum pt_status pt_calls_number(const struct pt_team *team,
                                             struct pt_calls *calls,
                                             struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_calls_find_parents(const struct pt_team *team,
                                                   struct pt_calls *calls,
                                                   struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_calls_count(const struct pt_team *team,
                                            const struct pt_catalogue *catalogue,
                                            struct pt_calls *calls,
                                            struct pt_error *error);

/* The rank that has a row. Thread: safe. */
int pt_calls_rank(const struct pt_team *team, const uint64_t *starts, uint64_t row);

#endif
