/* numpy's arrays: any strides, byte order and number type; masked arrays; arrays of
 * objects; structured arrays field by field. */
#include <string.h>

#include "capture/parts.h"
#include "cpython/attributes.h"

/* Number of elements, or false beyond 2^63 bytes (views with zero strides can claim
 * any). */
static bool count_elements(const struct pt_elements *elements, uint64_t *n)
{
    uint64_t count = 1;

    for (int i = 0; i < elements->ndim; i++)
        if (elements->shape[i] < 0 ||
            __builtin_mul_overflow(count, (uint64_t)elements->shape[i], &count))
            return false;
    *n = count;
    return count <= INT64_MAX / (elements->item_bytes ? elements->item_bytes : 1);
}

/* How the numbers of an array get into the trace: as they lie, by way of the scratch
 * memory, in pieces, or a sample of them. */
static void choose_data(struct pt_capture *capture, const struct pt_elements *elements,
                        struct pt_numbers *numbers)
{
    enum { IN_PIECES = 1 << 18 };
    uint64_t n = numbers->n_elements;
    bool sampled = n > capture->limits.max_elements;
    uint64_t bytes =
        (sampled ? capture->limits.max_elements : n) * elements->item_bytes;
    unsigned char *copy;

    numbers->from =
        (struct pt_gather){.elements = elements,
                           .n = n,
                           .sample = sampled ? capture->limits.max_elements : 0};
    if (!sampled && pt_gather_is_plain(elements))
        numbers->data = elements->data;
    else if (bytes <= IN_PIECES &&
             (copy = pt_capture_scratch(capture, bytes)) != NULL) {
        pt_gather_read(&numbers->from, 0, (size_t)bytes, copy);
        numbers->data = copy;
    }
}

static void emit_elements(struct pt_capture *capture,
                          const struct pt_elements *elements, uint16_t form)
{
    struct pt_numbers numbers = {.dtype = elements->kind,
                                 .item_bytes = (uint8_t)elements->item_bytes,
                                 .form = form,
                                 .ndim = elements->ndim,
                                 .shape = elements->shape};
    bool countable = count_elements(elements, &numbers.n_elements);

    if (numbers.dtype == 'M' || numbers.dtype == 'm')
        numbers.dtype = 'i';
    if (elements->ndim > PT_TRACE_MAX_DIMENSIONS) {
        numbers.ndim = 0;
        pt_capture_omit(capture, PT_REASON_UNSUPPORTED, &numbers);
    } else if (!countable) {
        pt_capture_omit(capture, PT_REASON_SIZE, &numbers);
    } else if (numbers.n_elements < capture->limits.min_size) {
        pt_capture_omit(capture, PT_REASON_SMALL, &numbers);
    } else {
        choose_data(capture, elements, &numbers);
        pt_capture_emit(capture, &numbers);
    }
}

static bool is_number(const struct pt_elements *elements)
{
    switch (elements->kind) {
    case 'b':
    case 'i':
    case 'u':
    case 'f':
    case 'c':
    case 'M':
    case 'm':
        return elements->item_bytes > 0 && elements->item_bytes <= 32;
    default:
        return false;
    }
}

/* The elements of an array of objects, in C order, as members 0, 1, … */
static void walk_objects(struct pt_capture *capture, PyObject *array,
                         const struct pt_elements *elements)
{
    const PyObject *const *items;
    uint64_t n;

    if (!count_elements(elements, &n) || !pt_capture_enter(capture, array))
        return;
    for (uint64_t i = 0; i < n; i++) {
        PyObject *item;
        const char *at = elements->data;
        uint64_t rest = i;

        if (i >= capture->limits.max_items) {
            pt_capture_omit_rest(capture);
            break;
        }
        for (int axis = elements->ndim - 1; axis >= 0; axis--) {
            uint64_t size = (uint64_t)elements->shape[axis];

            at += (Py_ssize_t)(rest % size) * elements->strides[axis];
            rest /= size;
        }
        items = (const PyObject *const *)at;
        memcpy(&item, items, sizeof item);
        struct pt_capture_name saved = pt_capture_push_index(capture, (Py_ssize_t)i);
        pt_capture_any(capture, item ? item : Py_None);
        pt_capture_pop(capture, saved);
    }
    pt_capture_leave(capture);
}

static void walk_fields(struct pt_capture *capture, PyObject *array,
                        const struct pt_elements *elements)
{
    Py_ssize_t n = pt_numpy_n_fields(elements);

    if (!pt_capture_enter(capture, array))
        return;
    for (Py_ssize_t i = 0; i < n; i++) {
        struct pt_elements field;
        PyObject *name;

        if (i >= capture->limits.max_items) {
            pt_capture_omit_rest(capture);
            break;
        }
        if (!pt_numpy_field(elements, i, &name, &field))
            continue;
        struct pt_capture_name saved = pt_capture_push_object(capture, name, i);
        if (is_number(&field))
            emit_elements(capture, &field, PT_FORM_ARRAY);
        else
            pt_capture_omit(capture, PT_REASON_UNSUPPORTED, NULL);
        pt_capture_pop(capture, saved);
    }
    pt_capture_leave(capture);
}

/* A masked array is an array that holds its mask as an attribute; a mask that is no
 * array means that nothing is masked. */
static void emit_mask(struct pt_capture *capture, PyObject *mask)
{
    struct pt_elements elements;

    if (!pt_numpy_array(mask, &elements) || !is_number(&elements))
        return;
    struct pt_capture_name saved = pt_capture_push(capture, "mask", 4);
    emit_elements(capture, &elements, PT_FORM_ARRAY);
    pt_capture_pop(capture, saved);
}

/* An argument that the call is known not to write to. */
static bool is_only_read(const struct pt_capture *capture,
                         const struct pt_elements *elements)
{
    bool is_out = capture->path_bytes == 3 && memcmp(capture->path, "out", 3) == 0;

    return capture->call.only_reads && elements->exact && !is_out;
}

bool pt_capture_array(struct pt_capture *capture, PyObject *value)
{
    struct pt_elements elements;
    PyObject *mask = NULL;

    if (!pt_numpy_array(value, &elements))
        return false;
    capture->changeable |= elements.writeable && !is_only_read(capture, &elements);
    if (is_number(&elements)) {
        uint16_t form = capture->sparse ? PT_FORM_SPARSE : PT_FORM_ARRAY;

        if (Py_TYPE(value)->tp_dictoffset != 0)
            mask = pt_attributes_get(value, "_mask");
        emit_elements(capture, &elements, mask ? PT_FORM_MASKED : form);
        if (mask)
            emit_mask(capture, mask);
    } else if (elements.kind == 'O') {
        walk_objects(capture, value, &elements);
    } else if (pt_numpy_n_fields(&elements) > 0) {
        walk_fields(capture, value, &elements);
    } else {
        pt_capture_label(capture, value);
    }
    return true;
}
