/* The timelines of chosen functions, reduced to the pixels asked for. */
#include "api.h"
#include "decimate.h"
#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_FUNCTIONS = 64,
    MAX_SERIES = 512,
    MAX_BINS = 4000,
    CHUNK = 8192, /* rows read at once */
    WINDOW = 32   /* reading calls in one piece pays up to this many per value */
};

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
};

/* Room for one portion of a series; `window` holds a piece of calls/. */
struct portion {
    uint64_t calls[CHUNK], times[CHUNK];
    double values[CHUNK];
    uint32_t flags[CHUNK], call_flags[CHUNK];
    union {
        uint64_t u64[CHUNK * WINDOW];
        uint32_t u32[CHUNK * WINDOW];
    } window;
};

struct points {
    struct pt_buffer rows, calls, times, values, flags, call_flags;
    struct pt_json json[6];
};

static void points_begin(struct points *points)
{
    struct pt_buffer *buffers = &points->rows;
    memset(points, 0, sizeof *points);
    for (int i = 0; i < 6; i++)
        points->json[i].out = &buffers[i];
}

static void points_end(struct points *points, struct pt_json *json)
{
    static const char *const names[] = {"row",   "call",  "time",
                                        "value", "flags", "call_flags"};
    struct pt_buffer *buffers = &points->rows;
    pt_json_object(json, "points");
    for (int i = 0; i < 6; i++) {
        pt_json_array(json, names[i]);
        pt_buffer_add(json->out, buffers[i].data, buffers[i].n);
        json->out->failed |= buffers[i].failed;
        pt_json_array_end(json);
        pt_buffer_destroy(&buffers[i]);
    }
    pt_json_object_end(json);
}

static void emit(void *context, const struct pt_point *point)
{
    struct points *points = context;
    pt_json_u64(&points->json[0], NULL, point->row);
    pt_json_u64(&points->json[1], NULL, point->call);
    pt_json_u64(&points->json[2], NULL, point->time);
    pt_json_f64(&points->json[3], NULL, point->value);
    pt_json_u64(&points->json[4], NULL, point->flags);
    pt_json_u64(&points->json[5], NULL, point->call_flags);
}

/* times and call_flags of `n` ascending calls: in one piece where they lie close
 * together, else one by one. */
static enum pt_status read_calls(const struct pt_result *result, struct portion *p,
                                 size_t n, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t low = p->calls[0], high = p->calls[n - 1];
    bool close = high >= low && high - low < n * WINDOW;

    for (size_t i = 0; close && i < n; i++)
        close = p->calls[i] >= low && p->calls[i] <= high;
    if (close) {
        status = pt_result_read(result, PT_COLUMN_CALLS_TIME, low, high - low + 1,
                                p->window.u64, error);
        for (size_t i = 0; status == PT_OK && i < n; i++)
            p->times[i] = p->window.u64[p->calls[i] - low];
        if (status == PT_OK)
            status = pt_result_read(result, PT_COLUMN_CALLS_FLAGS, low, high - low + 1,
                                    p->window.u32, error);
        for (size_t i = 0; status == PT_OK && i < n; i++)
            p->call_flags[i] = p->window.u32[p->calls[i] - low];
        return status;
    }
    for (size_t i = 0; status == PT_OK && i < n; i++) {
        status = pt_result_u64(result, PT_COLUMN_CALLS_TIME, p->calls[i], &p->times[i],
                               error);
        if (status == PT_OK)
            status = pt_result_u32(result, PT_COLUMN_CALLS_FLAGS, p->calls[i],
                                   &p->call_flags[i], error);
    }
    return status;
}

static enum pt_status read_portion(const struct pt_result *result,
                                   enum pt_result_column_id metric, uint64_t first,
                                   size_t n, struct portion *p, struct pt_error *error)
{
    enum pt_status status =
        pt_result_read(result, PT_COLUMN_VALUES_CALL, first, n, p->calls, error);
    if (status == PT_OK)
        status =
            pt_result_read(result, PT_COLUMN_VALUES_FLAGS, first, n, p->flags, error);
    if (status == PT_OK)
        status = pt_result_read(result, metric, first, n, p->values, error);
    if (status == PT_OK && pt_result_columns[metric].type == PT_COLUMN_U64)
        for (size_t i = 0; i < n; i++) {
            uint64_t count = 0; /* n_nan, n_inf */
            memcpy(&count, &p->values[i], sizeof count);
            p->values[i] = (double)count;
        }
    if (status == PT_OK)
        status = read_calls(result, p, n, error);
    return status;
}

