#include "pickle/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pickle/numbers.h"

enum { LABEL_TYPE = 127, LABEL_TEXT = 64, BIG_BYTES = 30 };

static void put(struct pt_pickle_emit *emit, struct pt_trace_value *value,
                const void *data)
{
    value->call = emit->call;
    value->phase = emit->phase;
    value->name = pt_trace_writer_string(emit->writer, emit->name, emit->name_bytes);
    emit->values++;
    pt_trace_writer_value(emit->writer, value, data);
}

static void put_omitted(struct pt_pickle_emit *emit, enum pt_value_reason reason,
                        const struct pt_trace_value *like)
{
    struct pt_trace_value value = {.dtype = 'S', .item_bytes = 1};
    if (like)
        value = *like;
    value.kind = PT_VALUE_OMITTED;
    value.storage = PT_STORAGE_NONE;
    value.reason = (uint32_t)reason;
    value.data_bytes = 0;
    put(emit, &value, NULL);
}

static void put_label(struct pt_pickle_emit *emit, const char *type, const char *text,
                      size_t text_bytes)
{
    char data[LABEL_TYPE + 1 + LABEL_TEXT];
    size_t type_bytes = strnlen(type, LABEL_TYPE);
    struct pt_trace_value value = {.kind = PT_VALUE_LABEL,
                                   .storage = PT_STORAGE_INLINE,
                                   .dtype = 'S',
                                   .item_bytes = 1};
    memcpy(data, type, type_bytes);
    data[type_bytes] = '\0';
    if (text_bytes)
        memcpy(data + type_bytes + 1, text, text_bytes);
    value.data_bytes = type_bytes + 1 + text_bytes;
    put(emit, &value, data);
}

static enum pt_status put_text(struct pt_pickle_emit *emit, const char *type,
                               const struct pt_pickle_node *node,
                               struct pt_error *error)
{
    char text[LABEL_TEXT];
    size_t got;
    enum pt_status status =
        pt_pickle_text(emit->source, node, text, sizeof text, &got, error);
    if (!status)
        put_label(emit, type, text, got);
    return status;
}

/* A magnitude, big-endian in base 256, and its sign. */
struct big {
    unsigned char bytes[BIG_BYTES];
    bool negative, too_long;
};

/* Little-endian two's complement. */
static void read_binary(const unsigned char *data, size_t n, struct big *big)
{
    unsigned carry = 1;
    big->negative = data[n - 1] & 0x80;
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = data[i];
        if (big->negative) {
            carry += (unsigned char)~byte;
            byte = (unsigned char)carry;
            carry >>= 8;
        }
        big->bytes[BIG_BYTES - 1 - i] = byte;
    }
}

/* Decimal digits, as protocol 0 has them. */
static void read_decimal(const unsigned char *text, size_t n, struct big *big)
{
    for (size_t i = 0; i < n; i++) {
        big->negative |= text[i] == '-';
        if (text[i] < '0' || text[i] > '9')
            continue;
        unsigned carry = (unsigned)(text[i] - '0');
        for (size_t k = BIG_BYTES; k-- > 0; carry >>= 8) {
            carry += 10U * big->bytes[k];
            big->bytes[k] = (unsigned char)carry;
        }
        big->too_long |= carry != 0;
    }
}

