#include "format/writer.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/record.h"
#include "format/seal.h"
#include "format/seen.h"
#include "format/sink.h"

enum {
    N_STREAMS = PT_STREAM_PAYLOADS + 1,
    MAX_PAYLOADS = 1 << 20,    /* contents remembered for de-duplication */
    MAX_DEFINITIONS = 1 << 18, /* definitions remembered, of all four types */
    SMALL_BLOCK = 256 << 10    /* definitions and metadata are handed over from here */
};

/* What stands in memory longer than this is handed to the disk, so that a killed
 * program leaves all but its last moments. At first it goes sooner: after 50 ms, and
 * then whenever the time since the start has doubled. */
static const int64_t HAND_OVER_NS = INT64_C(2000000000);
static const int64_t FIRST_HAND_OVER_NS = INT64_C(50000000);

struct pt_trace_writer {
    char *path, *part;
    struct pt_sink *sink;
    struct pt_buffer *open[N_STREAMS];
    uint64_t next_ordinal[N_STREAMS];

    struct pt_seen *definitions; /* content → id */
    struct pt_seen *payloads;    /* content → reference */
    uint32_t last_id[PT_RECORD_PATH + 1];

    /* The phase being written. */
    uint64_t phase_ref, phase_bytes;
    uint32_t phase_values;

    struct pt_trace_footer footer;
    int64_t handed_over_ns;
};

/* ------------------------------------------------------------------ blocks in memory
 */

static void submit(struct pt_trace_writer *writer, enum pt_trace_stream stream)
{
    struct pt_buffer *buffer = writer->open[stream];

    if (!buffer || buffer->used == 0)
        return;
    /* A definition stands in the file before the block that first uses it. */
    if (stream == PT_STREAM_SKELETON || stream == PT_STREAM_VALUES)
        submit(writer, PT_STREAM_DEFINITIONS);
    writer->open[stream] = NULL;
    pt_sink_submit(writer->sink, buffer);
}

static void submit_all(struct pt_trace_writer *writer)
{
    static const enum pt_trace_stream order[] = {PT_STREAM_META, PT_STREAM_DEFINITIONS,
                                                 PT_STREAM_PAYLOADS, PT_STREAM_VALUES,
                                                 PT_STREAM_SKELETON};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(order); i++)
        submit(writer, order[i]);
}

/* The open block of the stream with at least `bytes` bytes of room, or NULL when
 * nothing can be written any more. */
static struct pt_buffer *room_for(struct pt_trace_writer *writer,
                                  enum pt_trace_stream stream, size_t bytes)
{
    struct pt_buffer *buffer = writer->open[stream];

    if (buffer && PT_SINK_ROOM - buffer->used >= bytes)
        return buffer;
    assert(bytes <= PT_SINK_ROOM);
    submit(writer, stream);
    writer->open[stream] =
        pt_sink_take(writer->sink, stream, writer->next_ordinal[stream]);
    if (writer->open[stream])
        writer->next_ordinal[stream]++;
    return writer->open[stream];
}

/* Claims `bytes` (a multiple of 8) for one record. */
static unsigned char *claim(struct pt_buffer *buffer, size_t bytes)
{
    unsigned char *p = buffer->body + buffer->used;
    buffer->used += bytes;
    buffer->block.records++;
    return p;
}

static void note_time(struct pt_buffer *buffer, uint64_t time)
{
    struct pt_trace_block *block = &buffer->block;
    if (block->first_time == 0 || time < block->first_time)
        block->first_time = time;
    if (time > block->last_time)
        block->last_time = time;
}

static void zero_up_to_8(unsigned char *p, size_t bytes)
{
    memset(p + bytes, 0, pt_align8(bytes) - bytes);
}

