#include <string.h>

#include "base/bytes.h"
#include "capture/parts.h"
#include "capture/summary.h"

static uint32_t name_of(struct pt_capture *capture)
{
    if (!capture->name && capture->writer)
        capture->name =
            pt_trace_writer_string(capture->writer, capture->path, capture->path_bytes);
    return capture->name;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    uint64_t state = hash ^ word;

    return pt_splitmix64(&state);
}

/* One number for all that a mark compares; `content` is the hash of the data. */
static uint64_t hash_of(const struct pt_trace_value *value, struct pt_hash128 content)
{
    uint64_t hash =
        mix(content.low, (uint64_t)value->kind << 32 | (uint64_t)value->dtype << 16 |
                             (uint64_t)value->item_bytes << 8 | value->ndim);

    for (int i = 0; i < value->ndim; i++)
        hash = mix(hash, value->shape[i]);
    return hash;
}

static void mark(struct pt_capture *capture, const struct pt_trace_value *value,
                 struct pt_hash128 content)
{
    struct pt_marks *marks = capture->marks;

    if (marks->n - capture->first_mark >= PT_CAPTURE_MARKS)
        return;
    if (marks->n == marks->capacity) {
        size_t capacity = marks->capacity ? 2 * marks->capacity : 256;
        struct pt_mark *items =
            PyMem_RawRealloc(marks->items, capacity * sizeof *items);

        if (!items)
            return;
        marks->items = items;
        marks->capacity = capacity;
    }
    marks->items[marks->n++] = (struct pt_mark){hash_of(value, content), value->name};
}

/* True if the value differs from what its mark says, or has none. Values come in the
 * order of their marks, as a rule, so the search goes on from the last one found. */
static bool has_changed(struct pt_capture *capture, const struct pt_trace_value *value,
                        struct pt_hash128 content)
{
    const struct pt_marks *marks = capture->marks;
    size_t n = marks->n - capture->first_mark;
    size_t start = capture->next_mark - capture->first_mark;

    for (size_t i = 0; i < n; i++) {
        size_t at = capture->first_mark + (start + i) % n;

        if (marks->items[at].name == value->name) {
            capture->next_mark = at + 1;
            return marks->items[at].hash != hash_of(value, content);
        }
    }
    /* beyond the bound nothing was marked, and nothing can be said */
    return n < PT_CAPTURE_MARKS;
}

/* The hash of data that are not in one piece. */
static struct pt_hash128 hash_gathered(const struct pt_gather *from, uint64_t bytes)
{
    enum { PIECE = 1 << 14 };
    struct pt_hash_state state;
    unsigned char piece[PIECE];

    pt_hash_begin(&state);
    for (uint64_t at = 0; at < bytes; at += PIECE) {
        size_t now = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;

        pt_gather_read(from, at, now, piece);
        pt_hash_add(&state, piece, now);
    }
    return pt_hash_end(&state);
}

/* An axis of stride 0 repeats its elements: summing them would say nothing of memory,
 * and such a view can claim any number of them. */
static bool is_repeated(const struct pt_elements *elements)
{
    for (int i = 0; i < elements->ndim; i++)
        if (elements->strides[i] == 0 && elements->shape[i] > 1)
            return true;
    return false;
}

static bool is_power_of_4(uint64_t n)
{
    return (n & (n - 1)) == 0 && (n & UINT64_C(0x5555555555555555)) != 0;
}

static bool wants_summary(const struct pt_capture *capture,
                          const struct pt_elements *elements)
{
    if (capture->limits.summaries == PT_SUMMARIES_NONE || is_repeated(elements) ||
        strchr("biufc", elements->kind) == NULL)
        return false;
    return capture->limits.summaries == PT_SUMMARIES_ALL ||
           is_power_of_4(capture->call.turn);
}

/* Takes the data away where the trace has no room for them. */
static void fit(struct pt_capture *capture, struct pt_trace_value *value)
{
    enum { ALWAYS = 4096 };

    if (value->storage == PT_STORAGE_NONE || value->data_bytes <= ALWAYS ||
        pt_trace_writer_has_room(capture->writer, value->data_bytes + 1))
        return;
    value->kind = PT_VALUE_OMITTED;
    value->reason = PT_REASON_FULL;
    value->storage = PT_STORAGE_NONE;
    value->data_bytes = 0;
}

static void count_value(struct pt_capture *capture, const struct pt_trace_value *value)
{
    capture->values++;
    capture->bytes += value->data_bytes;
    capture->bounds.sampled += value->storage == PT_STORAGE_SAMPLE;
    if (value->kind == PT_VALUE_OMITTED) {
        capture->omitted++;
        capture->bounds.by_reason[value->reason]++;
    }
}

/* Whether the enclosing call was given the same array, and cannot have changed it. */
static bool is_known(const struct pt_capture *capture, const struct pt_gather *from)
{
    const struct pt_capture_known *known = &capture->known;
    const struct pt_elements *elements = from->elements;

    return known->owner != 0 && known->owner == capture->call.parent &&
           capture->phase == PT_PHASE_INPUT && known->data == elements->data &&
           known->n_elements == from->n && known->kind == elements->kind &&
           known->item_bytes == elements->item_bytes &&
           known->swapped == elements->swapped && elements->contiguous;
}

/* Remembers an array for the calls within this one. */
static void remember(struct pt_capture *capture, const struct pt_gather *from,
                     struct pt_hash128 content)
{
    const struct pt_elements *elements = from->elements;