/* An integer beyond 64 bits: a label of its value in base 16, as the tracer's. */
static enum pt_status put_big(struct pt_pickle_emit *emit,
                              const struct pt_pickle_node *node, struct pt_error *error)
{
    unsigned char data[2 * BIG_BYTES];
    char text[2 * BIG_BYTES + 4];
    struct big big = {.negative = false};
    bool decimal = node->coding == PT_CODING_QUOTED;
    size_t n = (size_t)node->data.bytes, first = 0, used;
    enum pt_status status = PT_OK;

    big.too_long = node->data.bytes > (decimal ? sizeof data : BIG_BYTES);
    if (!big.too_long)
        status = pt_pickle_source_copy(emit->source, node->data.offset, n, data, error);
    if (status)
        return status;
    if (!big.too_long && decimal)
        read_decimal(data, n, &big);
    else if (!big.too_long)
        read_binary(data, n, &big);
    if (big.too_long) {
        put_label(emit, "int", "beyond 240 bits", 15);
        return PT_OK;
    }
    while (first < BIG_BYTES - 1 && !big.bytes[first])
        first++;
    used = (size_t)snprintf(text, sizeof text, "%s0x", big.negative ? "-" : "");
    for (; first < BIG_BYTES; first++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%02x", big.bytes[first]);
    put_label(emit, "int", text, used);
    return PT_OK;
}

/* What _codecs.encode or bytearray would have made bytes of. */
static enum pt_status put_bytes(struct pt_pickle_emit *emit,
                                const struct pt_pickle_node *node,
                                struct pt_error *error)
{
    unsigned char *data;
    size_t bytes;
    enum pt_status status =
        pt_pickle_bytes(emit->source, node, emit->source->size, &data, &bytes, error);
    if (!status)
        put_label(emit, "bytes", (char *)data, bytes < LABEL_TEXT ? bytes : LABEL_TEXT);
    free(data);
    return status;
}

static enum pt_status put_numbers(struct pt_pickle_emit *emit,
                                  struct pt_pickle_numbers *numbers,
                                  struct pt_error *error)
{
    unsigned char *data;
    struct pt_error why;
    if (numbers->value.n_elements > emit->limits.max_elements) {
        put_omitted(emit, PT_REASON_SIZE, &numbers->value);
        return PT_OK;
    }
    enum pt_status status = pt_pickle_numbers_read(emit->source, numbers, &data, &why);
    if (status == PT_E_MEMORY || status == PT_E_IO)
        return pt_error_set(error, status, "%s", why.text);
    if (status) {
        emit->n_unread++;
        put_omitted(emit, PT_REASON_UNSUPPORTED, &numbers->value);
        return PT_OK;
    }
    put(emit, &numbers->value, data);
    free(data);
    return PT_OK;
}

/* ── members ────────────────────────────────────────────────────────────────────── */

static void name_add(struct pt_pickle_emit *emit, const char *text, size_t bytes)
{
    size_t room = sizeof emit->name - emit->name_bytes;
    if (emit->name_bytes && room) {
        emit->name[emit->name_bytes++] = '.';
        room--;
    }
    if (bytes > room)
        bytes = room;
    memcpy(emit->name + emit->name_bytes, text, bytes);
    emit->name_bytes += bytes;
}

static enum pt_status name_add_key(struct pt_pickle_emit *emit,
                                   const struct pt_pickle_node *key, size_t i,
                                   struct pt_error *error)
{
    char text[128];
    size_t got = 0;
    enum pt_status status = PT_OK;
    if (key && key->kind == PT_PICKLE_TEXT)
        status = pt_pickle_text(emit->source, key, text, sizeof text, &got, error);
    else if (key && key->kind == PT_PICKLE_INT)
        got = (size_t)snprintf(text, sizeof text, "%lld", (long long)key->integer);
    else
        got = (size_t)snprintf(text, sizeof text, key ? "#%zu" : "%zu", i);
    if (!status)
        name_add(emit, text, got);
    return status;
}

static enum pt_status any(struct pt_pickle_emit *emit,
                          const struct pt_pickle_node *node, struct pt_error *error);

/* Members of a list, or (step 2) keys and values of a dict. */
static enum pt_status members(struct pt_pickle_emit *emit,
                              const struct pt_pickle_node *many, size_t step,
                              struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i + step <= many->many.n; i += step) {
        size_t kept = emit->name_bytes;
        if (i / step >= emit->limits.max_items || emit->values > PT_PICKLE_VALUES) {
            name_add(emit, "*", 1);
            put_omitted(emit, PT_REASON_LIMIT, NULL);
            emit->name_bytes = kept;
            break;
        }
        status =
            name_add_key(emit, step == 2 ? many->many.items[i] : NULL, i / step, error);
        if (!status)
            status = any(emit, many->many.items[i + step - 1], error);
        emit->name_bytes = kept;
    }
    return status;
}

