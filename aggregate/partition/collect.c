#include "partition/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "schema/schema.h"
#include "team/memory.h"

struct visit {
    struct pt_window *window;
    bool base; /* the run is the base: see append/base.h */
    struct pt_window_run *run;
    struct pt_trace_reader *reader;
    uint32_t trace;
    uint8_t phase;
};

/* Ids of the trace's strings are looked up once; the table of names is shared by the
 * threads. */
static enum pt_status name_of(struct visit *visit, uint32_t id, uint32_t *name,
                              struct pt_error *error)
{
    struct pt_readers *readers = visit->window->readers;
    uint32_t **known = &readers->names[visit->trace];
    uint32_t *n = &readers->n_names[visit->trace];
    if (id >= *n) {
        size_t length;
        (void)pt_trace_reader_string(visit->reader, id, &length);
        id = length ? id : 0; /* an id that the trace does not define gets no room */
    }
    if (id >= *n) {
        uint32_t room = id + id / 2 + 64;
        uint32_t *more =
            pt_memory_resize(*known, *n * sizeof *more, room, sizeof *more);
        if (!more)
            return pt_no_memory(error, "names of values");
        memset(more + *n, 0xff, (room - *n) * sizeof *more);
        *known = more;
        *n = room;
    }
    if ((*known)[id] == UINT32_MAX) {
        size_t bytes;
        const char *text = pt_trace_reader_string(visit->reader, id, &bytes);
        uint32_t found;
#pragma omp critical(pt_names)
        found = pt_values_name(visit->window->values, text, strnlen(text, bytes));
        if (found == UINT32_MAX)
            return pt_no_memory(error, "names of values");
        (*known)[id] = found;
    }
    *name = (*known)[id];
    return PT_OK;
}

/* The first `bytes` bytes of a value's data, kept with the run's. */
static enum pt_status keep_data(struct visit *visit, const struct pt_trace_value *value,
                                const void *inline_data, uint64_t bytes,
                                struct pt_item *item, struct pt_error *error)
{
    struct pt_array *data = &visit->run->data;
    item->payload = (data->n + 15) & ~(size_t)15;
    size_t padding = (size_t)item->payload - data->n;
    char *at = pt_array_add(data, padding + (size_t)bytes);
    if (!at)
        return pt_no_memory(error, "values");
    if (inline_data)
        memcpy(at + padding, inline_data, (size_t)bytes);
    else if (bytes)
        return pt_trace_reader_payload(visit->reader, value->payload, 0, bytes,
                                       at + padding, error);
    return PT_OK;
}

/* Labels longer than what stands inline are read at once: they are short. */
enum { LABEL_LIMIT = 4096 };

static enum pt_status take_data(struct visit *visit, const struct pt_trace_value *value,
                                const void *inline_data, struct pt_item *item,
                                struct pt_error *error)
{
    bool label = value->kind == PT_VALUE_LABEL;
    uint64_t bytes = value->data_bytes;
    if (!inline_data && !label)
        return PT_OK;
    if (label && !inline_data && value->storage != PT_STORAGE_PAYLOAD)
        bytes = 0;
    if (label && bytes > LABEL_LIMIT)
        bytes = LABEL_LIMIT;
    item->storage = PT_STORAGE_INLINE;
    item->data_bytes = bytes;
    return keep_data(visit, value, inline_data, bytes, item, error);
}

/* What the base says of a value, in the terms of a run's. Data that would stand in the
 * run's record are fetched: their moments are measured at once. */
static enum pt_status take_base(struct visit *visit, const struct pt_trace_value *value,
                                const void *inline_data, struct pt_item *item,
                                struct pt_error *error)
{
    uint64_t bytes = value->data_bytes;
    item->n_runs = value->form;
    if (value->kind == PT_VALUE_LABEL)
        return take_data(visit, value, inline_data, item, error);
    if (value->kind != PT_VALUE_NUMBERS)
        return PT_OK;
    item->dtype = (char)(value->reason >> 8);
    item->item_bytes = (uint8_t)value->reason;
    item->data_bytes = value->storage == PT_STORAGE_SAMPLE
                           ? bytes / value->item_bytes * item->item_bytes
                           : value->n_elements * item->item_bytes;
    if (value->storage == PT_STORAGE_NONE && item->data_bytes > PT_TRACE_INLINE_BYTES)
        return PT_OK;
    if (value->storage != PT_STORAGE_SAMPLE)
        item->storage = item->data_bytes <= PT_TRACE_INLINE_BYTES ? PT_STORAGE_INLINE
                                                                  : PT_STORAGE_PAYLOAD;
    if (item->storage != PT_STORAGE_INLINE || value->storage == PT_STORAGE_NONE)
        return PT_OK;
    return keep_data(visit, value, inline_data, bytes, item, error);
}

