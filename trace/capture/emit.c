#include <string.h>

#include "base/bytes.h"
#include "capture/parts.h"

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

static void write_value(struct pt_capture *capture, struct pt_trace_value *value,
                        const void *data)
{
    struct pt_hash128 content = {0, 0};
    bool compared =
        capture->writer && capture->mode != PT_CAPTURE_ALL && capture->changeable;

    value->call = capture->call;
    value->phase = (uint8_t)capture->phase;
    value->name = name_of(capture);
    value->payload = 0;
    if (compared) {
        if (data)
            content = pt_hash128(data, value->data_bytes);
        if (capture->mode == PT_CAPTURE_MARKED)
            mark(capture, value, content);
        else if (!has_changed(capture, value, content))
            return;
    }
    capture->values++;
    capture->bytes += value->data_bytes;
    if (value->kind == PT_VALUE_OMITTED)
        capture->omitted++;
    if (capture->writer)
        pt_trace_writer_value_hashed(capture->writer, value, data,
                                     compared ? &content : NULL);
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
    value.storage = PT_STORAGE_INLINE;
    value.reason = 0;
    value.data_bytes = numbers->n_elements * numbers->item_bytes;
    write_value(capture, &value, numbers->data);
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

void pt_capture_emit_label(struct pt_capture *capture, const char *type,
                           const char *text, size_t text_bytes)
{
    struct pt_trace_value value;
    char data[256];
    size_t type_bytes = strnlen(type, 127);

    if (text_bytes > sizeof data - 128)
        text_bytes = sizeof data - 128;
    memcpy(data, type, type_bytes);
    data[type_bytes] = '\0';
    memcpy(data + type_bytes + 1, text, text_bytes);
    label_head(&value);
    value.kind = PT_VALUE_LABEL;
    value.storage = PT_STORAGE_INLINE;
    value.data_bytes = type_bytes + 1 + text_bytes;
    write_value(capture, &value, data);
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
    write_value(capture, &value, NULL);
}

void pt_capture_omit_rest(struct pt_capture *capture)
{
    struct pt_capture_name saved = pt_capture_push(capture, "*", 1);

    pt_capture_omit(capture, PT_REASON_LIMIT, NULL);
    pt_capture_pop(capture, saved);
}
