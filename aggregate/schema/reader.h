/* Reads the result file (SCHEMA.md) by slices; nothing proportional to the file is ever
 * in memory.
 *
 * Opening checks format, version, and that every column is there, one-dimensional, of
 * its documented type and as long as its group. Columns are contiguous and
 * little-endian, so a slice is one pread at the column's place in the file: any number
 * of threads read at once, and HDF5 itself (which may not be thread-safe) is used only
 * while opening, under a lock, and for columns that a tool has rewritten in another
 * layout (chunked, compressed), under the same lock. HDF5's own error printing is off
 * from the first open on.
 *
 * What a file says of itself is not trusted: every slice is checked against the
 * column's length, so first/count columns that point outside give PT_E_DAMAGED. */
#ifndef PT_SCHEMA_READER_H
#define PT_SCHEMA_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "schema/schema.h"

struct pt_result; /* opaque */

/* The attributes of the root group, and the file they were read from. */
struct pt_result_about {
    char *path;     /* as given to open */
    uint64_t bytes; /* size of the file */
    int64_t mtime_ns;
    uint32_t major, minor;
    int64_t created_ns;
    uint32_t n_runs;
    double probability, contributing_probability, confidence;
    char method[32], error[32], alignment[32], generator[64];
    uint32_t ddof;
    uint32_t has_digits;
    uint32_t runs_needed; /* that place the digits within ±1 bit; 0: not told */
};

/* Opens `path` for reading. Errors: PT_E_IO (cannot be opened), PT_E_FORMAT (not HDF5,
 * or HDF5 that is not a result of ours), PT_E_VERSION, PT_E_DAMAGED (a column is
 * missing, of another type, or cut). The caller ends *result with pt_result_close.
 * Thread: safe. */
PT_MUST_CHECK enum pt_status pt_result_open(const char *path, struct pt_result **result,
                                            struct pt_error *error);
void pt_result_close(struct pt_result *result); /* NULL is legal. Caller locks. */

/* Borrowed until close. Thread: safe. */
const struct pt_result_about *pt_result_about(const struct pt_result *result);

/* Rows of a column (bytes of a blob); 0 of a column that the file is too old to have.
 * Thread: safe. */
uint64_t pt_result_rows(const struct pt_result *result,
                        enum pt_result_column_id column);
/* Bytes of one row: 1, 4 or 8; of a TEXT column its width. Thread: safe. */
size_t pt_result_width(const struct pt_result *result, enum pt_result_column_id column);

/* Reads rows [first, first + count) into `out`, count × width bytes, as the column's
 * documented type. Errors: PT_E_DAMAGED (outside the column, or the file was cut),
 * PT_E_IO. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_result_read(const struct pt_result *result,
                                            enum pt_result_column_id column,
                                            uint64_t first, uint64_t count, void *out,
                                            struct pt_error *error);

/* One row of a numeric column; names of the types are those of the column. */
PT_MUST_CHECK enum pt_status pt_result_u8(const struct pt_result *result,
                                          enum pt_result_column_id column, uint64_t row,
                                          uint8_t *value, struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_u32(const struct pt_result *result,
                                           enum pt_result_column_id column,
                                           uint64_t row, uint32_t *value,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_u64(const struct pt_result *result,
                                           enum pt_result_column_id column,
                                           uint64_t row, uint64_t *value,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_i64(const struct pt_result *result,
                                           enum pt_result_column_id column,
                                           uint64_t row, int64_t *value,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_result_f64(const struct pt_result *result,
                                           enum pt_result_column_id column,
                                           uint64_t row, double *value,
                                           struct pt_error *error);

/* One row of a TEXT column, NUL-terminated; the caller frees *text. */
PT_MUST_CHECK enum pt_status pt_result_text(const struct pt_result *result,
                                            enum pt_result_column_id column,
                                            uint64_t row, char **text,
                                            struct pt_error *error);

/* Bytes [first, first + bytes) of a blob (a U8 column), with a NUL after them that is
 * not counted; the caller frees *text. More than `limit` bytes is PT_E_LIMIT. */
PT_MUST_CHECK enum pt_status pt_result_blob(const struct pt_result *result,
                                            enum pt_result_column_id column,
                                            uint64_t first, uint64_t bytes,
                                            uint64_t limit, char **text,
                                            struct pt_error *error);

/* What a run says of itself: lines key=value, the first 4 MiB of them; the caller frees
 * *text. */
PT_MUST_CHECK enum pt_status pt_result_info(const struct pt_result *result,
                                            uint64_t run, char **text,
                                            struct pt_error *error);

#endif
