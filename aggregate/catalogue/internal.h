/* The steps of pt_catalogue_read, one file each. */
#ifndef PT_CATALOGUE_INTERNAL_H
#define PT_CATALOGUE_INTERNAL_H

#include "catalogue/catalogue.h"
#include "team/array.h"

/* list.c: the paths, one after another with their NUL, the same on all ranks; the first
 * *reference_bytes of them are those of the reference. */
PT_MUST_CHECK enum pt_status
pt_catalogue_list(const struct pt_team *team,
                  const struct pt_catalogue_request *request, char **paths,
                  size_t *bytes, size_t *reference_bytes, struct pt_error *error);

/* import.c: where `path` is a pickle (or the format says that all are), converts it to
 * the i-th trace of the import folder, and names that in *trace; else leaves *trace
 * alone. What is wrong with the pickle is the status of *trace, or its words. */
PT_MUST_CHECK enum pt_status
pt_catalogue_import(const char *path, size_t i,
                    const struct pt_catalogue_import *import,
                    struct pt_catalogue_trace *trace, struct pt_error *error);

/* probe.c: opens one file, or what *trace says it was converted to. What is wrong with
 * it is its status, not the function's; info (array of char) gets its lines. */
PT_MUST_CHECK enum pt_status pt_catalogue_probe(const char *path,
                                                struct pt_catalogue_trace *trace,
                                                struct pt_array *info,
                                                struct pt_error *error);

/* pair.c: sorts, drops duplicates, fills runs and processes. */
PT_MUST_CHECK enum pt_status pt_catalogue_pair(struct pt_catalogue *catalogue,
                                               bool talk, struct pt_error *error);

/* compare.c: PT_E_USAGE where runs differ in their noise, the reference apart. */
PT_MUST_CHECK enum pt_status pt_catalogue_require(const struct pt_catalogue *catalogue,
                                                  struct pt_error *error);

/* Warns of what differs between runs and is not rounding. */
void pt_catalogue_compare(const struct pt_catalogue *catalogue);

#endif