static bool is_marked(uint32_t flags, uint32_t call_flags)
{
    return (flags & (PT_VALUE_NONFINITE_SOME | PT_VALUE_NONFINITE_ALL |
                     PT_VALUE_SHAPE_DIFFERS | PT_VALUE_NOT_ALL_RUNS)) ||
           (call_flags & (PT_CALL_NOT_ALL_RUNS | PT_CALL_NOT_PIVOT | PT_CALL_RAISED |
                          PT_CALL_VALUES_DIFFER));
}

struct plot {
    enum pt_result_column_id metric;
    uint64_t from, to, bins;
};

static enum pt_status add_points(struct pt_json *json, const struct pt_result *result,
                                 const struct pt_series *part, const struct plot *plot,
                                 struct portion *p, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_decimator decimator;
    struct points points;
    bool all = part->n <= plot->bins * 4;

    points_begin(&points);
    pt_decimator_init(&decimator, plot->from, plot->to, plot->bins, emit, &points);
    for (uint64_t done = 0; status == PT_OK && done < part->n; done += CHUNK) {
        size_t n = part->n - done < CHUNK ? (size_t)(part->n - done) : CHUNK;
        status = read_portion(result, plot->metric, part->first + done, n, p, error);
        for (size_t i = 0; status == PT_OK && i < n; i++) {
            struct pt_point point = {
                part->first + done + i, p->calls[i], p->times[i],
                p->values[i],           p->flags[i], p->call_flags[i]};
            if (all)
                emit(&points, &point);
            else
                pt_decimator_add(&decimator, &point,
                                 is_marked(p->flags[i], p->call_flags[i]));
        }
    }
    pt_decimator_finish(&decimator);
    pt_json_bool(json, "reduced", !all);
    points_end(&points, json);
    return status;
}

static enum pt_status add_series(struct pt_json *json, const struct pt_result *result,
                                 const struct pt_series *series,
                                 const struct plot *plot, struct portion *p,
                                 struct pt_error *error)
{
    struct pt_series part;
    enum pt_status status =
        pt_series_cut(result, series, plot->from, plot->to, &part, error);

    pt_json_object(json, NULL);
    pt_json_u64(json, "function", series->function);
    if (status == PT_OK)
        status = pt_json_column_row(json, "name", result, PT_COLUMN_NAMES_NAME,
                                    series->name, error);
    pt_json_u64(json, "phase", series->phase);
    pt_json_u64(json, "process", series->process);
    pt_json_u64(json, "first", series->first);
    pt_json_u64(json, "n", series->n);
    pt_json_u64(json, "n_inside", part.n);
    if (status == PT_OK)
        status = add_points(json, result, &part, plot, p, error);
    pt_json_object_end(json);
    return status;
}

static enum pt_status read_query(const struct pt_request *request, struct plot *plot,
                                 uint64_t last_time, struct pt_error *error)
{
    const char *name = pt_request_get(request, "metric");
    size_t i = 0;

    while (name && i < PT_ARRAY_LENGTH(metrics) && strcmp(name, metrics[i].name) != 0)
        i++;
    if (i == PT_ARRAY_LENGTH(metrics))
        return pt_error_set(error, PT_E_USAGE,
                            "metric is one of sig_norm, sig_min, sig_p05, sig_median, "
                            "mean, std, min, max, n_nan, n_inf, agreement");
    plot->metric = metrics[i].column;
    enum pt_status status =
        pt_query_u64(request, "from", 0, 0, UINT64_MAX - 1, &plot->from, error);
    if (status == PT_OK)
        status =
            pt_query_u64(request, "to", last_time, 0, UINT64_MAX - 1, &plot->to, error);
    if (status == PT_OK)
        status = pt_query_u64(request, "bins", 800, 1, MAX_BINS, &plot->bins, error);
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
    struct plot plot;
    struct pt_series *series = malloc(MAX_SERIES * sizeof *series);
    struct portion *portion = malloc(sizeof *portion);
    enum pt_status status = PT_OK;

    if (!series || !portion) {
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
    if (status != PT_OK)
        goto done;
    pt_json_object(&json, NULL);
    pt_json_text(&json, "metric", pt_result_columns[plot.metric].name);
    pt_json_u64(&json, "first_time", first);
    pt_json_u64(&json, "last_time", last);
    pt_json_bool(&json, "complete", n < MAX_SERIES);
    pt_json_array(&json, "series");
    for (size_t i = 0; status == PT_OK && i < n; i++)
        status = add_series(&json, result, &series[i], &plot, portion, error);
    pt_json_array_end(&json);
    pt_json_object_end(&json);
done:
    free(portion);
    free(series);
    return status;
}
