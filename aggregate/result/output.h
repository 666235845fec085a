/* The result file while it is written: NAME.tmp, all ranks together, then NAME.
 *
 * Every function is collective where it does not say otherwise. A rank that failed in a
 * write joins the rest with what it has; the outcome is agreed, and the first failure
 * makes the file one that is thrown away: later calls do nothing. Nothing stands under
 * the final name until pt_output_publish has succeeded on all ranks. */
#ifndef PT_RESULT_OUTPUT_H
#define PT_RESULT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema/schema.h"
#include "team/team.h"

struct pt_output; /* opaque */

/* Creates "<path>.tmp". hints: "key=value,key=value" for MPI-IO, or NULL. */
PT_MUST_CHECK enum pt_status pt_output_create(const struct pt_team *team,
                                              const char *path, const char *hints,
                                              struct pt_output **output,
                                              struct pt_error *error);

/* Creates a column of `rows` rows. width: of TEXT, at least 1. All ranks give the same
 * numbers. */
PT_MUST_CHECK enum pt_status pt_output_column(struct pt_output *output,
                                              enum pt_result_column_id id,
                                              uint64_t rows, uint32_t width,
                                              struct pt_error *error);

/* Writes this rank's rows [start, start + n) of a column; `data` is in the column's own
 * type (TEXT: n × width bytes). In pieces of at most 1 GiB. */
PT_MUST_CHECK enum pt_status pt_output_write(struct pt_output *output,
                                             enum pt_result_column_id id,
                                             uint64_t start, uint64_t n,
                                             const void *data, struct pt_error *error);

/* Stretches of a column, at rising places; their data stand one behind the other.
 *
 * Where the file is direct (the same on all ranks), each rank writes its stretches by
 * itself and on any one thread, beside which no other function of the file is called;
 * the caller agrees on the outcome. With hints MPI-IO writes them: collective. */
struct pt_output_stretch {
    uint64_t start, n;
};
bool pt_output_direct(const struct pt_output *output);
PT_MUST_CHECK enum pt_status
pt_output_write_stretches(struct pt_output *output, enum pt_result_column_id id,
                          const struct pt_output_stretch *stretches, size_t n,
                          const void *data, struct pt_error *error);

/* Attributes of the root group; the same on all ranks. */
PT_MUST_CHECK enum pt_status
pt_output_number(struct pt_output *output, const char *name, enum pt_column_type type,
                 const void *value, struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_output_text(struct pt_output *output, const char *name,
                                            const char *text, struct pt_error *error);

/* Closes the file, and if all went well gives it its final name; otherwise removes it.
 * Ends *output in any case; NULL is legal. `mine`: this rank's status so far. */
PT_MUST_CHECK enum pt_status pt_output_publish(struct pt_output *output,
                                               enum pt_status mine,
                                               struct pt_error *error);

/* Whether HDF5 could not close a file: it would try again, and crash, in MPI_Finalize.
 * Thread: caller locks. Not collective. */
bool pt_output_stuck(void);

const struct pt_team *pt_output_team(const struct pt_output *output);

/* Bytes that this rank has written into columns. */
uint64_t pt_output_bytes(const struct pt_output *output);

#endif