static enum pt_status visit_value(void *context, const struct pt_trace_value *value,
                                  const void *inline_data, struct pt_error *error)
{
    struct visit *visit = context;
    struct pt_window_run *run = visit->run;
    struct pt_item *item = pt_array_add(&run->items, 1);
    uint64_t *sizes = value->ndim ? pt_array_add(&run->sizes, value->ndim) : NULL;
    if (!item || (!sizes && value->ndim))
        return pt_no_memory(error, "values");
    *item = (struct pt_item){.n_elements = value->n_elements,
                             .data_bytes = value->data_bytes,
                             .payload = value->payload,
                             .shape_first = run->sizes.n - value->ndim,
                             .n_runs = 1,
                             .form = value->form,
                             .kind = value->kind,
                             .item_bytes = value->item_bytes,
                             .ndim = value->ndim,
                             .storage = value->storage,
                             .phase = visit->phase,
                             .dtype = value->dtype};
    if (value->ndim)
        memcpy(sizes, value->shape, value->ndim * sizeof *sizes);
    enum pt_status status = name_of(visit, value->name, &item->name, error);
    if (!status && visit->base)
        status = take_base(visit, value, inline_data, item, error);
    else if (!status)
        status = take_data(visit, value, inline_data, item, error);
    return status;
}

/* One phase of one call. What cannot be read is counted, and is as if absent. */
static enum pt_status collect_phase(struct visit *visit,
                                    const struct pt_call_run *place,
                                    struct pt_error *error)
{
    struct pt_window_run *run = visit->run;
    size_t items = run->items.n;
    enum pt_status status = pt_trace_reader_values(
        visit->reader, place->refs[visit->phase], place->n_values[visit->phase],
        visit_value, visit, error);
    if (status == PT_E_DAMAGED || status == PT_E_MISSING || status == PT_E_VERSION) {
        run->items.n = items;
        run->n_damaged++;
        status = PT_OK;
    }
    return status;
}

static enum pt_status collect_run(struct pt_window *window, size_t r,
                                  struct pt_error *error)
{
    const struct pt_calls *calls = window->calls;
    struct pt_window_run *run = &window->runs[r];
    const struct pt_catalogue *catalogue = window->readers->catalogue;
    struct visit visit = {.window = window,
                          .base = catalogue->n_base && r == catalogue->n_samples,
                          .run = run,
                          .trace = UINT32_MAX};
    enum pt_status status = PT_OK;

    run->items.n = run->data.n = run->sizes.n = 0;
    for (size_t i = 0; i < window->n; i++) {
        size_t call = window->first + i;
        const struct pt_call_run *place = &calls->runs[r * calls->n + call];
        bool has = place->n_values[0] != UINT32_MAX;
        uint32_t trace =
            pt_readers_trace(window->readers, calls->items[call].process, (uint32_t)r);
        if (has && trace != visit.trace) {
            if (visit.trace != UINT32_MAX)
                pt_readers_rest(window->readers, visit.trace);
            visit.trace = trace;
            status = pt_readers_get(window->readers, trace, &visit.reader, error);
        }
        for (visit.phase = 0; visit.phase < 2; visit.phase++) {
            run->starts[2 * i + visit.phase] = run->items.n;
            if (!status && has && place->n_values[visit.phase])
                status = collect_phase(&visit, place, error);
        }
    }
    run->starts[2 * window->n] = run->items.n;
    if (visit.trace != UINT32_MAX)
        pt_readers_rest(window->readers, visit.trace);
    return status;
}

enum pt_status pt_window_collect(struct pt_window *window, struct pt_error *error)
{
    size_t n_runs = window->calls->n_runs;
#pragma omp parallel for schedule(dynamic)
    for (size_t r = 0; r < n_runs; r++)
        window->runs[r].status = collect_run(window, r, &window->runs[r].error);
    for (size_t r = 0; r < n_runs; r++) {
        window->values->n_damaged += window->runs[r].n_damaged;
        window->runs[r].n_damaged = 0;
    }
    for (size_t r = 0; r < n_runs; r++)
        if (window->runs[r].status) {
            *error = window->runs[r].error;
            return window->runs[r].status;
        }
    return PT_OK;
}
