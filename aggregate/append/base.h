/* The result that runs are added to (--append), in place of the traces it was made of.
 *
 * Its calls and values are written once more as traces, one per process, that take part
 * in the alignment as the pivot and, where a run's trace has the data of a value, have
 * the moments of each element:
 *
 *     NAME.h5 ──▶ base traces ─┐
 *     new traces ──────────────┴─▶ aligned, measured, merged ──▶ NAME.h5.tmp ──▶
 * NAME.h5
 *
 * The old traces are not read. A base trace counts as the n_runs of the result. In it,
 * a value of numbers has elements of PT_BASE_ITEM bytes (twice of complex type: the
 * real plane, then the imaginary one), `reason` holds dtype and item bytes of the
 * samples, and `form` the number of runs that had the value. */
#ifndef PT_APPEND_BASE_H
#define PT_APPEND_BASE_H

#include "alignment/skeleton.h"
#include "statistics/moments.h"
#include "statistics/options.h"
#include "team/team.h"

enum { PT_BASE_ITEM = sizeof(struct pt_moments) };

struct pt_base_run {
    uint64_t run_id, seed, calls;
    int64_t created_ns, duration_ns;
    uint32_t flags;
    uint64_t info_first, info_bytes; /* slice of pt_base.info */
    char *experiment, *host, *program, *trace;
};

struct pt_base_process {
    char *role;
    uint32_t n_runs;
    uint64_t first_call, n_calls; /* rows of calls/ */
};

/* A row of traces/. */
struct pt_base_trace {
    uint64_t bytes, checksum;
    uint32_t run, process;
    char *path;
};

struct pt_base {
    const char *path; /* borrowed; NULL: nothing is added to */
    void *file;       /* the open result */
    struct pt_base_run *runs;
    size_t n_runs;
    struct pt_base_process *processes;
    size_t n_processes;
    struct pt_base_trace *traces;
    size_t n_traces;
    char *info, *command;
};

/* Opens the result and writes its traces into `folder` (rank 0). Collective.
 * PT_E_USAGE: it was not made with --mergeable, or with other options than these; else
 * what the reader of results says. The caller ends *base with pt_base_close. */
PT_MUST_CHECK enum pt_status pt_base_open(const struct pt_team *team, const char *path,
                                          const char *folder,
                                          const struct pt_stat_options *options,
                                          const char *alignment, struct pt_base *base,
                                          struct pt_error *error);
void pt_base_close(struct pt_base *base);

/* base_trace.c: the traces of the processes, as files of `folder`. */
PT_MUST_CHECK enum pt_status pt_base_write_traces(const struct pt_base *base,
                                                  const char *folder,
                                                  struct pt_error *error);

/* Gives the calls of a base trace, just read, what the result says of them: keys,
 * times, flags, numbers of runs. Those that the pivot lacked keep the flag
 * PT_CALL_NOT_PIVOT. PT_E_DAMAGED: the two do not fit. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_base_skeleton(const struct pt_base *base,
                                              const char *role,
                                              struct pt_skeleton *skeleton,
                                              struct pt_error *error);

/* PT_E_USAGE if one of the catalogue's runs is in the result already. */
struct pt_catalogue;
PT_MUST_CHECK enum pt_status pt_base_check_runs(const struct pt_base *base,
                                                const struct pt_catalogue *catalogue,
                                                struct pt_error *error);

#endif
