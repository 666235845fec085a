#include "pickle/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static void put_double(unsigned char *out, double real)
{
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    pt_put64(out, bits);
}

static enum pt_pickle_found python_number(struct pt_pickle_numbers *numbers, char dtype,
                                          uint8_t bytes)
{
    numbers->value.dtype = dtype;
    numbers->value.item_bytes = bytes;
    numbers->value.form = PT_FORM_PYTHON;
    numbers->value.n_elements = 1;
    numbers->value.data_bytes = bytes;
    return PT_FOUND_NUMBERS;
}

/* "f8", "<c16", "b1": class and size, as numpy.dtype is given them. */
static bool read_type(const char *text, struct pt_pickle_numbers *numbers)
{
    static const struct {
        char class, as;
        const char *sizes;
    } known[] = {{'b', 'b', "1"},      {'i', 'i', "1248"},    {'u', 'u', "1248"},
                 {'f', 'f', "248\20"}, {'c', 'c', "8\20\40"}, {'M', 'i', "8"},
                 {'m', 'i', "8"}};
    if (text[0] == '>')
        numbers->swapped = true;
    if (strchr("<>|=", text[0]) && text[0])
        text++;
    char *end;
    long size = text[0] ? strtol(text + 1, &end, 10) : 0;
    for (size_t i = 0; size > 0 && i < PT_ARRAY_LENGTH(known); i++) {
        if (known[i].class != text[0] || *end)
            continue;
        char as = size < 10 ? (char)('0' + size) : (char)size;
        if (size > 32 || !strchr(known[i].sizes, as))
            return false;
        numbers->value.dtype = known[i].as;
        numbers->value.item_bytes = (uint8_t)size;
        return true;
    }
    return false;
}

static const struct pt_pickle_node *item(const struct pt_pickle_node *node, size_t i)
{
    return node && (node->kind == PT_PICKLE_TUPLE || node->kind == PT_PICKLE_LIST) &&
                   i < node->many.n
               ? node->many.items[i]
               : NULL;
}

static bool short_text(const struct pt_pickle_source *source,
                       const struct pt_pickle_node *node, char *text, size_t room)
{
    size_t got = 0;
    if (!node || (node->kind != PT_PICKLE_TEXT && node->kind != PT_PICKLE_BYTES) ||
        pt_pickle_text(source, node, text, room - 1, &got, NULL) != PT_OK)
        return false;
    text[got] = '\0';
    return true;
}

/* A dtype: dtype("f8", False, True) with state (3, "<", None, …); a third item of the
 * state that is not None makes it a structure. */
static bool read_dtype(const struct pt_pickle_source *source,
                       const struct pt_pickle_node *node,
                       struct pt_pickle_numbers *numbers)
{
    char text[16];
    if (!node || strcmp(pt_pickle_name(node), "numpy.dtype") != 0 ||
        node->kind != PT_PICKLE_OBJECT ||
        !short_text(source, item(node->object->args, 0), text, sizeof text) ||
        !read_type(text, numbers))
        return false;
    const struct pt_pickle_node *order = item(node->object->state, 1),
                                *parts = item(node->object->state, 3);
    if (short_text(source, order, text, sizeof text) && text[0] == '>')
        numbers->swapped = true;
    return !parts || parts->kind == PT_PICKLE_NONE;
}

static bool read_shape(const struct pt_pickle_node *shape, struct pt_trace_value *value)
{
    value->n_elements = 1;
    if (shape && shape->kind == PT_PICKLE_INT && shape->integer >= 0) {
        value->ndim = 1;
        value->shape[0] = value->n_elements = (uint64_t)shape->integer;
        return true;
    }
    if (!shape || shape->kind != PT_PICKLE_TUPLE ||
        shape->many.n > PT_TRACE_MAX_DIMENSIONS)
        return false;
    value->ndim = (uint8_t)shape->many.n;
    for (size_t i = 0; i < shape->many.n; i++) {
        const struct pt_pickle_node *size = shape->many.items[i];
        if (size->kind != PT_PICKLE_INT || size->integer < 0 ||
            __builtin_mul_overflow(value->n_elements, (uint64_t)size->integer,
                                   &value->n_elements))
            return false;
        value->shape[i] = (uint64_t)size->integer;
    }
    return true;
}