/* --------------------------------------------------------------------- definitions */

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

    if (open && open->used + bytes > SMALL_BLOCK)
        submit(writer, PT_STREAM_DEFINITIONS);
    struct pt_buffer *buffer = room_for(writer, PT_STREAM_DEFINITIONS, bytes);
    return buffer ? claim(buffer, bytes) : NULL;
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
            pt_record_put_header(p, PT_RECORD_STRING, 0, (uint32_t)whole);
            pt_put32(p + PT_STRING_ID, id);
            pt_put32(p + PT_STRING_LENGTH, (uint32_t)bytes);
            if (bytes)
                memcpy(p + PT_STRING_BYTES, text, bytes);
            zero_up_to_8(p, PT_STRING_BYTES + bytes);
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
    if (open && open->used + whole > SMALL_BLOCK)
        submit(writer, PT_STREAM_META);
    struct pt_buffer *buffer = room_for(writer, PT_STREAM_META, whole);
    if (!buffer)
        return;
    unsigned char *p = claim(buffer, whole);
    pt_record_put_header(p, PT_RECORD_META, 0, (uint32_t)whole);
    pt_put32(p + PT_META_KEY_BYTES, (uint32_t)key_bytes);
    pt_put32(p + PT_META_VALUE_BYTES, (uint32_t)value_bytes);
    memcpy(p + PT_META_BYTES, key, key_bytes);
    if (value_bytes)
        memcpy(p + PT_META_BYTES + key_bytes, value, value_bytes);
    zero_up_to_8(p, used);
}

/* ------------------------------------------------------------------------- payloads */

/* Writes one extent into the open block, as much of the content as fits; *written moves
 * on. */
static void put_extent(struct pt_buffer *buffer, struct pt_trace_extent *extent,
                       const unsigned char *content)
{
    size_t room = PT_SINK_ROOM - buffer->used - PT_PAYLOAD_BYTES;
    uint64_t left = extent->content_bytes - extent->offset;

    room -= room % 8; /* all extents but the last are multiples of 8 */
    extent->bytes = left < room ? left : room;
    size_t whole = (size_t)pt_align8(PT_PAYLOAD_BYTES + extent->bytes);
    unsigned char *p = claim(buffer, whole);
    pt_record_put_extent(p, (uint32_t)whole, extent);
    memcpy(p + PT_PAYLOAD_BYTES, content + extent->offset, (size_t)extent->bytes);
    zero_up_to_8(p, PT_PAYLOAD_BYTES + (size_t)extent->bytes);
    extent->offset += extent->bytes;
}

static uint64_t write_payload(struct pt_trace_writer *writer, struct pt_hash128 hash,
                              const void *data, uint64_t bytes, uint64_t time)
{
    struct pt_trace_extent extent = {.hash = hash, .content_bytes = bytes};
    uint64_t whole = pt_align8(PT_PAYLOAD_BYTES + bytes);
    /* What fits no block starts at the head of an empty one. */
    size_t want = whole < PT_SINK_ROOM ? (size_t)whole : PT_SINK_ROOM;
    uint64_t ref = 0;

    for (;;) {
        struct pt_buffer *buffer = room_for(writer, PT_STREAM_PAYLOADS, want);
        if (!buffer)
            return 0;
        if (extent.offset == 0)
            ref = pt_trace_ref(buffer->block.ordinal, buffer->used);
        note_time(buffer, time);
        put_extent(buffer, &extent, data);
        if (extent.offset == bytes)
            return ref;
        submit(writer, PT_STREAM_PAYLOADS);
    }
}

/* The reference of the content, which is written unless it stands in the file. */
static uint64_t payload_ref(struct pt_trace_writer *writer,
                            const struct pt_trace_value *value, const void *data,
                            const struct pt_hash128 *known)
{
    struct pt_hash128 hash =
        known ? *known : pt_hash128(data, (size_t)value->data_bytes);
    struct pt_hash128 key = hash;
    uint64_t ref;

    /* Equality is hash, length and dtype. */
    key.high ^= value->data_bytes * UINT64_C(0x9e3779b97f4a7c15);
    key.high ^= (uint64_t)(unsigned char)value->dtype << 56;
    key.high ^= (uint64_t)value->item_bytes << 48;
    if (!pt_seen_find(writer->payloads, key, &ref)) {
        ref = write_payload(writer, hash, data, value->data_bytes, value->call);
        pt_seen_add(writer->payloads, key, ref);
    }
    return ref;
}

