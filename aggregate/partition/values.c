#include "partition/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "partition/window.h"

/* Value records, and calls, of all runs in one window: some ten megabytes. */
enum { WINDOW_VALUES = 1 << 17, WINDOW_CALLS = 1 << 19 };

static size_t window_room(const struct pt_calls *calls)
{
    size_t room = WINDOW_CALLS / calls->n_runs + 1;
    return calls->n < room ? calls->n : room;
}

uint32_t pt_values_name(struct pt_values *values, const char *text, size_t bytes)
{
    uint64_t hash = pt_hash64(text, bytes);
    int is_new = 0;
    uint64_t *index = pt_map_put(&values->name_index, hash, values->names.n, &is_new);
    if (!index)
        return UINT32_MAX;
    uint32_t found = (uint32_t)*index;
    if (is_new) {
        struct pt_name *name = pt_array_push(&values->names, 1);
        char *at = pt_array_push(&values->name_text, bytes + 1);
        if (!name || !at)
            return UINT32_MAX;
        memcpy(at, text, bytes);
        *name = (struct pt_name){values->name_text.n - bytes - 1, hash};
    }
    return found;
}

uint32_t pt_values_shape(struct pt_values *values, const uint64_t *sizes, unsigned ndim)
{
    uint64_t hash = pt_mix(ndim ? pt_hash64(sizes, ndim * sizeof *sizes) : 0, ndim);
    int is_new = 0;
    uint64_t *index = pt_map_put(&values->shape_index, hash, values->shapes.n, &is_new);
    if (!index)
        return UINT32_MAX;
    uint32_t found = (uint32_t)*index;
    if (is_new) {
        struct pt_shape *shape = pt_array_push(&values->shapes, 1);
        uint64_t *at = pt_array_push(&values->sizes, ndim);
        if (!shape || !at)
            return UINT32_MAX;
        if (ndim) /* of a number there are none */
            memcpy(at, sizes, ndim * sizeof *sizes);
        *shape = (struct pt_shape){values->sizes.n - ndim, hash, ndim};
    }
    return found;
}

static enum pt_status prepare(const struct pt_calls *calls, struct pt_window *window,
                              struct pt_values *values, struct pt_error *error)
{
    size_t n_runs = calls->n_runs;
    values->values.item_bytes = sizeof(struct pt_value);
    values->payloads.item_bytes = sizeof(struct pt_payload) + n_runs * sizeof(uint64_t);
    values->results.item_bytes = sizeof(struct pt_stat_result);
    values->mean.item_bytes = values->std.item_bytes = values->sig.item_bytes =
        values->contributing.item_bytes = sizeof(double);
    values->moments.item_bytes = sizeof(struct pt_moments);
    values->names.item_bytes = sizeof(struct pt_name);
    values->name_text.item_bytes = values->labels.item_bytes = 1;
    values->shapes.item_bytes = sizeof(struct pt_shape);
    values->sizes.item_bytes = sizeof(uint64_t);
    window->room = window_room(calls);
    window->runs = pt_memory_get(n_runs, sizeof *window->runs);
    if (!window->runs)
        return pt_no_memory(error, "values");
    for (size_t r = 0; r < n_runs; r++) {
        struct pt_window_run *run = &window->runs[r];
        run->items.item_bytes = sizeof(struct pt_item);
        run->data.item_bytes = 1;
        run->sizes.item_bytes = sizeof(uint64_t);
        run->starts = pt_memory_get(2 * window->room + 1, sizeof *run->starts);
        if (!run->starts)
            return pt_no_memory(error, "values");
    }
    return PT_OK;
}

static void window_free(struct pt_window *window, size_t n_runs)
{
    for (size_t r = 0; window->runs && r < n_runs; r++) {
        pt_array_free(&window->runs[r].items);
        pt_array_free(&window->runs[r].data);
        pt_array_free(&window->runs[r].sizes);
        pt_memory_free(window->runs[r].starts);
    }
    pt_memory_free(window->runs);
}