static enum pt_pickle_found array(const struct pt_pickle_source *source,
                                  const struct pt_pickle_node *shape,
                                  const struct pt_pickle_node *dtype,
                                  const struct pt_pickle_node *data, bool fortran,
                                  struct pt_pickle_numbers *numbers)
{
    struct pt_trace_value *value = &numbers->value;
    if (!data || !read_dtype(source, dtype, numbers) || !read_shape(shape, value) ||
        __builtin_mul_overflow(value->n_elements, (uint64_t)value->item_bytes,
                               &value->data_bytes))
        return PT_FOUND_UNSUPPORTED;
    value->form = PT_FORM_ARRAY;
    numbers->data = data;
    numbers->fortran = fortran && value->ndim > 1;
    return PT_FOUND_NUMBERS;
}

static bool truth(const struct pt_pickle_node *node)
{
    return node && (node->kind == PT_PICKLE_BOOL || node->kind == PT_PICKLE_INT) &&
           node->integer;
}

/* _reconstruct(type, (0,), b"b") with the state (version, shape, dtype, fortran, data).
 */
static enum pt_pickle_found reconstruct(const struct pt_pickle_source *source,
                                        const struct pt_pickle_object *object,
                                        struct pt_pickle_numbers *numbers)
{
    const struct pt_pickle_node *state = object->state;
    if (!state || state->kind != PT_PICKLE_TUPLE || state->many.n < 4)
        return PT_FOUND_UNSUPPORTED;
    size_t first = state->many.n - 4; /* the oldest have no version */
    return array(source, item(state, first), item(state, first + 1),
                 item(state, first + 3), truth(item(state, first + 2)), numbers);
}

/* _frombuffer(buffer, dtype, shape, order): protocol 5 */
static enum pt_pickle_found frombuffer(const struct pt_pickle_source *source,
                                       const struct pt_pickle_object *object,
                                       struct pt_pickle_numbers *numbers)
{
    char order[4] = "";
    (void)short_text(source, item(object->args, 3), order, sizeof order);
    return array(source, item(object->args, 2), item(object->args, 1),
                 item(object->args, 0), order[0] == 'F', numbers);
}

/* scalar(dtype, bytes) */
static enum pt_pickle_found scalar(const struct pt_pickle_source *source,
                                   const struct pt_pickle_object *object,
                                   struct pt_pickle_numbers *numbers)
{
    numbers->data = item(object->args, 1);
    if (!numbers->data || !read_dtype(source, item(object->args, 0), numbers))
        return PT_FOUND_UNSUPPORTED;
    numbers->value.form = PT_FORM_NUMPY_SCALAR;
    numbers->value.n_elements = 1;
    numbers->value.data_bytes = numbers->value.item_bytes;
    return PT_FOUND_NUMBERS;
}

static enum pt_pickle_found complex_number(const struct pt_pickle_object *object,
                                           struct pt_pickle_numbers *numbers)
{
    for (size_t i = 0; i < 2; i++) {
        const struct pt_pickle_node *part = item(object->args, i);
        if (!part || part->kind != PT_PICKLE_FLOAT)
            return PT_FOUND_NOTHING;
        put_double(numbers->scalar + 8 * i, part->real);
    }
    return python_number(numbers, 'c', 16);
}

/* Whether a global is `name` in numpy.core, or where numpy 2 has it. */
static bool in_core(const char *global, const char *name)
{
    static const char *const places[] = {"numpy.core.", "numpy._core."};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(places); i++) {
        size_t n = strlen(places[i]);
        if (strncmp(global, places[i], n) == 0 && strcmp(global + n, name) == 0)
            return true;
    }
    return false;
}

static enum pt_pickle_found object_numbers(const struct pt_pickle_source *source,
                                           const struct pt_pickle_node *node,
                                           struct pt_pickle_numbers *numbers)
{
    const char *name = pt_pickle_name(node);
    if (in_core(name, "multiarray._reconstruct"))
        return reconstruct(source, node->object, numbers);
    if (in_core(name, "numeric._frombuffer"))
        return frombuffer(source, node->object, numbers);
    if (in_core(name, "multiarray.scalar"))
        return scalar(source, node->object, numbers);
    if (strcmp(name, "builtins.complex") == 0 ||
        strcmp(name, "__builtin__.complex") == 0)
        return complex_number(node->object, numbers);
    return PT_FOUND_NOTHING;
}

