/* Which traces there are, and what they are samples of.
 *
 * A sample is a run. A run may consist of several processes (main, MPI ranks, forks),
 * one trace each; the same role is paired across runs, never two processes of one run:
 *
 *              run 1     run 2     run 3
 *   main       a.trace   b.trace   c.trace
 *   rank 1     d.trace   e.trace      –
 *
 * Each file is opened by one rank, and what it found is shared. */
#ifndef PT_CATALOGUE_CATALOGUE_H
#define PT_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/format.h"
#include "pickle/emit.h"
#include "team/team.h"

enum { PT_CATALOGUE_PATH = 4096, PT_CATALOGUE_WORDS = 512 };

/* One trace file that can be used. Plain data: it travels between ranks as bytes. */
struct pt_catalogue_trace {
    char path[PT_CATALOGUE_PATH];
    struct pt_trace_header header;
    uint64_t bytes; /* of the file */
    uint64_t
        given; /* place in catalogue.paths: the file that was named, a pickle too */
    uint64_t given_bytes, checksum; /* of that file */
    int64_t duration_ns;
    uint32_t flags; /* enum pt_result_run_flag */
    uint32_t run;   /* row of runs */
    uint32_t process;
    uint64_t info_first; /* slice of catalogue.info: lines key=value */
    uint64_t info_bytes;
    uint64_t bytes_read, opens; /* to look at it */
    enum pt_status status;      /* PT_OK: usable; otherwise why not, in words */
    char words[PT_CATALOGUE_WORDS];
};

struct pt_catalogue_run {
    char experiment[PT_TRACE_ID_BYTES];
    uint64_t run_id;
    uint32_t first_trace; /* its main process, or the first it has */
    uint32_t flags;
};

struct pt_catalogue_process {
    char role[PT_TRACE_ID_BYTES + 16]; /* main, rank 3, main/0 */
    uint32_t kind, rank;
    uint32_t n_runs; /* samples that have it */
};

struct pt_catalogue {
    struct pt_catalogue_trace *traces; /* sorted by (run, process), owned */
    size_t n_traces;
    struct pt_catalogue_run *runs; /* sorted by (experiment, run_id), owned */
    size_t n_runs;                 /* the reference, if any, is the last */
    size_t n_samples;              /* without the reference or base */
    size_t n_base; /* runs that the last of runs, the base, stands for; 0: none */
    struct pt_catalogue_process *processes; /* main first, owned */
    size_t n_processes;
    char *info; /* owned */
    size_t info_bytes;
    char *paths;       /* of all files, NUL-terminated one behind the other, owned */
    size_t n_left_out; /* files that were not usable */
    uint64_t bytes_read, opens; /* by this rank */
};

enum pt_catalogue_format { PT_FORMAT_AUTO, PT_FORMAT_NATIVE, PT_FORMAT_PICKLE };

/* Pickles are converted to native traces, each by the rank that opens it, in a folder
 * that all ranks see; the stages behind the catalogue know native traces only. */
struct pt_catalogue_import {
    enum pt_catalogue_format format; /* of the files */
    const char *folder;              /* made where there is a pickle */
    struct pt_pickle_limits limits;
};

struct pt_catalogue_request {
    char *const *files; /* rank 0's alone; others may have none */
    size_t n_files;
    const char *folder;    /* read where there are no files */
    const char *reference; /* trace, or folder of the traces, of a run that is no
                            * sample: the IEEE run; or NULL */
    bool base;             /* the reference is the base of --append (append/base.h) */
    bool strict;           /* a file that is left out is an error */
    struct pt_catalogue_import import;
};

/* Collective. Warnings (what is left out and why, what differs between runs) go to the
 * log of rank 0. PT_E_MISSING: no trace is left, the words say what to do; PT_E_USAGE:
 * traces of different programs. The caller ends *catalogue with pt_catalogue_free. */
PT_MUST_CHECK enum pt_status
pt_catalogue_read(const struct pt_team *team,
                  const struct pt_catalogue_request *request,
                  struct pt_catalogue *catalogue, struct pt_error *error);
void pt_catalogue_free(struct pt_catalogue *catalogue);

/* Samples of the result: runs traced, and those that the base stands for. */
static inline size_t pt_catalogue_total(const struct pt_catalogue *catalogue)
{
    return catalogue->n_samples + catalogue->n_base;
}

/* Collective: removes the converted traces, also after a failure. */
void pt_catalogue_import_end(const struct pt_team *team, const char *import_folder);

/* The value of a key in the info lines of a trace, or NULL; *bytes: its length. */
const char *pt_catalogue_info(const struct pt_catalogue *catalogue, size_t trace,
                              const char *key, size_t *bytes);

#endif
