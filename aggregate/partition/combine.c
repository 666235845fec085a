#include "partition/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "schema/schema.h"
#include "team/memory.h"

/* Rows of one phase of one call: item[row × n_runs + run], NULL where a run lacks it.
 */
struct table {
    const struct pt_item **items;
    struct pt_array rows; /* struct row */
    size_t room;          /* rows that `items` has room for */
};

struct row {
    uint32_t name;
    uint32_t occurrence;
};

struct combiner {
    struct pt_window *window;
    struct table table;
    struct pt_array *samples;
    uint64_t *record; /* struct pt_payload and references, being built */
};

static enum pt_status add_row(struct combiner *c, uint32_t name, uint32_t occurrence,
                              size_t *row, struct pt_error *error)
{
    size_t n_runs = c->window->calls->n_runs;
    struct row *at = pt_array_add(&c->table.rows, 1);
    if (!at)
        return pt_no_memory(error, "values");
    if (c->table.rows.n > c->table.room) {
        size_t room = c->table.rows.n * 2 + 8;
        const struct pt_item **items =
            pt_memory_resize(c->table.items, c->table.room * n_runs * sizeof(void *),
                             room * n_runs, sizeof(struct pt_item *));
        if (!items)
            return pt_no_memory(error, "values");
        c->table.items = items;
        c->table.room = room;
    }
    *at = (struct row){name, occurrence};
    *row = c->table.rows.n - 1;
    memset(&c->table.items[*row * n_runs], 0, n_runs * sizeof(struct pt_item *));
    return PT_OK;
}

/* The row of the k-th value of this name: at the place where it stands in the run if it
 * is the same there, else searched. */
static enum pt_status find_row(struct combiner *c, const struct pt_item *items,
                               size_t place, bool may_add, size_t *row,
                               struct pt_error *error)
{
    const struct row *rows = c->table.rows.items;
    uint32_t name = items[place].name, occurrence = 0;
    for (size_t i = 0; i < place; i++)
        occurrence += items[i].name == name;
    if (place < c->table.rows.n && rows[place].name == name &&
        rows[place].occurrence == occurrence) {
        *row = place;
        return PT_OK;
    }
    for (size_t i = 0; i < c->table.rows.n; i++)
        if (rows[i].name == name && rows[i].occurrence == occurrence) {
            *row = i;
            return PT_OK;
        }
    *row = SIZE_MAX;
    return may_add ? add_row(c, name, occurrence, row, error) : PT_OK;
}

static size_t samples_of(const struct pt_window *window)
{
    return window->readers->catalogue->n_samples;
}

/* Runs whose values count: the samples, and the base, which comes behind them. */
static size_t voters_of(const struct pt_window *window)
{
    return samples_of(window) + (window->readers->catalogue->n_base > 0);
}

/* The run that the call's time comes from first: its order of values is the row order.
 */
static enum pt_status fill_table(struct combiner *c, size_t call_in_window, int phase,
                                 struct pt_error *error)
{
    struct pt_window *window = c->window;
    size_t n_runs = window->calls->n_runs, n_voters = voters_of(window);
    uint32_t from = window->calls->items[window->first + call_in_window].from;
    enum pt_status status = PT_OK;
    c->table.rows.n = 0;
    for (size_t turn = 0; turn < n_runs; turn++) {
        size_t r = turn == 0 ? from : turn <= from ? turn - 1 : turn;
        const struct pt_window_run *run = &window->runs[r];
        size_t start = run->starts[2 * call_in_window + (size_t)phase];
        size_t stop = run->starts[2 * call_in_window + (size_t)phase + 1];
        const struct pt_item *items = (const struct pt_item *)run->items.items + start;
        for (size_t i = 0; !status && i < stop - start; i++) {
            size_t row = 0;
            status = find_row(c, items, i, r < n_voters, &row, error);
            if (!status && row != SIZE_MAX)
                c->table.items[row * n_runs + r] = &items[i];
        }
    }
    return status;
}

static bool same_shape(const struct pt_window *window, const struct pt_item *a,
                       size_t ra, const struct pt_item *b, size_t rb)
{
    const uint64_t *x = (const uint64_t *)window->runs[ra].sizes.items + a->shape_first;
    const uint64_t *y = (const uint64_t *)window->runs[rb].sizes.items + b->shape_first;
    if (a->kind != b->kind || a->dtype != b->dtype || a->ndim != b->ndim)
        return false;
    if (a->kind == PT_VALUE_LABEL)
        return true;
    return a->item_bytes == b->item_bytes && a->n_elements == b->n_elements &&
           a->data_bytes == b->data_bytes && a->storage == b->storage &&
           (a->ndim == 0 || memcmp(x, y, a->ndim * sizeof *x) == 0);
}