/* ------------------------------------------------------------------ calls and values
 */

void pt_trace_writer_begin_phase(struct pt_trace_writer *writer)
{
    writer->phase_ref = 0;
    writer->phase_bytes = 0;
    writer->phase_values = 0;
}

static uint8_t choose_storage(const struct pt_trace_value *value, const void *data)
{
    if (value->storage == PT_STORAGE_NONE || (!data && value->data_bytes))
        return PT_STORAGE_NONE;
    if (value->storage == PT_STORAGE_SAMPLE)
        return PT_STORAGE_SAMPLE;
    return value->data_bytes <= PT_TRACE_INLINE_BYTES ? PT_STORAGE_INLINE
                                                      : PT_STORAGE_PAYLOAD;
}

void pt_trace_writer_value(struct pt_trace_writer *writer,
                           const struct pt_trace_value *value, const void *data)
{
    pt_trace_writer_value_hashed(writer, value, data, NULL);
}

void pt_trace_writer_value_hashed(struct pt_trace_writer *writer,
                                  const struct pt_trace_value *value, const void *data,
                                  const struct pt_hash128 *hash)
{
    struct pt_trace_value v = *value;
    size_t used = PT_VALUE_BYTES;

    if (v.ndim > PT_TRACE_MAX_DIMENSIONS) { /* numpy 2 allows 64 */
        v.kind = PT_VALUE_OMITTED;
        v.reason = PT_REASON_UNSUPPORTED;
        v.storage = PT_STORAGE_NONE;
        v.ndim = 0;
    }
    v.storage = choose_storage(&v, data);
    if (v.storage == PT_STORAGE_PAYLOAD || v.storage == PT_STORAGE_SAMPLE)
        v.payload = payload_ref(writer, &v, data, hash);
    size_t tail = used += 8 * (size_t)v.ndim;
    if (v.storage == PT_STORAGE_INLINE)
        used += (size_t)v.data_bytes;
    else if (v.storage != PT_STORAGE_NONE)
        used += 8;
    size_t whole = (size_t)pt_align8(used);
    struct pt_buffer *buffer = room_for(writer, PT_STREAM_VALUES, whole);
    if (!buffer)
        return;
    if (writer->phase_values++ == 0)
        writer->phase_ref = pt_trace_ref(buffer->block.ordinal, buffer->used);
    writer->phase_bytes += v.data_bytes;
    unsigned char *p = claim(buffer, whole);
    pt_record_put_value(p, (uint32_t)whole, &v);
    if (v.storage == PT_STORAGE_INLINE && v.data_bytes)
        memcpy(p + tail, data, (size_t)v.data_bytes);
    else if (v.storage > PT_STORAGE_INLINE)
        pt_put64(p + tail, v.payload);
    zero_up_to_8(p, used);
    note_time(buffer, v.call);
}

static bool is_time_to_hand_over(const struct pt_trace_writer *writer, int64_t ns)
{
    int64_t since = ns - writer->handed_over_ns;
    return since > HAND_OVER_NS || since > FIRST_HAND_OVER_NS + writer->handed_over_ns;
}

/* Ends the phase: what both kinds of skeleton records have in common. */
static void end_phase(struct pt_trace_writer *writer, struct pt_buffer *buffer,
                      uint64_t time, int64_t ns)
{
    note_time(buffer, time);
    if (time > writer->footer.end_time)
        writer->footer.end_time = time;
    writer->footer.n_values += writer->phase_values;
    writer->footer.data_bytes += writer->phase_bytes;
    pt_trace_writer_begin_phase(writer);
    if (is_time_to_hand_over(writer, ns)) {
        writer->handed_over_ns = ns;
        submit_all(writer);
    }
}

