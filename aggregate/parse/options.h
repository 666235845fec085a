/* The command line of pytracer-parse, over the configuration. */
#ifndef PT_PARSE_OPTIONS_H
#define PT_PARSE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "alignment/match.h"
#include "base/status.h"
#include "catalogue/catalogue.h"
#include "result/extra.h"
#include "statistics/options.h"

struct pt_parse_options {
    char **files; /* borrowed from argv; the list is owned */
    size_t n_files;
    const char *directory, *output, *config, *hints, *reference, *append;
    const char *scratch; /* folder, NULL: chosen */
    uint64_t batch;
    uint64_t memory_mib, least_share_mib;
    struct pt_stat_options statistics;
    enum pt_alignment alignment;
    enum pt_catalogue_format format; /* of the traces */
    struct pt_extra extra;           /* columns besides the usual ones */
    unsigned threads;                /* 0: by the cores that this rank may use */
    bool has_output, traffic, online, strict, force, quiet, help, version;
};

/* PT_E_USAGE, naming the option and what it takes. The caller ends *options with
 * pt_parse_options_free. */
PT_MUST_CHECK enum pt_status pt_parse_options_read(int argc, char **argv,
                                                   struct pt_parse_options *options,
                                                   struct pt_error *error);
void pt_parse_options_free(struct pt_parse_options *options);

void pt_parse_help(FILE *out);

#endif