/* The run whose shape and dtype most runs share; of several, the first in order,
 * beginning with `from`. Those that differ are taken out of the row. */
static size_t settle(struct combiner *c, const struct pt_item **items, uint32_t from,
                     uint32_t *n_runs_having, uint32_t *flags)
{
    const struct pt_window *window = c->window;
    size_t n_runs = window->calls->n_runs, n_voters = voters_of(window);
    size_t best = SIZE_MAX, best_n = 0;
    bool all_same = true;
    for (size_t turn = 0; turn < n_voters; turn++) {
        size_t r = turn == 0 ? from : turn <= from ? turn - 1 : turn, n = 0;
        if (!items[r])
            continue;
        for (size_t s = 0; s < n_voters; s++)
            if (items[s] && same_shape(window, items[r], r, items[s], s))
                n += items[s]->n_runs;
            else if (items[s])
                all_same = false;
        if (n > best_n) {
            best_n = n;
            best = r;
        }
        if (all_same)
            break;
    }
    for (size_t s = 0; s < n_runs; s++)
        if (items[s] && s != best &&
            !same_shape(window, items[best], best, items[s], s)) {
            items[s] = NULL;
            *flags |= s < n_voters ? PT_VALUE_SHAPE_DIFFERS : 0;
        }
    *n_runs_having = (uint32_t)best_n;
    return best;
}

static enum pt_status add_label(struct combiner *c, const struct pt_item **items,
                                size_t base, struct pt_value *value,
                                struct pt_error *error)
{
    const struct pt_window *window = c->window;
    size_t n_runs = window->calls->n_runs;
    const char **texts = pt_memory_get(n_runs, sizeof(char *));
    size_t *bytes = pt_memory_get(n_runs, sizeof *bytes);
    enum pt_status status =
        texts && bytes ? PT_OK : pt_no_memory(error, "labels of values");
    for (size_t r = 0; !status && r < n_runs; r++)
        if (items[r]) {
            texts[r] = (const char *)window->runs[r].data.items + items[r]->payload;
            bytes[r] = (size_t)items[r]->data_bytes;
        }
    char *at = status ? NULL : pt_array_push(&window->values->labels, bytes[base]);
    if (at) {
        memcpy(at, texts[base], bytes[base]);
        value->label_first = window->values->labels.n - bytes[base];
        value->label_bytes = bytes[base];
        value->result.agreement =
            pt_stat_label_agreement(texts, bytes, samples_of(window));
    } else if (!status) {
        status = pt_no_memory(error, "labels of values");
    }
    pt_memory_free(texts);
    pt_memory_free(bytes);
    return status;
}

static enum pt_status add_samples(struct combiner *c, const struct pt_item **items,
                                  struct pt_value *value, struct pt_error *error)
{
    const struct pt_window *window = c->window;
    struct pt_values *values = window->values;
    size_t n_runs = window->calls->n_runs;
    const void **samples = (const void **)c->samples->items + c->samples->n - n_runs;
    for (size_t r = 0; r < n_runs; r++)
        if (items[r])
            samples[r] = (const char *)window->runs[r].data.items + items[r]->payload;
    value->n_stored = value->n_elements * (value->dtype == 'c' ? 2 : 1);
    value->first_element = values->mean.n;
    if (!pt_array_add(&values->mean, value->n_stored) ||
        !pt_array_add(&values->std, value->n_stored) ||
        !pt_array_add(&values->sig, value->n_stored) ||
        (values->wanted.contributing &&
         !pt_array_push(&values->contributing, value->n_stored)) ||
        (values->wanted.moments && !pt_array_push(&values->moments, value->n_stored)))
        return pt_no_memory(error, "results");
    return PT_OK;
}

static enum pt_status add_payload(struct combiner *c, const struct pt_item **items,
                                  size_t base, const struct pt_call *call,
                                  struct pt_value *value, struct pt_error *error)
{
    struct pt_values *values = c->window->values;
    size_t n_runs = c->window->calls->n_runs, bytes = values->payloads.item_bytes;
    struct pt_payload *payload = (struct pt_payload *)c->record;
    uint64_t *refs = pt_payload_refs(payload);
    uint64_t n = items[base]->data_bytes / items[base]->item_bytes;
    int is_new = 0;

    memset(payload, 0, bytes);
    for (size_t r = 0; r < n_runs; r++)
        refs[r] = items[r] ? items[r]->payload : PT_RESULT_NONE64;
    payload->n = n;
    payload->process = call->process;
    payload->n_runs = value->n_runs;
    payload->dtype = value->dtype;
    payload->item_bytes = value->item_bytes;
    struct pt_hash128 id = pt_hash128(payload, bytes);
    payload->id[0] = id.low;
    payload->id[1] = id.high;
    uint64_t *index =
        pt_map_put(&values->payload_index, id.low, values->payloads.n, &is_new);
    if (!index)
        return pt_no_memory(error, "payloads of values");
    value->payload = *index;
    value->n_stored = n * (value->dtype == 'c' ? 2 : 1);
    if (!is_new)
        return PT_OK;
    payload->index = (uint32_t)values->payloads.n;
    payload->order = values->values.n - 1;
    void *at = pt_array_push(&values->payloads, 1);
    if (!at)
        return pt_no_memory(error, "payloads of values");
    memcpy(at, payload, bytes);
    return PT_OK;
}

