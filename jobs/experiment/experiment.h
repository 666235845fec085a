/* An experiment: N runs of one program, their seeds and what became of them, in one
 * folder that holds everything and can be moved.
 *
 *     experiment.json   this structure
 *     config.json       configuration of every run; include.txt, exclude.txt beside it
 *     traces/           sealed traces of the runs that are used
 *     reference/        those of the run under IEEE arithmetic
 *     control/          those of run 1 repeated
 *     failed/run-0003/  traces of a run that is kept out
 *     work/run-0004/    traces of a run in progress
 *     logs/             run-0001.out, run-0001.err, parse.out, parse.err
 *     status/           run-0001, result: what batch jobs have to say, "key=value"
 * lines sources/          copies of the traced sources stats/            the result
 * file
 *
 * Runs have places: the two extra ones, then run 1, run 2, ….
 *
 * Thread: an experiment belongs to one thread, its folder to one process. */
#ifndef PT_EXPERIMENT_H
#define PT_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum pt_run_state {
    PT_RUN_WAITING,
    PT_RUN_DONE,   /* used */
    PT_RUN_FAILED, /* exit status or signal, or no trace */
    PT_RUN_TIMED_OUT,
    PT_RUN_STOPPED, /* a batch job that was told to end: time limit, scancel */
    PT_N_RUN_STATES
};

/* The places of runs that are no samples. */
enum pt_run_place {
    PT_PLACE_REFERENCE, /* under IEEE arithmetic: what digits are counted against */
    PT_PLACE_CONTROL,   /* the seed of run 1 again: must be the same bit for bit */
    PT_PLACE_FIRST      /* run 1 */
};

enum { PT_RUN_NAME = 32 };

struct pt_run {
    bool wanted; /* of the extra ones; always true of samples */
    uint64_t seed;
    enum pt_run_state state;
    int exit_status; /* -1: ended by `signal` */
    int signal;
    double seconds;
};

struct pt_experiment {
    char *folder; /* absolute, as found; not in the file */
    char *id;     /* PYTRACER_EXPERIMENT of the runs */
    int64_t created_ns;
    uint64_t seed;   /* of the whole; a run's own is pt_experiment_seed */
    char *directory; /* where the program runs */
    char *python;    /* NULL: as the environment says */
    char **command;  /* what would follow `python` */
    size_t n_command;
    double timeout;   /* seconds; 0: none */
    uint32_t threads; /* of each run */
    struct pt_run extra[PT_PLACE_FIRST];
    struct pt_run *runs; /* run i has number i + 1 */
    size_t n_runs;
    char *result; /* file name in stats/, NULL: none yet */
    char **jobs;  /* ids of the batch jobs, in order of submission */
    size_t n_jobs;
    char **versions; /* "numpy.version=1.24.2": what the runs ran with */
    size_t n_versions;
};

/* The run at `place`, below PT_PLACE_FIRST + n_runs; an extra one may not be wanted.
 * Borrowed. */
struct pt_run *pt_experiment_run(struct pt_experiment *experiment, size_t place);

/* "reference", "control", "run-0001". Thread: safe. */
void pt_experiment_run_name(size_t place, char name[PT_RUN_NAME]);

/* The folder that the sealed traces of the run go to: "reference", "control", "traces".
 * Thread: safe. */
const char *pt_experiment_run_folder(size_t place);

/* Seed of run `number` (from 1): splitmix64 of seed + number. Thread: safe. */
uint64_t pt_experiment_seed(uint64_t seed, uint64_t number);

/* Makes the folder with its subfolders and writes experiment.json. A folder that holds
 * an experiment already is PT_E_EXISTS, as is one with other things in it. */
PT_MUST_CHECK enum pt_status pt_experiment_create(struct pt_experiment *experiment,
                                                  struct pt_error *error);

/* Reads `folder`/experiment.json. PT_E_MISSING: no experiment; PT_E_FORMAT: not one of
 * ours. The caller ends *experiment with pt_experiment_destroy. */
PT_MUST_CHECK enum pt_status pt_experiment_read(const char *folder,
                                                struct pt_experiment **experiment,
                                                struct pt_error *error);

/* Writes experiment.json anew, by temporary name and rename. */
PT_MUST_CHECK enum pt_status pt_experiment_write(const struct pt_experiment *experiment,
                                                 struct pt_error *error);

/* Takes over what batch jobs left in status/: runs that ended, and the result. Files
 * that make no sense are passed over. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_experiment_collect(struct pt_experiment *experiment,
                                                   struct pt_error *error);

void pt_experiment_destroy(struct pt_experiment *experiment);

/* Path of something in the folder; the caller frees it. NULL: no memory. */
char *pt_experiment_path(const struct pt_experiment *experiment, const char *format,
                         ...) PT_PRINTF(2, 3);

#endif
