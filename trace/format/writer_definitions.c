/* Definitions, each content once, and metadata. */
#include <assert.h>

#include "format/record.h"
#include "format/writer_state.h"

/* The id of the definition with this content, and whether it is new. The type goes into
 * the key: a string may have the bytes of a function. */
static uint32_t intern(struct pt_trace_writer *writer, enum pt_trace_record type,
                       const void *content, size_t bytes, bool *is_new)
{
    struct pt_hash128 key = pt_hash128(content, bytes);
    uint64_t id;

    key.low ^= (uint64_t)type << 56;
    *is_new = !pt_seen_find(writer->definitions, key, &id);
    if (*is_new) {
        id = ++writer->last_id[type];
        pt_seen_add(writer->definitions, key, id);
    }
    return (uint32_t)id;
}

static unsigned char *define(struct pt_trace_writer *writer, size_t bytes)
{
    struct pt_buffer *open = writer->open[PT_STREAM_DEFINITIONS];

    if (open && open->used + bytes > PT_WRITER_SMALL_BLOCK)
        pt_writer_submit(writer, PT_STREAM_DEFINITIONS);
    struct pt_buffer *buffer = pt_writer_room(writer, PT_STREAM_DEFINITIONS, bytes);
    return buffer ? pt_writer_claim(buffer, bytes) : NULL;
}

uint32_t pt_trace_writer_string(struct pt_trace_writer *writer, const char *text,
                                size_t bytes)
{
    bool is_new;

    if (bytes > PT_TRACE_TEXT_BYTES)
        bytes = PT_TRACE_TEXT_BYTES;
    uint32_t id = intern(writer, PT_RECORD_STRING, text, bytes, &is_new);
    if (is_new) {
        size_t whole = (size_t)pt_align8(PT_STRING_BYTES + bytes);
        unsigned char *p = define(writer, whole);
        if (p) {
            pt_writer_pad(p, whole);
            pt_record_put_header(p, PT_RECORD_STRING, 0, (uint32_t)whole);
            pt_put32(p + PT_STRING_ID, id);
            pt_put32(p + PT_STRING_LENGTH, (uint32_t)bytes);
            if (bytes)
                memcpy(p + PT_STRING_BYTES, text, bytes);
        }
    }
    return id;
}

uint32_t pt_trace_writer_function(struct pt_trace_writer *writer,
                                  const struct pt_trace_function *function)
{
    bool is_new;
    uint32_t id =
        intern(writer, PT_RECORD_FUNCTION, function, sizeof *function, &is_new);
    unsigned char *p = is_new ? define(writer, PT_FUNCTION_BYTES) : NULL;
    if (p)
        pt_record_put_function(p, id, function);
    return id;
}

uint32_t pt_trace_writer_site(struct pt_trace_writer *writer,
                              const struct pt_trace_site *site)
{
    bool is_new;
    uint32_t id = intern(writer, PT_RECORD_SITE, site, sizeof *site, &is_new);
    unsigned char *p = is_new ? define(writer, PT_SITE_BYTES) : NULL;
    if (p)
        pt_record_put_site(p, id, site);
    return id;
}

uint32_t pt_trace_writer_path(struct pt_trace_writer *writer,
                              const struct pt_trace_path *path)
{
    bool is_new;
    uint32_t id = intern(writer, PT_RECORD_PATH, path, sizeof *path, &is_new);
    unsigned char *p = is_new ? define(writer, PT_PATH_BYTES) : NULL;
    if (p)
        pt_record_put_path(p, id, path);
    return id;
}

static_assert(sizeof(struct pt_trace_function) == 20, "no padding is hashed");
static_assert(sizeof(struct pt_trace_site) == 16, "no padding is hashed");
static_assert(sizeof(struct pt_trace_path) == 8, "no padding is hashed");

void pt_trace_writer_meta(struct pt_trace_writer *writer, const char *key,
                          const char *value, size_t value_bytes)
{
    size_t key_bytes = strnlen(key, PT_TRACE_KEY_BYTES);
    struct pt_buffer *open = writer->open[PT_STREAM_META];

    if (value_bytes > PT_TRACE_TEXT_BYTES)
        value_bytes = PT_TRACE_TEXT_BYTES;
    size_t used = PT_META_BYTES + key_bytes + value_bytes;
    size_t whole = (size_t)pt_align8(used);
    if (open && open->used + whole > PT_WRITER_SMALL_BLOCK)
        pt_writer_submit(writer, PT_STREAM_META);
    struct pt_buffer *buffer = pt_writer_room(writer, PT_STREAM_META, whole);
    if (!buffer)
        return;
    unsigned char *p = pt_writer_claim(buffer, whole);
    pt_writer_pad(p, whole);
    pt_record_put_header(p, PT_RECORD_META, 0, (uint32_t)whole);
    pt_put32(p + PT_META_KEY_BYTES, (uint32_t)key_bytes);
    pt_put32(p + PT_META_VALUE_BYTES, (uint32_t)value_bytes);
    memcpy(p + PT_META_BYTES, key, key_bytes);
    if (value_bytes)
        memcpy(p + PT_META_BYTES + key_bytes, value, value_bytes);
}