static void begin_value(const struct combiner *c, size_t call, int phase,
                        const struct pt_item *item, struct pt_value *value)
{
    const struct pt_calls *calls = c->window->calls;
    value->call = calls->first + call;
    value->function = calls->items[call].function;
    value->name = item->name;
    value->phase = (uint8_t)phase;
    value->kind = item->kind;
    value->ndim = item->ndim;
    value->item_bytes = item->item_bytes;
    value->dtype = item->dtype;
    value->n_elements = item->n_elements;
    value->first_element = value->payload = PT_RESULT_NONE64;
    value->precision = (uint16_t)pt_stat_precision(item->dtype, item->item_bytes);
    value->result = (struct pt_stat_result){.sig_norm = NAN,
                                            .con_norm = NAN,
                                            .sig_min = NAN,
                                            .sig_p05 = NAN,
                                            .sig_median = NAN,
                                            .mean = NAN,
                                            .std = NAN,
                                            .min = NAN,
                                            .max = NAN,
                                            .agreement = NAN};
}

/* The agreement with the most frequent sample is of those that are at hand. */
static bool needs_all_samples(const struct pt_item *item)
{
    return item->kind == PT_VALUE_LABEL || item->dtype == 'i' || item->dtype == 'u' ||
           item->dtype == 'b';
}

static enum pt_status combine_row(struct combiner *c, size_t call, int phase,
                                  size_t row, struct pt_error *error)
{
    struct pt_window *window = c->window;
    struct pt_values *values = window->values;
    size_t n_runs = window->calls->n_runs;
    const struct pt_call *parent = &window->calls->items[call];
    const struct pt_item **items = &c->table.items[row * n_runs];
    struct pt_value *value = pt_array_push(&values->values, 1);
    enum pt_status status = PT_OK;
    uint32_t n_having = 0, flags = 0;

    if (!value || !pt_array_push(c->samples, n_runs))
        return pt_no_memory(error, "values");
    size_t base = settle(c, items, parent->from, &n_having, &flags);
    const struct pt_item *item = items[base];
    begin_value(c, call, phase, item, value);
    value->n_runs = n_having;
    if (voters_of(window) > samples_of(window) && items[samples_of(window)] &&
        needs_all_samples(item))
        flags |= PT_VALUE_NOT_MERGED;
    value->flags = flags | (item->storage == PT_STORAGE_SAMPLE ? PT_VALUE_SAMPLED : 0);
    if (n_having < parent->n_runs)
        value->flags |= flags & PT_VALUE_SHAPE_DIFFERS ? 0 : PT_VALUE_NOT_ALL_RUNS;
    const uint64_t *sizes =
        (const uint64_t *)window->runs[base].sizes.items + item->shape_first;
    value->shape = pt_values_shape(values, sizes, item->ndim);
    if (value->shape == UINT32_MAX)
        return pt_no_memory(error, "shapes of values");
    values->n_omitted += value->kind == PT_VALUE_OMITTED;
    if (value->kind == PT_VALUE_LABEL)
        status = add_label(c, items, base, value, error);
    else if (value->kind != PT_VALUE_NUMBERS || !value->precision || !item->n_elements)
        return PT_OK;
    else if (item->storage == PT_STORAGE_INLINE)
        status = add_samples(c, items, value, error);
    else if (item->storage != PT_STORAGE_NONE)
        status = add_payload(c, items, base, parent, value, error);
    return status;
}

enum pt_status pt_window_combine(struct pt_window *window, struct pt_array *samples,
                                 struct pt_error *error)
{
    struct combiner c = {.window = window, .samples = samples};
    enum pt_status status = PT_OK;
    c.table.rows.item_bytes = sizeof(struct row);
    c.record = pt_memory_get(window->values->payloads.item_bytes, 1);
    if (!c.record)
        status = pt_no_memory(error, "values");
    for (size_t i = 0; !status && i < window->n; i++)
        for (int phase = 0; !status && phase < 2; phase++) {
            status = fill_table(&c, i, phase, error);
            for (size_t row = 0; !status && row < c.table.rows.n; row++)
                status = combine_row(&c, window->first + i, phase, row, error);
        }
    pt_memory_free(c.record);
    pt_memory_free(c.table.items);
    pt_array_free(&c.table.rows);
    return status;
}
