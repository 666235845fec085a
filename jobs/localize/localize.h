/* pytracer localize: what its files share. Thread: the program's only one. */
#ifndef PT_LOCALIZE_LOCALIZE_H
#define PT_LOCALIZE_LOCALIZE_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "localize/units.h"

/* The command line. Texts are borrowed from argv, or from what resume has read. */
struct pt_localize_options {
    uint64_t runs, jobs, seed, top;
    bool has_seed, plain, functions_only, no_insight, help;
    double timeout, min_digits; /* seconds, 0: none; bits, negative: chosen */
    const char *folder, *resume, *config, *python;
    const char *layers, *mode;
    const char *number, *compare, *function; /* what is watched; all NULL: numbers */
    char **command;
    size_t n_command;
};

/* A trial that was made, in this call or before it was resumed. */
struct pt_trial {
    uint64_t key;
    bool harm;
    double digits; /* of the result; NaN where a command compares */
    uint64_t runs;
};

struct pt_localize {
    struct pt_localize_options options;
    struct pt_config *config; /* of every run; scopes are put in for each trial */
    char *folder;             /* absolute */
    char *tracer, *parse;     /* programs */
    regex_t number;
    double threshold; /* bits: fewer are harm */
    struct pt_units lines, functions;
    struct pt_trial *trials;
    size_t n_trials;
    uint64_t n_runs; /* of the program, in this call */
    bool stopped;    /* somebody wanted us to stop */
};

/* Path in the folder; the caller frees it. NULL: no memory. */
char *pt_localize_path(const struct pt_localize *localize, const char *format, ...)
    PT_PRINTF(2, 3);

/* PT_E_USAGE names what is wrong. */
PT_MUST_CHECK enum pt_status
pt_localize_options_read(int argc, char **argv, struct pt_localize_options *options,
                         struct pt_error *error);

#endif
