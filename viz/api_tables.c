/* Whole small tables as columns: functions, runs, edges, divergences. */
#include "api.h"

#include <stdlib.h>
#include <string.h>

#include "schema/divisions.h"
#include "schema/float_divisions.h"

enum { TABLE_ROWS = 200000, INFO_BYTES = 1 << 20, MOST_DIVISIONS = 100 };

/* Where a call was made from. */
static enum pt_status add_site(struct pt_json *json, const struct pt_result *result,
                               uint32_t site, struct pt_error *error)
{
    enum pt_status status =
        pt_json_column_row(json, "file", result, PT_COLUMN_SITES_FILE, site, error);
    if (status == PT_OK)
        status =
            pt_json_column_row(json, "line", result, PT_COLUMN_SITES_LINE, site, error);
    if (status == PT_OK)
        status =
            pt_json_column_row(json, "name", result, PT_COLUMN_SITES_NAME, site, error);
    return status;
}

/* Writes {"n": rows, "columns": {name: [...], …}} for the columns of one group,
 * [first, last] in the order of the specification. */
static enum pt_status write_table(struct pt_json *json, const struct pt_result *result,
                                  enum pt_result_column_id first,
                                  enum pt_result_column_id last, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t rows = pt_result_rows(result, first);
    uint64_t shown = rows < TABLE_ROWS ? rows : TABLE_ROWS;

    pt_json_u64(json, "n", rows);
    pt_json_u64(json, "n_shown", shown);
    pt_json_object(json, "columns");
    for (int i = (int)first; status == PT_OK && i <= (int)last; i++) {
        const char *name = pt_result_columns[i].name;
        bool hex = strcmp(name, "key") == 0 || strcmp(name, "seed") == 0 ||
                   strcmp(name, "run_id") == 0;
        status = pt_json_column(json, name, result, (enum pt_result_column_id)i, 0,
                                shown, hex, error);
    }
    pt_json_object_end(json);
    return status;
}

static enum pt_status table(const struct pt_request *request, struct pt_reply *reply,
                            enum pt_result_column_id first,
                            enum pt_result_column_id last, struct pt_error *error)
{
    struct pt_json json = {.out = &reply->body};
    pt_json_object(&json, NULL);
    enum pt_status status =
        write_table(&json, request->result->result, first, last, error);
    pt_json_object_end(&json);
    return status;
}

enum pt_status pt_api_functions(const struct pt_request *request,
                                struct pt_reply *reply, struct pt_error *error)
{
    return table(request, reply, PT_COLUMN_FUNCTIONS_KEY, PT_COLUMN_FUNCTIONS_FLAGS,
                 error);
}

enum pt_status pt_api_edges(const struct pt_request *request, struct pt_reply *reply,
                            struct pt_error *error)
{
    return table(request, reply, PT_COLUMN_EDGES_CALLER, PT_COLUMN_EDGES_N_CALLS,
                 error);
}

enum pt_status pt_api_sites(const struct pt_request *request, struct pt_reply *reply,
                            struct pt_error *error)
{
    return table(request, reply, PT_COLUMN_SITES_FILE, PT_COLUMN_SITES_INSTRUCTION,
                 error);
}

static void add_float_division(struct pt_json *json,
                               const struct pt_float_division *division)
{
    pt_json_object(json, NULL);
    pt_json_text(json, "function", division->function);
    pt_json_u64(json, "divisions", division->divisions);
    pt_json_u64(json, "looked", division->looked);
    pt_json_u64(json, "empty", division->empty);
    pt_json_u64(json, "first", division->first);
    pt_json_text(json, "file", division->file);
    pt_json_u64(json, "line", division->line);
    pt_json_object_end(json);
}

/* Divisions by values without a digit, each with its place. */
enum pt_status pt_api_divisions(const struct pt_request *request,
                                struct pt_reply *reply, struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    struct pt_division found[MOST_DIVISIONS];
    struct pt_float_division *floats = NULL;
    size_t n = 0, n_floats = 0;
    enum pt_status status = pt_divisions_find(result, found, MOST_DIVISIONS, &n, error);
    if (status == PT_OK)
        status = pt_float_divisions_find(result, &floats, &n_floats, error);

    pt_json_object(&json, NULL);
    pt_json_array(&json, "divisions");
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        pt_json_object(&json, NULL);
        pt_json_u64(&json, "function", found[i].function);
        pt_json_u64(&json, "calls", found[i].calls);
        pt_json_u64(&json, "empty", found[i].empty);
        pt_json_u64(&json, "value", found[i].value);
        if (found[i].site != PT_RESULT_NONE32)
            status = add_site(&json, result, found[i].site, error);
        pt_json_object_end(&json);
    }
    pt_json_array_end(&json);
    pt_json_array(&json, "floats");
    for (size_t i = 0; status == PT_OK && i < n_floats && i < MOST_DIVISIONS; i++)
        add_float_division(&json, &floats[i]);
    pt_json_array_end(&json);
    pt_json_object_end(&json);
    pt_float_divisions_free(floats, n_floats);
    return status;
}

enum pt_status pt_api_divergences(const struct pt_request *request,
                                  struct pt_reply *reply, struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    enum pt_status status = PT_OK;
    uint64_t rows = pt_result_rows(result, PT_COLUMN_DIVERGENCES_TIME);
    uint64_t shown = rows < TABLE_ROWS ? rows : TABLE_ROWS;
    uint64_t sites = pt_result_rows(result, PT_COLUMN_SITES_LINE);

    pt_json_object(&json, NULL);
    status = write_table(&json, result, PT_COLUMN_DIVERGENCES_PROCESS,
                         PT_COLUMN_DIVERGENCES_N_CALLS, error);
    pt_json_array(&json, "places");
    for (uint64_t i = 0; status == PT_OK && i < shown; i++) {
        uint32_t site = 0;
        status = pt_result_u32(result, PT_COLUMN_DIVERGENCES_SITE, i, &site, error);
        pt_json_object(&json, NULL);
        if (status == PT_OK && site < sites)
            status = add_site(&json, result, site, error);
        pt_json_object_end(&json);
    }
    pt_json_array_end(&json);
    pt_json_object_end(&json);
    return status;
}

/* The table, and of each run its environment: lines key=value. */
enum pt_status pt_api_runs(const struct pt_request *request, struct pt_reply *reply,
                           struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    uint64_t rows = pt_result_rows(result, PT_COLUMN_RUNS_RUN_ID);

    pt_json_object(&json, NULL);
    enum pt_status status =
        write_table(&json, result, PT_COLUMN_RUNS_RUN_ID, PT_COLUMN_RUNS_TRACE, error);
    pt_json_array(&json, "info");
    for (uint64_t i = 0; status == PT_OK && i < rows && i < TABLE_ROWS; i++) {
        uint64_t first = 0, bytes = 0;
        char *text = NULL;
        status = pt_result_u64(result, PT_COLUMN_RUNS_INFO_FIRST, i, &first, error);
        if (status == PT_OK)
            status = pt_result_u64(result, PT_COLUMN_RUNS_INFO_BYTES, i, &bytes, error);
        bytes = bytes < INFO_BYTES ? bytes : INFO_BYTES;
        if (status == PT_OK)
            status = pt_result_blob(result, PT_COLUMN_META_RUN_INFO, first, bytes,
                                    INFO_BYTES, &text, error);
        if (status == PT_OK)
            pt_json_text_n(&json, NULL, text, bytes);
        free(text);
    }
    pt_json_array_end(&json);
    pt_json_object_end(&json);
    return status;
}
