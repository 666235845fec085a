/* The traces and results of a cache, for the listing of `pytracer info`. */
#ifndef PT_LISTING_H
#define PT_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum pt_listing_state {
    PT_LISTED_WHOLE,
    PT_LISTED_UNFINISHED, /* a .part: in writing, or its process was killed */
    PT_LISTED_DAMAGED     /* `problem` says how */
};

struct pt_listed {
    char *name, *path; /* path absolute */
    uint64_t bytes;
    int64_t created_ns; /* what the file says, else when it was last written */
    enum pt_listing_state state;
    char *problem;      /* NULL: none */
    char *args;         /* command line, NULL: not known */
    char *report, *log; /* paths, NULL: none */
    char **traces;      /* names, of a result */
    size_t n_traces;
};

struct pt_listing {
    struct pt_listed *items; /* by date, then name */
    size_t n;
};

/* Lists the traces (*.trace, *.trace.part) in a folder; a folder that is not there is
 * an empty list. A file that cannot be read is listed as damaged. PT_E_IO if the folder
 * cannot be read. End with pt_listing_destroy. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_listing_traces(const char *folder,
                                               struct pt_listing *listing,
                                               struct pt_error *error);

/* The listing of one trace, whatever its name. PT_E_MISSING if there is no such file.
 */
PT_MUST_CHECK enum pt_status pt_listing_trace_file(const char *path,
                                                   struct pt_listing *listing,
                                                   struct pt_error *error);

/* The same for results (*.h5). */
PT_MUST_CHECK enum pt_status pt_listing_results(const char *folder,
                                                struct pt_listing *listing,
                                                struct pt_error *error);

void pt_listing_destroy(struct pt_listing *listing);

#endif