enum pt_pickle_found pt_pickle_numbers(const struct pt_pickle_source *source,
                                       const struct pt_pickle_node *node,
                                       struct pt_pickle_numbers *numbers)
{
    memset(numbers, 0, sizeof *numbers);
    numbers->value.kind = PT_VALUE_NUMBERS;
    numbers->value.storage = PT_STORAGE_INLINE;
    switch (node->kind) {
    case PT_PICKLE_BOOL:
        numbers->scalar[0] = node->integer != 0;
        return python_number(numbers, 'b', 1);
    case PT_PICKLE_INT:
        pt_put64(numbers->scalar, (uint64_t)node->integer);
        return python_number(numbers, 'i', 8);
    case PT_PICKLE_FLOAT:
        put_double(numbers->scalar, node->real);
        return python_number(numbers, 'f', 8);
    case PT_PICKLE_OBJECT:
        return object_numbers(source, node, numbers);
    default:
        return PT_FOUND_NOTHING;
    }
}

/* ── data ───────────────────────────────────────────────────────────────────────── */

static void swap(unsigned char *data, size_t bytes, size_t width)
{
    for (size_t at = 0; at + width <= bytes; at += width)
        for (size_t i = 0; i < width / 2; i++) {
            unsigned char c = data[at + i];
            data[at + i] = data[at + width - 1 - i];
            data[at + width - 1 - i] = c;
        }
}

/* x87 long doubles have six bytes of padding, which are whatever stood there. */
static void clear_padding(unsigned char *data, size_t bytes)
{
    for (size_t at = 0; at + 16 <= bytes; at += 16)
        memset(data + at + 10, 0, 6);
}

/* From the first index running fastest to the last. */
static enum pt_status reorder(const struct pt_trace_value *value, unsigned char **data,
                              struct pt_error *error)
{
    uint64_t at[PT_TRACE_MAX_DIMENSIONS] = {0}, stride[PT_TRACE_MAX_DIMENSIONS];
    size_t item_bytes = value->item_bytes;
    uint64_t from = 0;
    unsigned char *out = malloc((size_t)value->data_bytes + 1);
    if (!out)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for an array");
    for (int k = 0; k < value->ndim; k++)
        stride[k] = k ? stride[k - 1] * value->shape[k - 1] : 1;
    for (uint64_t to = 0; to < value->n_elements; to++) {
        memcpy(out + to * item_bytes, *data + from * item_bytes, item_bytes);
        for (int k = value->ndim - 1; k >= 0; k--) {
            from += stride[k];
            if (++at[k] < value->shape[k])
                break;
            from -= at[k] * stride[k];
            at[k] = 0;
        }
    }
    free(*data);
    *data = out;
    return PT_OK;
}

enum pt_status pt_pickle_numbers_read(const struct pt_pickle_source *source,
                                      const struct pt_pickle_numbers *numbers,
                                      unsigned char **data, struct pt_error *error)
{
    const struct pt_trace_value *value = &numbers->value;
    enum pt_status status = PT_OK;
    size_t bytes = 0;
    bool complex = value->dtype == 'c';

    *data = NULL;
    if (!numbers->data) {
        *data = malloc(sizeof numbers->scalar);
        if (!*data)
            return pt_error_set(error, PT_E_MEMORY, "out of memory for a number");
        memcpy(*data, numbers->scalar, sizeof numbers->scalar);
        return PT_OK;
    }
    /* Coded as text, a byte takes up to six. */
    status = pt_pickle_bytes(source, numbers->data, 6 * value->data_bytes, data, &bytes,
                             error);
    if (!status && bytes != value->data_bytes)
        status = pt_error_set(
            error, PT_E_DAMAGED, "%s: an array of %llu bytes has %zu of them",
            source->path, (unsigned long long)value->data_bytes, bytes);
    if (!status && numbers->swapped)
        swap(*data, bytes, complex ? value->item_bytes / 2U : value->item_bytes);
    if (!status && value->item_bytes >= 16 && value->item_bytes == (complex ? 32 : 16))
        clear_padding(*data, bytes);
    if (!status && numbers->fortran)
        status = reorder(value, data, error);
    if (status) {
        free(*data);
        *data = NULL;
    }
    return status;
}