    if (elements->contiguous && elements->exact)
        capture->known = (struct pt_capture_known){.owner = capture->call.time,
                                                   .data = elements->data,
                                                   .n_elements = from->n,
                                                   .item_bytes = elements->item_bytes,
                                                   .kind = elements->kind,
                                                   .swapped = elements->swapped,
                                                   .content = content};
}

/* The hash of the data, where it is needed before they are written; false: it is not.
 */
static bool hash_value(struct pt_capture *capture, const struct pt_trace_value *value,
                       const void *data, const struct pt_gather *from, bool compared,
                       struct pt_hash128 *content)
{
    enum { LARGE = 1 << 14 };
    bool large = from && from->elements && from->n >= LARGE;
    bool kept = large && capture->call.only_reads && capture->phase == PT_PHASE_INPUT;

    if (value->storage == PT_STORAGE_NONE)
        return compared;
    if (large && is_known(capture, from))
        *content = capture->known.content;
    else if (!data)
        *content = hash_gathered(from, value->data_bytes);
    else if (compared || kept)
        *content = pt_hash128(data, value->data_bytes);
    else
        return false;
    if (kept)
        remember(capture, from, *content);
    return true;
}

/* `from` (may be NULL where there is data) is where the numbers come from. */
static void write_value(struct pt_capture *capture, struct pt_trace_value *value,
                        const void *data, const struct pt_gather *from)
{
    struct pt_hash128 content = {0, 0};
    struct pt_trace_source source = {
        .data = data, .read = data ? NULL : pt_gather_read, .context = from};
    bool compared =
        capture->writer && capture->mode != PT_CAPTURE_ALL && capture->changeable;

    value->call = capture->call.time;
    value->phase = (uint8_t)capture->phase;
    value->name = name_of(capture);
    value->payload = 0;
    value->has_summary = false;
    if (capture->writer)
        fit(capture, value);
    if (capture->writer && hash_value(capture, value, data, from, compared, &content))
        source.hash = &content;
    if (compared && capture->mode == PT_CAPTURE_MARKED)
        mark(capture, value, content);
    else if (compared && !has_changed(capture, value, content))
        return;
    count_value(capture, value);
    if (!capture->writer)
        return;
    if (value->storage == PT_STORAGE_SAMPLE && !is_known(capture, from) &&
        wants_summary(capture, from->elements)) {
        value->has_summary = true;
        pt_summary_make(from->elements, from->n, &value->summary);
    }
    pt_trace_writer_value_from(capture->writer, value, &source);
}

static void describe(struct pt_trace_value *value, const struct pt_numbers *numbers)
{
    value->dtype = numbers->dtype;
    value->item_bytes = numbers->item_bytes;
    value->form = numbers->form;
    value->ndim = (uint8_t)numbers->ndim;
    value->n_elements = numbers->n_elements;
    for (int i = 0; i < numbers->ndim; i++)
        value->shape[i] = (uint64_t)numbers->shape[i];
}

void pt_capture_emit(struct pt_capture *capture, const struct pt_numbers *numbers)
{
    struct pt_trace_value value;

    describe(&value, numbers);
    value.kind = PT_VALUE_NUMBERS;
    value.storage = numbers->from.sample ? PT_STORAGE_SAMPLE : PT_STORAGE_INLINE;
    value.reason = 0;
    value.data_bytes =
        (numbers->from.sample ? numbers->from.sample : numbers->n_elements) *
        numbers->item_bytes;
    write_value(capture, &value, numbers->data, &numbers->from);
}

static void label_head(struct pt_trace_value *value)
{
    value->dtype = 'S';
    value->item_bytes = 1;
    value->form = PT_FORM_PYTHON;
    value->ndim = 0;
    value->n_elements = 0;
    value->data_bytes = 0;
    value->reason = 0;
}

/* `data`: the name of a type, a zero, a text. */
static void emit_label(struct pt_capture *capture, const char *data, size_t bytes)
{
    struct pt_trace_value value;

    label_head(&value);
    value.kind = PT_VALUE_LABEL;
    value.storage = PT_STORAGE_INLINE;
    value.data_bytes = bytes;
    write_value(capture, &value, data, NULL);
}

void pt_capture_emit_label(struct pt_capture *capture, const char *type,
                           const char *text, size_t text_bytes)
{
    char data[256];
    size_t type_bytes = strnlen(type, 127);

    if (text_bytes > sizeof data - 128)
        text_bytes = sizeof data - 128;
    memcpy(data, type, type_bytes);
    data[type_bytes] = '\0';
    memcpy(data + type_bytes + 1, text, text_bytes);
    emit_label(capture, data, type_bytes + 1 + text_bytes);
}

void pt_capture_emit_none(struct pt_capture *capture)
{
    static const char none[] = "NoneType\0None";

    emit_label(capture, none, sizeof none - 1);
}

void pt_capture_omit(struct pt_capture *capture, enum pt_value_reason reason,
                     const struct pt_numbers *numbers)
{
    struct pt_trace_value value;

    label_head(&value);
    if (numbers)
        describe(&value, numbers);
    value.kind = PT_VALUE_OMITTED;
    value.storage = PT_STORAGE_NONE;
    value.reason = (uint32_t)reason;
    write_value(capture, &value, NULL, NULL);
}

void pt_capture_omit_rest(struct pt_capture *capture)
{
    struct pt_capture_name saved = pt_capture_push(capture, "*", 1);

    pt_capture_omit(capture, PT_REASON_LIMIT, NULL);
    pt_capture_pop(capture, saved);
}
