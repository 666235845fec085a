/* A call: when, where, by whom, and the values that went in and out. */
#include "api.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PATH_FRAMES = 512, MAX_REFS = 1024 };

/* The frames from the outermost to the call's own site. A path that runs in a circle
 * (a damaged file) ends at the bound. */
static enum pt_status add_path(struct pt_json *json, const struct pt_result *result,
                               uint64_t call, struct pt_error *error)
{
    uint32_t sites[MAX_PATH_FRAMES], path = 0;
    uint64_t n_paths = pt_result_rows(result, PT_COLUMN_PATHS_SITE);
    size_t n = 0;
    enum pt_status status =
        pt_result_u32(result, PT_COLUMN_CALLS_PATH, call, &path, error);

    while (status == PT_OK && path < n_paths && n < MAX_PATH_FRAMES) {
        status = pt_result_u32(result, PT_COLUMN_PATHS_SITE, path, &sites[n++], error);
        if (status == PT_OK)
            status = pt_result_u32(result, PT_COLUMN_PATHS_PARENT, path, &path, error);
    }
    pt_json_array(json, "path");
    while (status == PT_OK && n-- > 0) {
        pt_json_object(json, NULL);
        status = pt_json_column_row(json, "file", result, PT_COLUMN_SITES_FILE,
                                    sites[n], error);
        if (status == PT_OK)
            status = pt_json_column_row(json, "line", result, PT_COLUMN_SITES_LINE,
                                        sites[n], error);
        if (status == PT_OK)
            status = pt_json_column_row(json, "name", result, PT_COLUMN_SITES_NAME,
                                        sites[n], error);
        pt_json_object_end(json);
    }
    pt_json_array_end(json);
    return status;
}

static enum pt_status add_value(struct pt_json *json, const struct pt_result *result,
                                uint64_t row, struct pt_error *error)
{
    static const enum pt_result_column_id columns[] = {
        PT_COLUMN_VALUES_PHASE,    PT_COLUMN_VALUES_KIND, PT_COLUMN_VALUES_DTYPE,
        PT_COLUMN_VALUES_SIG_NORM, PT_COLUMN_VALUES_MEAN, PT_COLUMN_VALUES_STD,
        PT_COLUMN_VALUES_FLAGS,
    };
    struct pt_value value;
    uint32_t name = 0;
    enum pt_status status = pt_value_read(result, row, &value, error);

    if (status == PT_OK)
        status = pt_result_u32(result, PT_COLUMN_VALUES_NAME, row, &name, error);
    pt_json_object(json, NULL);
    pt_json_u64(json, "row", row);
    if (status == PT_OK)
        status =
            pt_json_column_row(json, "name", result, PT_COLUMN_NAMES_NAME, name, error);
    for (size_t i = 0; status == PT_OK && i < PT_ARRAY_LENGTH(columns); i++)
        status = pt_json_column_row(json, pt_result_columns[columns[i]].name, result,
                                    columns[i], row, error);
    pt_json_array(json, "shape");
    for (unsigned i = 0; i < value.ndim; i++)
        pt_json_u64(json, NULL, value.shape[i]);
    pt_json_array_end(json);
    pt_json_object_end(json);
    return status;
}

static enum pt_status add_values(struct pt_json *json, const struct pt_result *result,
                                 uint64_t call, struct pt_error *error)
{
    uint64_t first = 0;
    uint32_t n = 0;
    enum pt_status status =
        pt_result_u64(result, PT_COLUMN_CALLS_FIRST_REF, call, &first, error);
    if (status == PT_OK)
        status = pt_result_u32(result, PT_COLUMN_CALLS_N_REFS, call, &n, error);
    pt_json_u64(json, "n_values", n);
    pt_json_array(json, "values");
    for (uint32_t i = 0; status == PT_OK && i < n && i < MAX_REFS; i++) {
        uint64_t row = 0;
        status = pt_result_u64(result, PT_COLUMN_REFS_VALUE, first + i, &row, error);
        if (status == PT_OK)
            status = add_value(json, result, row, error);
    }
    pt_json_array_end(json);
    return status;
}

enum pt_status pt_api_call(const struct pt_request *request, struct pt_reply *reply,
                           struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    uint64_t call = request->number;

    enum pt_status status =
        pt_check_row(request, PT_COLUMN_CALLS_KEY, call, "call", error);
    if (status != PT_OK)
        return status;
    pt_json_object(&json, NULL);
    pt_json_u64(&json, "row", call);
    for (int i = PT_COLUMN_CALLS_FUNCTION;
         status == PT_OK && i <= (int)PT_COLUMN_CALLS_SELF_LOST; i++)
        if (i != PT_COLUMN_CALLS_PATH)
            status = pt_json_column_row(&json, pt_result_columns[i].name, result,
                                        (enum pt_result_column_id)i, call, error);
    if (status == PT_OK)
        status = add_path(&json, result, call, error);
    if (status == PT_OK)
        status = add_values(&json, result, call, error);
    pt_json_object_end(&json);
    return status;
}