void pt_trace_writer_enter(struct pt_trace_writer *writer,
                           const struct pt_trace_enter *enter)
{
    struct pt_trace_enter e = *enter;
    struct pt_buffer *buffer = room_for(writer, PT_STREAM_SKELETON, PT_ENTER_BYTES);

    if (!buffer)
        return;
    e.values = writer->phase_ref;
    e.data_bytes = writer->phase_bytes;
    e.n_values = writer->phase_values;
    pt_record_put_enter(claim(buffer, PT_ENTER_BYTES), &e);
    writer->footer.n_calls++;
    end_phase(writer, buffer, e.time, e.ns);
}

void pt_trace_writer_exit(struct pt_trace_writer *writer,
                          const struct pt_trace_exit *exit)
{
    struct pt_trace_exit e = *exit;
    struct pt_buffer *buffer = room_for(writer, PT_STREAM_SKELETON, PT_EXIT_BYTES);

    if (!buffer)
        return;
    e.values = writer->phase_ref;
    e.data_bytes = writer->phase_bytes;
    e.n_values = writer->phase_values;
    pt_record_put_exit(claim(buffer, PT_EXIT_BYTES), &e);
    end_phase(writer, buffer, e.time, e.ns);
}

/* --------------------------------------------------------------------- begin and end
 */

/* The name from the root on: the program may change its folder before the end. NULL: no
 * memory, or no folder. */
static char *absolute(const char *path)
{
    char folder[PATH_MAX], *whole = NULL;

    if (path[0] == '/')
        return strdup(path);
    if (!getcwd(folder, sizeof folder) || asprintf(&whole, "%s/%s", folder, path) < 0)
        return NULL;
    return whole;
}

static void release(struct pt_trace_writer *writer)
{
    pt_seen_destroy(writer->payloads);
    pt_seen_destroy(writer->definitions);
    free(writer->part);
    free(writer->path);
    free(writer);
}

enum pt_status pt_trace_writer_open(const char *path,
                                    const struct pt_trace_header *header,
                                    struct pt_trace_writer **result,
                                    struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_HEADER_BYTES];
    enum pt_status status;
    struct pt_trace_writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", path);
    writer->path = absolute(path);
    if (!writer->path ||
        asprintf(&writer->part, "%s" PT_TRACE_UNSEALED, writer->path) < 0) {
        writer->part = NULL;
        status = pt_error_sys(error, "cannot name the trace %s", path);
        goto done;
    }
    if (access(path, F_OK) == 0) {
        status = pt_error_set(error, PT_E_EXISTS, "%s is there already", path);
        goto done;
    }
    status = pt_seen_create(MAX_DEFINITIONS, &writer->definitions, error);
    if (status == PT_OK)
        status = pt_seen_create(MAX_PAYLOADS, &writer->payloads, error);
    if (status != PT_OK)
        goto done;
    pt_header_put(bytes, header);
    status = pt_sink_open(writer->part, bytes, &writer->sink, error);
done:
    if (status != PT_OK)
        release(writer);
    else
        *result = writer;
    return status;
}

void pt_trace_writer_flush(struct pt_trace_writer *writer)
{
    submit_all(writer);
    pt_sink_drain(writer->sink);
}

void pt_trace_writer_partial(struct pt_trace_writer *writer, const char *why)
{
    writer->footer.flags |= PT_FOOTER_PARTIAL;
    pt_trace_writer_meta(writer, "partial", why, strlen(why));
}

const struct pt_error *pt_trace_writer_error(const struct pt_trace_writer *writer)
{
    return pt_sink_error(writer->sink);
}

enum pt_status pt_trace_writer_close(struct pt_trace_writer *writer,
                                     struct pt_error *error)
{
    enum pt_status status;

    if (!writer)
        return PT_OK;
    if (!pt_sink_is_foreign(writer->sink))
        submit_all(writer);
    status = pt_sink_finish(writer->sink, &writer->footer, error);
    if (status == PT_OK)
        status = pt_trace_seal(writer->part, writer->path, error);
    release(writer);
    return status;
}

void pt_trace_writer_abandon(struct pt_trace_writer *writer)
{
    if (!writer)
        return;
    pt_sink_abandon(writer->sink);
    release(writer);
}
