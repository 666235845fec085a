#include "schema/reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "schema/reader_result.h"

void pt_result_column_path(enum pt_result_column_id column, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", pt_result_columns[column].group,
             pt_result_columns[column].name);
}

const struct pt_result_about *pt_result_about(const struct pt_result *result)
{
    return &result->about;
}

uint64_t pt_result_rows(const struct pt_result *result, enum pt_result_column_id column)
{
    return result->places[column].rows;
}

size_t pt_result_width(const struct pt_result *result, enum pt_result_column_id column)
{
    return result->places[column].width;
}

static enum pt_status read_direct(const struct pt_result *result,
                                  const struct pt_result_place *place, uint64_t first,
                                  size_t bytes, void *out, struct pt_error *error)
{
    size_t got = 0;
    enum pt_status status =
        pt_read_at(result->fd, out, bytes, place->offset + first * place->width, &got,
                   result->about.path, error);
    if (status == PT_OK && got != bytes)
        status = pt_error_set(error, PT_E_DAMAGED, "%s: the file was cut while in use",
                              result->about.path);
    return status;
}

/* A column that is not contiguous and native: HDF5 finds and converts it. */
static enum pt_status read_hdf5(const struct pt_result *result,
                                enum pt_result_column_id column, uint64_t first,
                                uint64_t count, void *out, struct pt_error *error)
{
    const struct pt_result_place *place = &result->places[column];
    hsize_t start = first, n = count;

    pt_result_lock();
    hid_t type = pt_result_memory_type(pt_result_columns[column].type, place->width);
    hid_t file_space = H5Dget_space(place->dataset);
    hid_t memory_space = H5Screate_simple(1, &n, NULL);
    bool ok =
        type >= 0 && file_space >= 0 && memory_space >= 0 &&
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, &start, NULL, &n, NULL) >= 0 &&
        H5Dread(place->dataset, type, memory_space, file_space, H5P_DEFAULT, out) >= 0;
    if (memory_space >= 0)
        H5Sclose(memory_space);
    if (file_space >= 0)
        H5Sclose(file_space);
    if (type >= 0)
        H5Tclose(type);
    pt_result_unlock();
    return ok ? PT_OK
              : pt_error_set(error, PT_E_DAMAGED,
                             "%s: HDF5 cannot read the column %s/%s",
                             result->about.path, pt_result_columns[column].group,
                             pt_result_columns[column].name);
}

enum pt_status pt_result_read(const struct pt_result *result,
                              enum pt_result_column_id column, uint64_t first,
                              uint64_t count, void *out, struct pt_error *error)
{
    const struct pt_result_place *place = &result->places[column];

    if (first > place->rows || count > place->rows - first)
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: %s has %" PRIu64 " rows; %" PRIu64 " from %" PRIu64
                            " were asked for",
                            result->about.path, pt_result_columns[column].name,
                            place->rows, count, first);
    if (count == 0)
        return PT_OK;
    if (count > SIZE_MAX / place->width)
        return pt_error_set(error, PT_E_LIMIT, "%s: too much of %s at once",
                            result->about.path, pt_result_columns[column].name);
    if (place->direct)
        return read_direct(result, place, first, (size_t)count * place->width, out,
                           error);
    return read_hdf5(result, column, first, count, out, error);
}

#define DEFINE_ONE(name, c_type, type_id)                                              \
    enum pt_status pt_result_##name(const struct pt_result *result,                    \
                                    enum pt_result_column_id column, uint64_t row,     \
                                    c_type *value, struct pt_error *error)             \
    {                                                                                  \
        assert(pt_result_columns[column].type == type_id);                             \
        return pt_result_read(result, column, row, 1, value, error);                   \
    }
DEFINE_ONE(u8, uint8_t, PT_COLUMN_U8)
DEFINE_ONE(u32, uint32_t, PT_COLUMN_U32)
DEFINE_ONE(u64, uint64_t, PT_COLUMN_U64)
DEFINE_ONE(i64, int64_t, PT_COLUMN_I64)
DEFINE_ONE(f64, double, PT_COLUMN_F64)
#undef DEFINE_ONE

enum pt_status pt_result_text(const struct pt_result *result,
                              enum pt_result_column_id column, uint64_t row,
                              char **text, struct pt_error *error)
{
    char *bytes = calloc(1, result->places[column].width + 1);
    if (!bytes)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a text of %s",
                            pt_result_columns[column].name);
    enum pt_status status = pt_result_read(result, column, row, 1, bytes, error);
    if (status == PT_OK)
        *text = bytes;
    else
        free(bytes);
    return status;
}

enum pt_status pt_result_blob(const struct pt_result *result,
                              enum pt_result_column_id column, uint64_t first,
                              uint64_t bytes, uint64_t limit, char **text,
                              struct pt_error *error)
{
    if (bytes > limit)
        return pt_error_set(
            error, PT_E_LIMIT,
            "%s: a text of %" PRIu64 " bytes in %s; at most %" PRIu64 " are shown",
            result->about.path, bytes, pt_result_columns[column].name, limit);
    char *buffer = malloc((size_t)bytes + 1);
    if (!buffer)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a text of %s",
                            pt_result_columns[column].name);
    enum pt_status status = pt_result_read(result, column, first, bytes, buffer, error);
    if (status == PT_OK) {
        buffer[bytes] = '\0';
        *text = buffer;
    } else {
        free(buffer);
    }
    return status;
}
