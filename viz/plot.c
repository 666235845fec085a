#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/plan.h"

enum {
    VALUE_MARKS = PT_VALUE_NONFINITE_SOME | PT_VALUE_NONFINITE_ALL |
                  PT_VALUE_SHAPE_DIFFERS | PT_VALUE_NOT_ALL_RUNS,
    CALL_MARKS = PT_CALL_NOT_ALL_RUNS | PT_CALL_NOT_PIVOT | PT_CALL_RAISED |
                 PT_CALL_VALUES_DIFFER,
    ROWS = 1 << 17,   /* read at once, of all series together; */
    MOST_ROWS = 4096, /* of one series: */
    LEAST_ROWS = 256, /* reading fewer costs more calls of the kernel than copying */
    WINDOW = 16384,   /* calls, read at once */
    FEW = 16 /* values in a window up to which their calls are read one by one */
};

/* Rows of one series that have been read and not yet shown. */
struct pt_plot_rows {
    uint32_t most;
    uint64_t *calls; /* into `room`, `most` each, as all below */
    double *values;
    uint32_t *flags;
    bool *marked;
    uint64_t room[];
};

struct window {
    uint64_t base, n; /* calls [base, base + n) */
    bool whole;       /* times and flags hold all of them, else those that were read */
    uint64_t times[WINDOW];
    uint32_t flags[WINDOW];
};

/* Digits that the value's type can have. */
static enum pt_status precision_of(const struct pt_result *result, uint64_t row,
                                   double *precision, struct pt_error *error)
{
    char *dtype = NULL;
    enum pt_status status =
        pt_result_text(result, PT_COLUMN_VALUES_DTYPE, row, &dtype, error);
    if (status != PT_OK)
        return status;
    bool is_type = strlen(dtype) > 2;
    unsigned bits =
        is_type ? pt_stat_precision(dtype[1], (unsigned)strtoul(dtype + 2, NULL, 10))
                : 0;
    *precision = bits ? bits : 53;
    free(dtype);
    return PT_OK;
}

/* Contributing digits from significant ones; a value that does not vary has all. */
static double shifted(struct pt_plot_series *s, const struct pt_point *point)
{
    double precision = 53, most = point->value + s->plot->shift;
    if (isnan(point->value) || (point->flags & PT_VALUE_NO_VARIATION))
        return point->value;
    if (s->status == PT_OK)
        s->status = precision_of(s->result, point->row, &precision, &s->error);
    return most < precision ? most : precision;
}

static void emit(void *context, const struct pt_point *point)
{
    struct pt_plot_series *s = context;
    pt_json_u64(&s->json[0], NULL, point->row);
    pt_json_u64(&s->json[1], NULL, point->call);
    pt_json_u64(&s->json[2], NULL, point->time);
    pt_json_f64(&s->json[3], NULL,
                s->plot->shift != 0 ? shifted(s, point) : point->value);
    pt_json_u64(&s->json[4], NULL, point->flags);
    pt_json_u64(&s->json[5], NULL, point->call_flags);
    if (s->plot->sites) {
        uint32_t site = 0;
        if (s->status == PT_OK)
            s->status = pt_result_u32(s->result, PT_COLUMN_CALLS_SITE, point->call,
                                      &site, &s->error);
        pt_json_u64(&s->json[6], NULL, site);
    }
}

static struct pt_plot_rows *make_rows(uint32_t most)
{
    struct pt_plot_rows *rows = NULL;
    const size_t row = sizeof *rows->calls + sizeof *rows->values +
                       sizeof *rows->flags + sizeof *rows->marked;

    rows = malloc(sizeof *rows + most * row);
    if (!rows)
        return NULL;
    rows->most = most;
    rows->calls = rows->room;
    rows->values = (double *)(rows->calls + most);
    rows->flags = (uint32_t *)(rows->values + most);
    rows->marked = (bool *)(rows->flags + most);
    return rows;
}

static enum pt_status begin(const struct pt_result *result, const struct pt_plot *plot,
                            struct pt_plot_series *s, size_t n, struct pt_error *error)
{
    size_t share = ROWS / n, most = share < LEAST_ROWS ? LEAST_ROWS : share;
    s->rows = make_rows((uint32_t)(most < MOST_ROWS ? most : MOST_ROWS));
    if (!s->rows)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a timeline");
    for (int i = 0; i < PT_PLOT_COLUMNS; i++)
        s->json[i].out = &s->columns[i];
    s->result = result;
    s->plot = plot;
    s->all = s->series.n <= plot->bins * 4;
    pt_decimator_init(&s->decimator, plot->from, plot->to, plot->bins, emit, s);
    return PT_OK;
}

/* Makes sure that the next row is at hand, if there is one. */
static enum pt_status refill(const struct pt_result *result,
                             enum pt_result_column_id metric, struct pt_plot_series *s,
                             struct pt_error *error)
{
    if (s->at < s->n || s->read == s->series.n)
        return PT_OK;
    uint64_t left = s->series.n - s->read, first = s->series.first + s->read;
    uint32_t n = left < s->rows->most ? (uint32_t)left : s->rows->most;
    enum pt_status status =
        pt_result_read(result, PT_COLUMN_VALUES_CALL, first, n, s->rows->calls, error);
    if (status == PT_OK)
        status = pt_result_read(result, PT_COLUMN_VALUES_FLAGS, first, n,
                                s->rows->flags, error);
    if (status == PT_OK)
        status = pt_result_read(result, metric, first, n, s->rows->values, error);
    if (status == PT_OK && pt_result_columns[metric].type == PT_COLUMN_U64)
        for (uint32_t i = 0; i < n; i++) {
            uint64_t count = 0; /* n_nan, n_inf */
            memcpy(&count, &s->rows->values[i], sizeof count);
            s->rows->values[i] = (double)count;
        }
    s->at = 0;
    s->n = status == PT_OK ? n : 0;
    s->read += n;
    return status;
}