/* How many calls from `first` on fit a window: at least one. */
static size_t window_length(const struct pt_calls *calls, size_t first, size_t room)
{
    uint64_t values = 0;
    size_t i = first;
    for (; i < calls->n && i - first < room && values < WINDOW_VALUES; i++)
        for (size_t r = 0; r < calls->n_runs; r++) {
            const struct pt_call_run *run = &calls->runs[r * calls->n + i];
            if (run->n_values[0] != UINT32_MAX)
                values += (uint64_t)run->n_values[0] + run->n_values[1];
        }
    return i - first;
}

static enum pt_status read_windows(const struct pt_calls *calls,
                                   struct pt_window *window,
                                   const struct pt_stat_plan *plan,
                                   struct pt_error *error)
{
    struct pt_values *values = window->values;
    struct pt_array samples = {.item_bytes = sizeof(void *)};
    enum pt_status status = PT_OK;
    for (size_t first = 0; !status && first < calls->n; first += window->n) {
        size_t first_row = values->values.n;
        window->first = first;
        window->n = window_length(calls, first, window->room);
        samples.n = 0;
        status = pt_window_collect(window, error);
        if (!status)
            status = pt_window_combine(window, &samples, error);
        if (!status)
            status =
                pt_values_measure(values, first_row, samples.items, calls->n_runs,
                                  window->readers->catalogue->n_samples,
                                  window->readers->catalogue->n_base > 0, plan, error);
    }
    pt_array_free(&samples);
    return status;
}

static enum pt_status number(const struct pt_team *team, struct pt_values *values,
                             struct pt_error *error)
{
    values->starts = pt_memory_get((size_t)team->size + 1, sizeof *values->starts);
    enum pt_status status = pt_team_agree(
        team, values->starts ? PT_OK : pt_no_memory(error, "values"), error);
    if (status)
        return status;
    values->first = pt_team_offset(team, values->values.n, &values->total);
    pt_team_tell_all(team, values->first, values->starts);
    values->starts[team->size] = values->total;
    for (size_t i = 0; i < values->payloads.n; i++) {
        pt_values_payload(values, i)->order += values->first;
        pt_values_payload(values, i)->origin = (uint32_t)team->rank;
    }
    return PT_OK;
}

enum pt_status pt_values_read(const struct pt_team *team, const struct pt_calls *calls,
                              struct pt_readers *readers,
                              const struct pt_stat_plan *plan,
                              struct pt_values_wanted wanted, struct pt_values *values,
                              struct pt_error *error)
{
    struct pt_window window = {.calls = calls, .readers = readers, .values = values};
    *values = (struct pt_values){.wanted = wanted};
    enum pt_status status = prepare(calls, &window, values, error);
    if (!status)
        status = read_windows(calls, &window, plan, error);
    if (!status && values->payloads.n &&
        !pt_array_push(&values->results, values->payloads.n))
        status = pt_no_memory(error, "results");
    window_free(&window, calls->n_runs);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = number(team, values, error);
    if (status)
        pt_values_free(values);
    return status;
}

void pt_values_free(struct pt_values *values)
{
    pt_array_free(&values->values);
    pt_array_free(&values->payloads);
    pt_array_free(&values->results);
    pt_map_free(&values->payload_index);
    pt_array_free(&values->mean);
    pt_array_free(&values->std);
    pt_array_free(&values->sig);
    pt_array_free(&values->contributing);
    pt_array_free(&values->moments);
    pt_array_free(&values->names);
    pt_array_free(&values->name_text);
    pt_map_free(&values->name_index);
    pt_array_free(&values->shapes);
    pt_array_free(&values->sizes);
    pt_map_free(&values->shape_index);
    pt_array_free(&values->labels);
    pt_memory_free(values->starts);
    *values = (struct pt_values){0};
}
