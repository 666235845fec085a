/* The timelines of chosen functions, reduced to the pixels asked for. */
#include "api.h"
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FUNCTIONS = 64, MAX_SERIES = 512, MAX_BINS = 4000 };

static const struct {
    const char *name;
    enum pt_result_column_id column;
} metrics[] = {
    {"sig_norm", PT_COLUMN_VALUES_SIG_NORM},
    {"sig_min", PT_COLUMN_VALUES_SIG_MIN},
    {"sig_p05", PT_COLUMN_VALUES_SIG_P05},
    {"sig_median", PT_COLUMN_VALUES_SIG_MEDIAN},
    {"mean", PT_COLUMN_VALUES_MEAN},
    {"std", PT_COLUMN_VALUES_STD},
    {"min", PT_COLUMN_VALUES_MIN},
    {"max", PT_COLUMN_VALUES_MAX},
    {"n_nan", PT_COLUMN_VALUES_N_NAN},
    {"n_inf", PT_COLUMN_VALUES_N_INF},
    {"agreement", PT_COLUMN_VALUES_AGREEMENT},
    {"contributing", PT_COLUMN_VALUES_SIG_NORM}, /* the last: shifted */
};

static enum pt_status add_series(struct pt_json *json, const struct pt_result *result,
                                 const struct pt_series *series,
                                 const struct pt_plot_series *part,
                                 struct pt_error *error)
{
    static const char *const names[PT_PLOT_COLUMNS] = {
        "row", "call", "time", "value", "flags", "call_flags", "site"};

    pt_json_object(json, NULL);
    pt_json_u64(json, "function", series->function);
    enum pt_status status = pt_json_column_row(
        json, "name", result, PT_COLUMN_NAMES_NAME, series->name, error);
    pt_json_u64(json, "phase", series->phase);
    pt_json_u64(json, "process", series->process);
    pt_json_u64(json, "first", series->first);
    pt_json_u64(json, "n", series->n);
    pt_json_u64(json, "n_inside", part->series.n);
    pt_json_bool(json, "reduced", !part->all);
    pt_json_object(json, "points");
    for (int i = 0; i < PT_PLOT_COLUMNS - !part->plot->sites; i++) {
        pt_json_array(json, names[i]);
        pt_buffer_add(json->out, part->columns[i].data, part->columns[i].n);
        json->out->failed |= part->columns[i].failed;
        pt_json_array_end(json);
    }
    pt_json_object_end(json);
    pt_json_object_end(json);
    return status;
}

/* The series as far as the span goes, and their points. */
static enum pt_status read_points(const struct pt_result *result,
                                  const struct pt_plot *plot,
                                  const struct pt_series *series,
                                  struct pt_plot_series *parts, size_t n,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; status == PT_OK && i < n; i++)
        status = pt_series_cut(result, &series[i], plot->from, plot->to,
                               &parts[i].series, error);
    return status == PT_OK ? pt_plot_read(result, plot, parts, n, error) : status;
}

static enum pt_status read_query(const struct pt_request *request, struct pt_plot *plot,
                                 uint64_t last_time, struct pt_error *error)
{
    const char *name = pt_request_get(request, "metric");
    uint64_t sites = 0;
    size_t i = 0;

    while (name && i < PT_ARRAY_LENGTH(metrics) && strcmp(name, metrics[i].name) != 0)
        i++;
    if (i == PT_ARRAY_LENGTH(metrics))
        return pt_error_set(
            error, PT_E_USAGE,
            "metric is one of sig_norm, sig_min, sig_p05, sig_median, "
            "mean, std, min, max, n_nan, n_inf, agreement, contributing");
    plot->metric = metrics[i].column;
    plot->shift = i + 1 == PT_ARRAY_LENGTH(metrics) ? request->result->contributing : 0;
    if (isnan(plot->shift))
        return pt_error_set(error, PT_E_MISSING,
                            "contributing digits follow from the significant ones by "
                            "the method cnh only, and need two runs");
    enum pt_status status =
        pt_query_u64(request, "from", 0, 0, UINT64_MAX - 1, &plot->from, error);
    if (status == PT_OK)
        status =
            pt_query_u64(request, "to", last_time, 0, UINT64_MAX - 1, &plot->to, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "bins", 800, 1, MAX_BINS, &plot->bins, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "sites", 0, 0, 1, &sites, error);
    plot->sites = sites != 0;
    if (status == PT_OK && plot->from > plot->to)
        status = pt_error_set(error, PT_E_USAGE, "from is after to");
    return status;
}

/* The span of all series chosen, whether or not it is asked for. */
static enum pt_status find_extent(const struct pt_result *result,
                                  const struct pt_series *series, size_t n,
                                  uint64_t *first, uint64_t *last,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    *first = n ? UINT64_MAX : 0;
    *last = 0;
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        uint64_t a = 0, b = 0;
        status = pt_series_time(result, series[i].first, &a, error);
        if (status == PT_OK)
            status =
                pt_series_time(result, series[i].first + series[i].n - 1, &b, error);
        *first = a < *first ? a : *first;
        *last = b > *last ? b : *last;
    }
    return status;
}

enum pt_status pt_api_timeline(const struct pt_request *request, struct pt_reply *reply,
                               struct pt_error *error)
{
    const struct pt_result *result = request->result->result;
    struct pt_json json = {.out = &reply->body};
    uint32_t functions[MAX_FUNCTIONS];
    size_t n_functions = 0, n = 0;
    uint64_t first = 0, last = 0;
    struct pt_plot plot;
    struct pt_series *series = malloc(MAX_SERIES * sizeof *series);
    struct pt_plot_series *parts = calloc(MAX_SERIES, sizeof *parts);
    enum pt_status status = PT_OK;

    if (!series || !parts) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for a timeline");
        goto done;
    }
    status = pt_query_list(request, "functions",
                           pt_result_rows(result, PT_COLUMN_FUNCTIONS_KEY), functions,
                           MAX_FUNCTIONS, &n_functions, error);
    for (size_t i = 0; status == PT_OK && i < n_functions; i++) {
        size_t more = 0;
        status = pt_series_find(result, functions[i], series + n, MAX_SERIES - n, &more,
                                error);
        n += more;
    }
    if (status == PT_OK)
        status = find_extent(result, series, n, &first, &last, error);
    if (status == PT_OK)
        status = read_query(request, &plot, last, error);
    if (status == PT_OK)
        status = read_points(result, &plot, series, parts, n, error);
    if (status != PT_OK)
        goto done;
    pt_json_object(&json, NULL);
    pt_json_text(&json, "metric",
                 plot.shift != 0 ? "contributing"
                                 : pt_result_columns[plot.metric].name);
    pt_json_u64(&json, "first_time", first);
    pt_json_u64(&json, "last_time", last);
    pt_json_bool(&json, "complete", n < MAX_SERIES);
    pt_json_array(&json, "series");
    for (size_t i = 0; status == PT_OK && i < n; i++)
        status = add_series(&json, result, &series[i], &parts[i], error);
    pt_json_array_end(&json);
    pt_json_object_end(&json);
done:
    if (parts)
        pt_plot_free(parts, n);
    free(parts);
    free(series);
    return status;
}