/* Values at hand, up to FEW + 1, whose calls lie in the window. */
static size_t count_few(const struct pt_plot_series *series, size_t n,
                        const struct window *window)
{
    size_t found = 0;
    for (size_t k = 0; k < n && found <= FEW; k++)
        for (uint32_t i = series[k].at; i < series[k].n && found <= FEW; i++) {
            if (series[k].rows->calls[i] - window->base >= window->n)
                break;
            found++;
        }
    return found;
}

/* The window begins at the first call that is still to come. */
static enum pt_status move(const struct pt_result *result, struct window *window,
                           const struct pt_plot_series *series, size_t n, bool *more,
                           struct pt_error *error)
{
    uint64_t base = UINT64_MAX, rows = pt_result_rows(result, PT_COLUMN_CALLS_TIME);
    enum pt_status status = PT_OK;

    *more = false;
    for (size_t k = 0; k < n; k++)
        if (series[k].at < series[k].n) {
            uint64_t call = series[k].rows->calls[series[k].at];
            base = call < base ? call : base;
            *more = true;
        }
    if (!*more)
        return PT_OK;
    if (base >= rows)
        return pt_error_set(error, PT_E_DAMAGED, "values point outside the calls");
    window->base = base;
    window->n = rows - base < WINDOW ? rows - base : WINDOW;
    window->whole = count_few(series, n, window) > FEW;
    if (window->whole)
        status = pt_result_read(result, PT_COLUMN_CALLS_TIME, base, window->n,
                                window->times, error);
    if (window->whole && status == PT_OK)
        status = pt_result_read(result, PT_COLUMN_CALLS_FLAGS, base, window->n,
                                window->flags, error);
    return status;
}

/* Which of the rows at hand are to be seen in any case, up to the first whose call is
 * not in the window; returns its place. */
static uint32_t mark(const struct window *window, struct pt_plot_rows *rows,
                     uint32_t from, uint32_t n)
{
    const uint32_t *call_flags = window->flags;
    const uint64_t base = window->base, size = window->n;
    uint32_t i = from;

    for (; i < n; i++) {
        uint64_t at = rows->calls[i] - base;
        if (at >= size)
            break;
        rows->marked[i] =
            ((rows->flags[i] & VALUE_MARKS) | (call_flags[at] & CALL_MARKS)) != 0;
    }
    return i;
}

/* Of a window that was not read: what the rows at hand need of it, one by one. */
static enum pt_status read_calls(const struct pt_result *result, struct window *window,
                                 const struct pt_plot_series *s, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (uint32_t i = s->at; status == PT_OK && i < s->n; i++) {
        uint64_t call = s->rows->calls[i], at = call - window->base;
        if (at >= window->n)
            break;
        status = pt_result_u64(result, PT_COLUMN_CALLS_TIME, call, &window->times[at],
                               error);
        if (status == PT_OK)
            status = pt_result_u32(result, PT_COLUMN_CALLS_FLAGS, call,
                                   &window->flags[at], error);
    }
    return status;
}

static void show(struct pt_plot_series *s, const struct window *window, uint32_t to)
{
    const struct pt_plot_rows *rows = s->rows;
    const struct pt_points points = {.first_row = s->series.first + s->read - s->n,
                                     .base = window->base,
                                     .calls = rows->calls,
                                     .values = rows->values,
                                     .flags = rows->flags,
                                     .marked = rows->marked,
                                     .times = window->times,
                                     .call_flags = window->flags};
    if (!s->all)
        pt_decimator_run(&s->decimator, &points, s->at, to);
    for (uint32_t i = s->at; s->all && i < to; i++) {
        struct pt_point point = pt_point_at(&points, i);
        emit(s, &point);
    }
    s->at = to;
}

/* The values of one series that lie in the window. */
static enum pt_status pass(const struct pt_result *result, struct window *window,
                           enum pt_result_column_id metric, struct pt_plot_series *s,
                           struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (bool more = true; status == PT_OK && more;) {
        if (!window->whole)
            status = read_calls(result, window, s, error);
        if (status != PT_OK)
            break;
        uint32_t to = mark(window, s->rows, s->at, s->n);
        more = to > s->at && to == s->n;
        if (to > s->at)
            show(s, window, to);
        status = refill(result, metric, s, error);
    }
    return status;
}

enum pt_status pt_plot_read(const struct pt_result *result, const struct pt_plot *plot,
                            struct pt_plot_series *series, size_t n,
                            struct pt_error *error)
{
    struct window *window = malloc(sizeof *window);
    enum pt_status status =
        window ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory for a timeline");
    bool more = true;

    for (size_t k = 0; status == PT_OK && k < n; k++) {
        status = begin(result, plot, &series[k], n, error);
        if (status == PT_OK)
            status = refill(result, plot->metric, &series[k], error);
    }
    while (status == PT_OK && more) {
        status = move(result, window, series, n, &more, error);
        for (size_t k = 0; status == PT_OK && more && k < n; k++)
            status = pass(result, window, plot->metric, &series[k], error);
    }
    for (size_t k = 0; status == PT_OK && k < n; k++)
        pt_decimator_finish(&series[k].decimator);
    for (size_t k = 0; status == PT_OK && k < n; k++)
        if (series[k].status != PT_OK) {
            status = series[k].status;
            *error = series[k].error;
        }
    free(window);
    return status;
}

void pt_plot_free(struct pt_plot_series *series, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        for (int i = 0; i < PT_PLOT_COLUMNS; i++)
            pt_buffer_destroy(&series[k].columns[i]);
        free(series[k].rows);
    }
}
