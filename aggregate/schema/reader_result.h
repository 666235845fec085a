/* What the parts of the reader share: reader_open.c and reader_about.c fill it with
 * HDF5's help, reader.c reads slices from it. Not for other parts. */
#ifndef PT_SCHEMA_READER_RESULT_H
#define PT_SCHEMA_READER_RESULT_H

#include <hdf5.h>
#include <pthread.h>

#include "schema/reader.h"

/* Where a column lies. direct: rows × width bytes at `offset` of the file,
 * little-endian on a little-endian machine. Otherwise HDF5 reads it, through `dataset`.
 */
struct pt_result_place {
    uint64_t rows;
    uint64_t offset;
    size_t width;
    bool direct;
    hid_t dataset; /* -1 where direct */
};

enum { PT_RESULT_TEXT_WIDTH = 1 << 16 }; /* most bytes of a text */

struct pt_result {
    struct pt_result_about about;
    int fd;
    hid_t file;
    struct pt_result_place places[PT_N_COLUMNS];
};

/* Around every use of HDF5, for it may not be thread-safe; also turns its error
 * printing off for the calling thread. */
void pt_result_lock(void);
void pt_result_unlock(void);

/* The type in memory of a column's rows; the caller closes it with H5Tclose. */
hid_t pt_result_memory_type(enum pt_column_type type, size_t width);

/* Checks the format and the version and reads the attributes of the root group.
 * PT_E_FORMAT, PT_E_VERSION, PT_E_DAMAGED (one is missing). Caller locks HDF5. */
PT_MUST_CHECK enum pt_status pt_result_read_about(struct pt_result *result,
                                                  struct pt_error *error);

/* Path of a column in the file ("values/mean"). */
void pt_result_column_path(enum pt_result_column_id column, char *path, size_t size);

#endif
