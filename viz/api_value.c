/* A value: its numbers, its elements. */
#include "api.h"
#include "grid.h"
#include "value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_LIMIT = 1 << 20, POSITIONS_LIMIT = 1 << 22, LABEL_LIMIT = 1 << 16 };

static enum pt_status add_label(struct pt_json *json, const struct pt_result *result,
                                uint64_t row, struct pt_error *error)
{
    uint64_t first = 0, bytes = 0;
    char *text = NULL;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_VALUES_LABEL_FIRST, row, &first, error);
    if (status == PT_OK)
        status =
            pt_result_u64(result, PT_COLUMN_VALUES_LABEL_BYTES, row, &bytes, error);
    if (status == PT_OK && bytes > 0)
        status = pt_result_blob(result, PT_COLUMN_META_LABELS, first,
                                bytes < LABEL_LIMIT ? bytes : LABEL_LIMIT, LABEL_LIMIT,
                                &text, error);
    if (status == PT_OK && text)
        pt_json_text(json, "label", text);
    free(text);
    return status;
}

static enum pt_status add_names(struct pt_json *json, const struct pt_result *result,
                                uint64_t row, struct pt_error *error)
{
    uint32_t name = 0;
    enum pt_status status =
        pt_result_u32(result, PT_COLUMN_VALUES_NAME, row, &name, error);
    if (status == PT_OK)
        status =
            pt_json_column_row(json, "name", result, PT_COLUMN_NAMES_NAME, name, error);
    return status;
}

static void add_layout(struct pt_json *json, const struct pt_value *value)
{
    pt_json_array(json, "shape");
    for (unsigned i = 0; i < value->ndim; i++)
        pt_json_u64(json, NULL, value->shape[i]);
    pt_json_array_end(json);
    pt_json_object(json, "picture");
    pt_json_u64(json, "rows", value->rows);
    pt_json_u64(json, "columns", value->columns);
    pt_json_u64(json, "slices", value->n_slices);
    pt_json_u64(json, "parts", value->planes);
    pt_json_bool(json, "tiles", value->has_tiles);
    pt_json_bool(json, "positions", value->first_position != PT_RESULT_NONE64);
    pt_json_object_end(json);
}

enum pt_status pt_api_value(const struct pt_request *request, struct pt_reply *reply,
                            struct pt_error *error)
{
    static const enum pt_result_column_id columns[] = {
        PT_COLUMN_VALUES_CALL,      PT_COLUMN_VALUES_FUNCTION,
        PT_COLUMN_VALUES_PHASE,     PT_COLUMN_VALUES_KIND,
        PT_COLUMN_VALUES_DTYPE,     PT_COLUMN_VALUES_N_ELEMENTS,
        PT_COLUMN_VALUES_N_STORED,  PT_COLUMN_VALUES_N_RUNS,
        PT_COLUMN_VALUES_SIG_NORM,  PT_COLUMN_VALUES_SIG_MIN,
        PT_COLUMN_VALUES_SIG_P05,   PT_COLUMN_VALUES_SIG_MEDIAN,
        PT_COLUMN_VALUES_MEAN,      PT_COLUMN_VALUES_STD,
        PT_COLUMN_VALUES_MIN,       PT_COLUMN_VALUES_MAX,
        PT_COLUMN_VALUES_N_NAN,     PT_COLUMN_VALUES_N_INF,
        PT_COLUMN_VALUES_AGREEMENT, PT_COLUMN_VALUES_FLAGS,
    };
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    struct pt_value value;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_VALUES_CALL, request->number, "value", error);
    if (status == PT_OK)
        status = pt_value_read(result, request->number, &value, error);
    if (status != PT_OK)
        return status;
    pt_json_object(&json, NULL);
    pt_json_u64(&json, "row", request->number);
    status = add_names(&json, result, request->number, error);
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(columns); i++)
        status = pt_json_column_row(&json, pt_result_columns[columns[i]].name, result,
                                    columns[i], request->number, error);
    if (status == PT_OK)
        status = add_label(&json, result, request->number, error);
    add_layout(&json, &value);
    pt_json_object_end(&json);
    return status;
}

enum pt_status pt_api_elements(const struct pt_request *request, struct pt_reply *reply,
                               struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    enum pt_result_column_id column = PT_COLUMN_ELEMENTS_MEAN;
    struct pt_value value;
    uint64_t first = 0, count = 0;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_VALUES_CALL, request->number, "value", error);
    if (status == PT_OK)
        status = pt_value_field(pt_request_get(request, "field"), &column, error);
    if (status == PT_OK)
        status = pt_value_read(result, request->number, &value, error);
    if (status == PT_OK && value.planes == 0)
        status =
            pt_error_set(error, PT_E_MISSING, "no elements of this value are stored");
    if (status == PT_OK)
        status = pt_query_u64(request, "first", 0, 0, value.n_stored, &first, error);
    uint64_t left = status == PT_OK ? value.n_stored - first : 0;
    uint64_t most = left < ELEMENTS_LIMIT ? left : ELEMENTS_LIMIT;
    if (status == PT_OK)
        status = pt_query_u64(request, "count", most, 0, most, &count, error);
    if (status != PT_OK)
        return status;
    void *room = pt_buffer_grow(&reply->body, count * sizeof(double));
    reply->type = "application/octet-stream";
    pt_reply_header(reply, "X-Pytracer-Total", "%llu",
                    (unsigned long long)value.n_stored);
    if (!room)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the elements");
    return pt_result_read(result, column, value.first_element + first, count, room,
                          error);
}

