/* What there is: results, and of one result its origin, runs, sizes and limits. */
#include "api.h"

#include <sys/stat.h>

static bool add_result(void *context, const struct pt_viz_result *result)
{
    struct pt_json *json = context;
    struct stat st;

    pt_json_object(json, NULL);
    pt_json_text(json, "id", result->id);
    if (stat(result->path, &st) == 0) {
        pt_json_u64(json, "bytes", (uint64_t)st.st_size);
        pt_json_i64(json, "modified_s", st.st_mtim.tv_sec);
    }
    pt_json_object_end(json);
    return true;
}

enum pt_status pt_api_results(const struct pt_request *request, struct pt_reply *reply,
                              struct pt_error *error)
{
    (void)error;
    struct pt_json json = {.out = &reply->body};
    pt_json_object(&json, NULL);
    pt_json_bool(&json, "watched", pt_viz_results_watched(request->results));
    pt_json_array(&json, "results");
    pt_viz_results_each(request->results, add_result, &json);
    pt_json_array_end(&json);
    pt_json_object_end(&json);
    return PT_OK;
}

static void add_about(struct pt_json *json, const struct pt_viz_result *item)
{
    const struct pt_result_about *about = pt_result_about(item->result);

    pt_json_text(json, "id", item->id);
    pt_json_text(json, "path", item->path);
    pt_json_u64(json, "bytes", about->bytes);
    pt_json_text(json, "generator", about->generator);
    pt_json_u64(json, "major", about->major);
    pt_json_u64(json, "minor", about->minor);
    pt_json_i64(json, "created_s", about->created_ns / 1000000000);
    pt_json_u64(json, "n_runs", about->n_runs);
    pt_json_text(json, "method", about->method);
    pt_json_text(json, "reference_error", about->error);
    pt_json_f64(json, "probability", about->probability);
    pt_json_f64(json, "confidence", about->confidence);
    pt_json_u64(json, "ddof", about->ddof);
    pt_json_text(json, "alignment", about->alignment);
    pt_json_bool(json, "has_digits", about->has_digits != 0);
    pt_json_object(json, "shown_digits");
    pt_json_f64(json, "binary64", item->shown53);
    pt_json_f64(json, "binary32", item->shown24);
    pt_json_object_end(json);
    if (item->reference == PT_RESULT_NONE64)
        pt_json_null(json, "reference_run");
    else
        pt_json_u64(json, "reference_run", item->reference);
    pt_json_u64(json, "runs_needed", about->runs_needed);
    pt_json_f64(json, "contributing_probability", about->contributing_probability);
    pt_json_f64(json, "contributing_shift", item->contributing);
}

static enum pt_status add_last_time(struct pt_json *json,
                                    const struct pt_result *result,
                                    struct pt_error *error)
{
    uint64_t calls = pt_result_rows(result, PT_COLUMN_CALLS_TIME), time = 0;
    enum pt_status status = PT_OK;

    if (calls > 0)
        status =
            pt_result_u64(result, PT_COLUMN_CALLS_END_TIME, calls - 1, &time, error);
    /* The program's own call, the first, ends last where there is one. */
    uint64_t first = 0;
    if (status == PT_OK && calls > 0)
        status = pt_result_u64(result, PT_COLUMN_CALLS_END_TIME, 0, &first, error);
    pt_json_u64(json, "last_time", first > time ? first : time);
    return status;
}

enum pt_status pt_api_overview(const struct pt_request *request, struct pt_reply *reply,
                               struct pt_error *error)
{
    static const struct {
        const char *name;
        enum pt_result_column_id column;
    } counts[] = {
        {"functions", PT_COLUMN_FUNCTIONS_KEY},
        {"calls", PT_COLUMN_CALLS_KEY},
        {"values", PT_COLUMN_VALUES_CALL},
        {"elements", PT_COLUMN_ELEMENTS_MEAN},
        {"processes", PT_COLUMN_PROCESSES_ROLE},
        {"divergences", PT_COLUMN_DIVERGENCES_TIME},
        {"sources", PT_COLUMN_SOURCES_PATH},
    };
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};

    pt_json_object(&json, NULL);
    add_about(&json, request->result);
    pt_json_object(&json, "counts");
    for (size_t i = 0; i < PT_ARRAY_LENGTH(counts); i++)
        pt_json_u64(&json, counts[i].name, pt_result_rows(result, counts[i].column));
    pt_json_object_end(&json);
    enum pt_status status = add_last_time(&json, result, error);
    if (status == PT_OK && pt_result_rows(result, PT_COLUMN_RUNS_PROGRAM) > 0)
        status = pt_json_column_row(&json, "program", result, PT_COLUMN_RUNS_PROGRAM, 0,
                                    error);
    if (status == PT_OK)
        status = pt_json_column(&json, "roles", result, PT_COLUMN_PROCESSES_ROLE, 0,
                                pt_result_rows(result, PT_COLUMN_PROCESSES_ROLE), false,
                                error);
    pt_json_object_end(&json);
    return status;
}
