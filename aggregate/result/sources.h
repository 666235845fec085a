/* The texts of the source files that functions and sites name, so that one result file
 * is enough on another machine. */
#ifndef PT_RESULT_SOURCES_H
#define PT_RESULT_SOURCES_H

#include "alignment/definitions.h"
#include "catalogue/catalogue.h"

struct pt_source {
    const char *path; /* borrowed from the definitions */
    uint64_t first, bytes;
};

struct pt_sources {
    struct pt_array list; /* struct pt_source, sorted by path */
    struct pt_array text; /* bytes */
};

/* Rank 0's work. A text is looked for by the hash that the trace's metadata give for
 * the file, in the folder `sources` of the cache that the traces are in, then in
 * `folder` (may be NULL); failing these, the file itself is read. What is not found is
 * left out. The caller ends *sources with pt_sources_free. */
PT_MUST_CHECK enum pt_status pt_sources_read(const struct pt_catalogue *catalogue,
                                             const struct pt_definitions *definitions,
                                             const char *folder,
                                             struct pt_sources *sources,
                                             struct pt_error *error);
void pt_sources_free(struct pt_sources *sources);

#endif