enum pt_status pt_api_positions(const struct pt_request *request,
                                struct pt_reply *reply, struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_value value;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_VALUES_CALL, request->number, "value", error);
    if (status == PT_OK)
        status = pt_value_read(result, request->number, &value, error);
    if (status == PT_OK && value.first_position == PT_RESULT_NONE64)
        status = pt_error_set(error, PT_E_MISSING,
                              "not a sample, or the file does not tell its positions");
    uint64_t n = status == PT_OK ? value.n_stored / value.planes : 0;
    if (n > POSITIONS_LIMIT)
        status = pt_error_set(error, PT_E_LIMIT, "at most %d positions are given",
                              POSITIONS_LIMIT);
    if (status != PT_OK)
        return status;
    void *room = pt_buffer_grow(&reply->body, n * sizeof(uint64_t));
    reply->type = "application/octet-stream";
    if (!room)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the positions");
    return pt_result_read(result, PT_COLUMN_POSITIONS_ELEMENT, value.first_position, n,
                          room, error);
}

/* r0, r1, c0, c1: the rectangle; h, w: the most cells; slice, part, field. */
static enum pt_status read_grid_query(const struct pt_request *request,
                                      const struct pt_value *value,
                                      struct pt_grid *grid, bool *tiles,
                                      struct pt_error *error)
{
    uint64_t from_tiles = 0;
    uint64_t rows = value->rows, columns = value->columns;
    const struct {
        const char *name;
        uint64_t fallback, min, max;
        uint64_t *out;
    } numbers[] = {
        {"part", 0, 0, value->planes - 1, &grid->part},
        {"slice", 0, 0, value->n_slices - 1, &grid->slice},
        {"r0", 0, 0, rows - 1, &grid->row0},
        {"r1", rows, 1, rows, &grid->row1},
        {"c0", 0, 0, columns - 1, &grid->column0},
        {"c1", columns, 1, columns, &grid->column1},
        {"h", 512, 1, PT_GRID_MAX_CELLS, &grid->height},
        {"w", 512, 1, PT_GRID_MAX_CELLS, &grid->width},
        {"tiles", 0, 0, 1, &from_tiles},
    };
    enum pt_status status =
        pt_value_field(pt_request_get(request, "field"), &grid->column, error);
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(numbers); i++)
        status = pt_query_u64(request, numbers[i].name, numbers[i].fallback,
                              numbers[i].min, numbers[i].max, numbers[i].out, error);
    if (status == PT_OK && (grid->row0 >= grid->row1 || grid->column0 >= grid->column1))
        status = pt_error_set(error, PT_E_USAGE, "r0 < r1 and c0 < c1 are needed");
    if (status == PT_OK && grid->height * grid->width > PT_GRID_MAX_CELLS)
        status = pt_error_set(error, PT_E_LIMIT, "at most %d cells: h times w",
                              PT_GRID_MAX_CELLS);
    if (status == PT_OK && from_tiles && !value->has_tiles)
        status = pt_error_set(error, PT_E_MISSING, "this value has no tiles");
    *tiles = from_tiles != 0;
    return status;
}

static void describe_grid(struct pt_reply *reply, const struct pt_grid *grid,
                          bool tiles)
{
    reply->type = "application/octet-stream";
    pt_reply_header(reply, "X-Pytracer-Grid", "%" PRIu64 ",%" PRIu64 ",%d",
                    grid->height, grid->width, grid->reduced ? 2 : 1);
    if (!tiles)
        return;
    pt_reply_header(reply, "X-Pytracer-Step", "%" PRIu64 ",%" PRIu64, grid->row_step,
                    grid->column_step);
    pt_reply_header(reply, "X-Pytracer-Region",
                    "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, grid->row0,
                    grid->row1, grid->column0, grid->column1);
}

enum pt_status pt_api_grid(const struct pt_request *request, struct pt_reply *reply,
                           struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_value value;
    struct pt_grid grid;
    bool tiles = false;
    double *low = NULL, *high = NULL;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_VALUES_CALL, request->number, "value", error);
    if (status == PT_OK)
        status = pt_value_read(result, request->number, &value, error);
    if (status == PT_OK && value.planes == 0)
        status =
            pt_error_set(error, PT_E_MISSING, "no elements of this value are stored");
    if (status == PT_OK)
        status = read_grid_query(request, &value, &grid, &tiles, error);
    if (status != PT_OK)
        return status;
    low = malloc(grid.height * grid.width * sizeof *low);
    high = malloc(grid.height * grid.width * sizeof *high);
    if (!low || !high)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for an array");
    if (status == PT_OK)
        status = tiles ? pt_grid_read_tiles(result, &value, &grid, low, high, error)
                       : pt_grid_read(result, &value, &grid, low, high, error);
    if (status == PT_OK) {
        size_t bytes = grid.height * grid.width * sizeof *low;
        pt_buffer_add(&reply->body, low, bytes);
        if (grid.reduced)
            pt_buffer_add(&reply->body, high, bytes);
        describe_grid(reply, &grid, tiles);
    }
    free(high);
    free(low);
    return status;
}
