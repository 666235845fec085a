#include "value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum pt_status pt_value_field(const char *name, enum pt_result_column_id *column,
                              struct pt_error *error)
{
    if (!name || strcmp(name, "mean") == 0)
        *column = PT_COLUMN_ELEMENTS_MEAN;
    else if (strcmp(name, "std") == 0)
        *column = PT_COLUMN_ELEMENTS_STD;
    else if (strcmp(name, "sig") == 0)
        *column = PT_COLUMN_ELEMENTS_SIG;
    else
        return pt_error_set(error, PT_E_USAGE, "field is mean, std or sig");
    return PT_OK;
}

static enum pt_status read_shape(const struct pt_result *result, struct pt_value *value,
                                 struct pt_error *error)
{
    uint64_t first = 0;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_VALUES_SHAPE_FIRST, value->row, &first, error);
    if (status == PT_OK && value->ndim > PT_VALUE_MAX_DIMS)
        status =
            pt_error_set(error, PT_E_DAMAGED, "value %" PRIu64 " has %u dimensions",
                         value->row, value->ndim);
    if (status == PT_OK)
        status = pt_result_read(result, PT_COLUMN_DIMS_SIZE, first, value->ndim,
                                value->shape, error);
    return status;
}

/* Elements as planes of pictures; false: the counts contradict each other. */
static bool lay_out(struct pt_value *value)
{
    uint64_t product = 1;
    for (unsigned i = 0; i < value->ndim; i++)
        if (__builtin_mul_overflow(product, value->shape[i], &product))
            return false;
    value->planes = 0;
    value->rows = value->columns = value->n_slices = 0;
    if (value->first_element == PT_RESULT_NONE64 || value->n_stored == 0)
        return true;
    value->planes = value->dtype[0] && value->dtype[1] == 'c' ? 2 : 1;
    if (value->n_stored % value->planes)
        return false;
    uint64_t each = value->n_stored / value->planes;
    if (product != value->n_elements || each != product) {
        value->rows = value->n_slices = 1; /* a sample: no positions */
        value->columns = each;
        return true;
    }
    value->columns = value->ndim > 0 ? value->shape[value->ndim - 1] : 1;
    value->rows = value->ndim > 1 ? value->shape[value->ndim - 2] : 1;
    value->n_slices = each / value->columns / value->rows;
    return true;
}

/* Tiles, where the file has them for this value. */
static enum pt_status find_tiles(const struct pt_result *result, struct pt_value *value,
                                 struct pt_error *error)
{
    uint64_t rows = pt_result_rows(result, PT_COLUMN_TILES_SIG_MIN);
    enum pt_status status = PT_OK;

    if (rows == 0 || value->planes == 0)
        return PT_OK;
    status = pt_result_u64(result, PT_COLUMN_VALUES_FIRST_TILE, value->row,
                           &value->first_tile, error);
    if (status != PT_OK || value->first_tile == PT_RESULT_NONE64)
        return status;
    if (!pt_tiling_of(value->shape, value->ndim, &value->tiling) ||
        value->tiling.rows != value->rows || value->tiling.columns != value->columns ||
        value->first_tile > rows ||
        value->planes * pt_tiling_count(&value->tiling) > rows - value->first_tile)
        return pt_error_set(error, PT_E_DAMAGED,
                            "value %" PRIu64 ": its shape and its tiles disagree",
                            value->row);
    value->has_tiles = true;
    return PT_OK;
}

/* Where the elements of a sample stand, if the file tells. */
static enum pt_status find_positions(const struct pt_result *result,
                                     struct pt_value *value, struct pt_error *error)
{
    uint64_t rows = pt_result_rows(result, PT_COLUMN_POSITIONS_ELEMENT);
    enum pt_status status = PT_OK;

    value->first_position = PT_RESULT_NONE64;
    if (rows > 0 && value->planes > 0)
        status = pt_result_u64(result, PT_COLUMN_VALUES_FIRST_POSITION, value->row,
                               &value->first_position, error);
    if (status == PT_OK && value->first_position != PT_RESULT_NONE64 &&
        (value->first_position > rows ||
         value->n_stored / value->planes > rows - value->first_position))
        status = pt_error_set(error, PT_E_DAMAGED,
                              "value %" PRIu64 ": its positions are not all there",
                              value->row);
    return status;
}

enum pt_status pt_value_read(const struct pt_result *result, uint64_t row,
                             struct pt_value *value, struct pt_error *error)
{
    char *dtype = NULL;
    memset(value, 0, sizeof *value);
    value->row = row;
    enum pt_status status =
        pt_result_u8(result, PT_COLUMN_VALUES_KIND, row, &value->kind, error);
    if (status == PT_OK)
        status = pt_result_u8(result, PT_COLUMN_VALUES_NDIM, row, &value->ndim, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_VALUES_N_ELEMENTS, row,
                               &value->n_elements, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_VALUES_FIRST_ELEMENT, row,
                               &value->first_element, error);
    if (status == PT_OK)
        status = pt_result_u64(result, PT_COLUMN_VALUES_N_STORED, row, &value->n_stored,
                               error);
    if (status == PT_OK)
        status = pt_result_text(result, PT_COLUMN_VALUES_DTYPE, row, &dtype, error);
    if (status == PT_OK) {
        strncat(value->dtype, dtype, sizeof value->dtype - 1);
        status = read_shape(result, value, error);
    }
    uint64_t rows = pt_result_rows(result, PT_COLUMN_ELEMENTS_MEAN);
    if (status == PT_OK &&
        (!lay_out(value) ||
         (value->planes && (value->first_element > rows ||
                            value->n_stored > rows - value->first_element))))
        status =
            pt_error_set(error, PT_E_DAMAGED,
                         "value %" PRIu64 ": its shape and its elements disagree", row);
    if (status == PT_OK)
        status = find_tiles(result, value, error);
    if (status == PT_OK)
        status = find_positions(result, value, error);
    free(dtype);
    return status;
}
