/* The command line of pytracer-trace. */
#ifndef PT_LAUNCHER_OPTIONS_H
#define PT_LAUNCHER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "config.h"
#include "embed/handle.h"

struct pt_launch_options {
    bool help, version, dry_run, quiet;
    const char *config; /* NULL: PYTRACER_CONFIG, or the defaults */
    const char *python; /* NULL: as the environment says */
    const char *output; /* path of the trace, NULL: in the cache */
    enum pt_report report;
    const char **targets; /* texts borrowed */
    size_t n_targets;
    const char *report_file;  /* NULL: in the cache */
    const char *fuzzy_layers; /* NULL: as configured */
    const char *fuzzy_mode, *fuzzy_lapack, *compression;
    uint64_t blas_limit; /* 0: as configured */
    bool has_seed;
    uint64_t seed;
    uint32_t precision_binary64, precision_binary32; /* 0: as configured */
    uint32_t cancellation;                           /* 0: as configured */
    const char *coverage, *places; /* NULL: as configured; coverage "-": stderr */
    const char **only, **except;   /* owned arrays of scope patterns, n of them used */
    size_t n_only, n_except;
    char **command; /* what would follow `python` */
    int n_command;
};

/* Reads argv[1 …]; the texts are borrowed from it. PT_E_USAGE names the argument that
 * is wrong. Without --help and --version there is a command. The caller ends *options
 * with pt_launch_options_clear, also after an error. */
PT_MUST_CHECK enum pt_status pt_launch_options_parse(int argc, char **argv,
                                                     struct pt_launch_options *options,
                                                     struct pt_error *error);

void pt_launch_options_clear(struct pt_launch_options *options);

/* Puts what the options say into the configuration. Where neither gives a seed, it is
 * that of the environment (PYTRACER_SEED); a configured seed is made different for each
 * run of an experiment (splitmix64 of seed + run). */
PT_MUST_CHECK enum pt_status
pt_launch_options_apply(const struct pt_launch_options *options,
                        struct pt_config *config, struct pt_error *error);

extern const char pt_launch_usage[];

#endif