/* One container: what is in it, or that nothing is. */
static enum pt_status container(struct pt_pickle_emit *emit,
                                const struct pt_pickle_node *many, const char *type,
                                struct pt_error *error)
{
    enum pt_status status;
    if (!many->many.n) {
        put_label(emit, type, "empty", 5);
        return PT_OK;
    }
    if (emit->depth >= emit->limits.max_depth) {
        put_omitted(emit, PT_REASON_DEPTH, NULL);
        return PT_OK;
    }
    emit->depth++;
    status = members(emit, many, many->kind == PT_PICKLE_DICT ? 2 : 1, error);
    emit->depth--;
    return status;
}

/* Sets have no order, so that their members have no names. */
static bool is_set(const char *name)
{
    static const char *const names[] = {"builtins.set", "builtins.frozenset",
                                        "__builtin__.set", "__builtin__.frozenset"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What was not built: its type's name, then its attributes and members, if any. */
static enum pt_status object(struct pt_pickle_emit *emit,
                             const struct pt_pickle_node *node, struct pt_error *error)
{
    const struct pt_pickle_node *parts[] = {pt_pickle_attributes(node),
                                            node->object->dict, node->object->list};
    const char *name = pt_pickle_name(node), *dot = strrchr(name, '.');
    enum pt_status status = PT_OK;
    bool some = false;
    if (pt_pickle_is_bytes(node))
        return put_bytes(emit, node, error);
    if (is_set(name)) {
        put_label(emit, "set", "", 0);
        return PT_OK;
    }
    for (size_t i = 0; i < PT_ARRAY_LENGTH(parts); i++)
        some |= parts[i] && parts[i]->many.n;
    if (!some)
        put_label(emit, dot ? dot + 1 : "object", name, strnlen(name, LABEL_TEXT));
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(parts); i++)
        if (parts[i] && parts[i]->many.n)
            status = container(emit, parts[i], "object", error);
    return status;
}

static enum pt_status other(struct pt_pickle_emit *emit,
                            const struct pt_pickle_node *node, struct pt_error *error)
{
    static const char *const types[] = {[PT_PICKLE_LIST] = "list",
                                        [PT_PICKLE_TUPLE] = "tuple",
                                        [PT_PICKLE_SET] = "set",
                                        [PT_PICKLE_DICT] = "dict"};
    switch ((enum pt_pickle_kind)node->kind) {
    case PT_PICKLE_NONE:
        put_label(emit, "NoneType", "None", 4);
        return PT_OK;
    case PT_PICKLE_BIG:
        return put_big(emit, node, error);
    case PT_PICKLE_TEXT:
        return put_text(emit, "str", node, error);
    case PT_PICKLE_BYTES:
        return put_text(emit, "bytes", node, error);
    case PT_PICKLE_SET:
        put_label(emit, "set", "", 0);
        return PT_OK;
    case PT_PICKLE_LIST:
    case PT_PICKLE_TUPLE:
    case PT_PICKLE_DICT:
        return container(emit, node, types[node->kind], error);
    case PT_PICKLE_GLOBAL:
        put_label(emit, "global", node->name, strnlen(node->name, LABEL_TEXT));
        return PT_OK;
    default:
        return object(emit, node, error);
    }
}

static enum pt_status any(struct pt_pickle_emit *emit,
                          const struct pt_pickle_node *node, struct pt_error *error)
{
    struct pt_pickle_numbers numbers;
    if (emit->values > PT_PICKLE_VALUES)
        return PT_OK;
    switch (pt_pickle_numbers(emit->source, node, &numbers)) {
    case PT_FOUND_NUMBERS:
        return put_numbers(emit, &numbers, error);
    case PT_FOUND_UNSUPPORTED:
        put_omitted(emit, PT_REASON_UNSUPPORTED, NULL);
        return PT_OK;
    default:
        return other(emit, node, error);
    }
}

enum pt_status pt_pickle_emit_args(struct pt_pickle_emit *emit,
                                   const struct pt_pickle_node *args,
                                   struct pt_error *error)
{
    const struct pt_pickle_node *dict = pt_pickle_dict(args);
    emit->values = emit->depth = 0;
    emit->name_bytes = 0;
    return dict ? members(emit, dict, 2, error) : PT_OK;
}
