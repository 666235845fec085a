/* The command line of `pytracer run` and `pytracer submit`. */
#ifndef PT_RUN_OPTIONS_H
#define PT_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_run_options {
    uint64_t runs;  /* default 10 */
    uint64_t jobs;  /* runs at a time; 0: the cores we may use */
    uint64_t ranks; /* of the aggregation; 0: as many as jobs */
    uint64_t threads, seed;
    double timeout; /* seconds; 0: none */
    const char *experiment, *resume, *config, *python;
    const char *layers, *mode, *lapack; /* NULL: as configured; no layers: all */
    const char *method;                 /* NULL: parse's own */
    const char *compression;            /* NULL: as configured */
    uint64_t precision64, precision32, blas_limit, cancellation; /* 0: as configured */
    const char **targets, **only, **except; /* owned arrays of patterns of argv */
    size_t n_targets, n_only, n_except;
    bool has_seed, no_fuzzy, no_reference, control, no_parse, help;
    /* submit alone; texts are SLURM's own, NULL: not asked for */
    const char *partition, *account, *qos, *constraint, *mem, *time, *parse_time,
        *stage;
    uint64_t nodes, throttle; /* 0: one node for parse; no throttle */
    bool wait, dry_run, no_probe;
    char **command; /* NULL-terminated, borrowed from argv */
    size_t n_command;
};

/* PT_E_USAGE names what is wrong. `submit`: read the options of submit. The caller ends
 * *options with pt_run_options_clear, also after an error. */
PT_MUST_CHECK enum pt_status pt_run_options_read(int argc, char **argv, bool submit,
                                                 struct pt_run_options *options,
                                                 struct pt_error *error);

void pt_run_options_clear(struct pt_run_options *options);

/* Cores that this process may use. */
uint64_t pt_run_cores(void);

#endif
