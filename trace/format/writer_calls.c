/* Calls, their values, and the payloads of these. */
#include "format/record.h"
#include "format/shuffle.h"
#include "format/writer_state.h"

/* What stands in memory longer than this is handed to the disk, so that a killed
 * program leaves all but its last moments. At first it goes sooner: after 50 ms, and
 * then whenever the time since the start has doubled. */
static const int64_t HAND_OVER_NS = INT64_C(2000000000);
static const int64_t FIRST_HAND_OVER_NS = INT64_C(50000000);

/* Writes one extent into the open block, as much of the content as fits; *written moves
 * on. Returns the record. */
static unsigned char *put_extent(struct pt_buffer *buffer,
                                 struct pt_trace_extent *extent,
                                 const struct pt_trace_source *source)
{
    size_t room = PT_SINK_ROOM - buffer->used - PT_PAYLOAD_BYTES;
    uint64_t left = extent->content_bytes - extent->offset;

    room -= room % 8; /* all extents but the last are multiples of 8 */
    extent->bytes = left < room ? left : room;
    size_t whole = (size_t)pt_align8(PT_PAYLOAD_BYTES + extent->bytes);
    unsigned char *p = pt_writer_claim(buffer, whole);
    pt_writer_pad(p, whole);
    pt_record_put_extent(p, (uint32_t)whole, extent);
    if (source->data)
        memcpy(p + PT_PAYLOAD_BYTES, (const char *)source->data + extent->offset,
               (size_t)extent->bytes);
    else
        source->read(source->context, extent->offset, (size_t)extent->bytes,
                     p + PT_PAYLOAD_BYTES);
    extent->offset += extent->bytes;
    return p;
}

/* Other threads may have written to the data since they were hashed. The hash of what
 * was copied stands: in the record, if it holds all of the content; else the last
 * extent tells. */
static void settle_hash(unsigned char *record, const struct pt_trace_extent *extent,
                        struct pt_hash128 copied)
{
    if (copied.low == extent->hash.low && copied.high == extent->hash.high)
        return;
    if (extent->bytes == extent->content_bytes)
        pt_record_put_hash(record, copied);
    else
        pt_put16(record + PT_RECORD_FLAGS, PT_PAYLOAD_CHANGED);
}

/* Adds the extent to the hash of what was copied; true: that is whole, in *copied. */
static bool hash_copy(struct pt_hash_state *state, const unsigned char *record,
                      const struct pt_trace_extent *extent, struct pt_hash128 *copied)
{
    const unsigned char *data = record + PT_PAYLOAD_BYTES;

    if (extent->bytes == extent->content_bytes) {
        *copied = pt_hash128(data, (size_t)extent->bytes);
        return true;
    }
    if (extent->offset == extent->bytes) /* the first, and it has moved on */
        pt_hash_begin(state);
    pt_hash_add(state, data, (size_t)extent->bytes);
    if (extent->offset < extent->content_bytes)
        return false;
    *copied = pt_hash_end(state);
    return true;
}

/* The width by which numbers are sorted when they are packed. */
static unsigned width_of(const struct pt_trace_value *value)
{
    unsigned item = value->item_bytes;

    if (item > PT_SHUFFLE_MOST)
        return PT_SHUFFLE_MOST; /* complex numbers of long doubles */
    return item > 0 && (item & (item - 1)) == 0 ? item : 1;
}

/* *hash is that of the content, and becomes that of what was written. */
static uint64_t write_payload(struct pt_trace_writer *writer, struct pt_hash128 *hash,
                              const struct pt_trace_source *source,
                              const struct pt_trace_value *value)
{
    uint64_t bytes = value->data_bytes;
    struct pt_trace_extent extent = {.hash = *hash, .content_bytes = bytes};
    struct pt_hash_state state;
    uint64_t whole = pt_align8(PT_PAYLOAD_BYTES + bytes);
    /* What fits no block starts at the head of an empty one. */
    size_t want = whole < PT_SINK_ROOM ? (size_t)whole : PT_SINK_ROOM;
    uint64_t ref = 0;

    for (;;) {
        struct pt_buffer *buffer = pt_writer_room(writer, PT_STREAM_PAYLOADS, want);
        if (!buffer)
            return 0;
        if (extent.offset == 0)
            ref = pt_trace_ref(buffer->block.ordinal, buffer->used);
        pt_writer_note_time(buffer, value->call);
        unsigned char *record = put_extent(buffer, &extent, source);
        if (writer->packs)
            pt_packed_note(&buffer->widths, (size_t)(record - buffer->body),
                           PT_PAYLOAD_BYTES + (size_t)extent.bytes, width_of(value));
        if (!source->is_copy && hash_copy(&state, record, &extent, hash))
            settle_hash(record, &extent, *hash);
        if (extent.offset == bytes)
            return ref;
        pt_writer_submit(writer, PT_STREAM_PAYLOADS);
    }
}

/* Equality is hash, length and dtype. */
static struct pt_hash128 key_of(struct pt_hash128 hash,
                                const struct pt_trace_value *value)
{
    hash.high ^= value->data_bytes * UINT64_C(0x9e3779b97f4a7c15);
    hash.high ^= (uint64_t)(unsigned char)value->dtype << 56;
    hash.high ^= (uint64_t)value->item_bytes << 48;
    return hash;
}

/* The reference of the content, which is written unless it stands in the file. */
static uint64_t content_ref(struct pt_trace_writer *writer,
                            const struct pt_trace_value *value,
                            const struct pt_trace_source *source)
{
    struct pt_hash128 hash = source->hash
                                 ? *source->hash
                                 : pt_hash128(source->data, (size_t)value->data_bytes);
    uint64_t ref;

    if (!pt_seen_find(writer->payloads, key_of(hash, value), &ref)) {
        ref = write_payload(writer, &hash, source, value);
        pt_seen_add(writer->payloads, key_of(hash, value), ref);
    }
    return ref;
}

/* Of a small content that is at hand the copy is taken once: what is compared, hashed
 * and written are the same bytes, whoever writes to them meanwhile. */
static uint64_t payload_ref(struct pt_trace_writer *writer,
                            const struct pt_trace_value *value,
                            const struct pt_trace_source *source)
{
    bool known;

    if (source->hash || !source->data || value->data_bytes > PT_RECENT_BYTES)
        return content_ref(writer, value, source);
    struct pt_recent_place *place =
        pt_recent_look(writer->recent, value, source->data, &known);
    if (!known) {
        struct pt_trace_source copy = {.data = place->copy, .is_copy = true};
        place->ref = content_ref(writer, value, &copy);
    }
    return place->ref;
}

/* ------------------------------------------------------------------ calls and values
 */

void pt_trace_writer_begin_phase(struct pt_trace_writer *writer)
{
    writer->phase_ref = 0;
    writer->phase_bytes = 0;
    writer->phase_values = 0;
}

static uint8_t choose_storage(const struct pt_trace_value *value,
                              const struct pt_trace_source *source)
{
    if (value->storage == PT_STORAGE_NONE ||
        (!source->data && !source->read && value->data_bytes))
        return PT_STORAGE_NONE;
    if (value->storage == PT_STORAGE_SAMPLE)
        return PT_STORAGE_SAMPLE;
    return value->data_bytes <= PT_TRACE_INLINE_BYTES ? PT_STORAGE_INLINE
                                                      : PT_STORAGE_PAYLOAD;
}

void pt_trace_writer_value(struct pt_trace_writer *writer,
                           const struct pt_trace_value *value, const void *data)
{
    struct pt_trace_source source = {.data = data};

    pt_trace_writer_value_from(writer, value, &source);
}

/* numpy 2 allows 64 dimensions: what has more than the format's is told, but not kept.
 */
static void write_unsupported(struct pt_trace_writer *writer,
                              const struct pt_trace_value *value)
{
    struct pt_trace_value v = *value;

    v.kind = PT_VALUE_OMITTED;
    v.reason = PT_REASON_UNSUPPORTED;
    v.storage = PT_STORAGE_NONE;
    v.has_summary = false;
    v.ndim = 0;
    pt_trace_writer_value(writer, &v, NULL);
}

/* What stands behind the shape: the data, or a reference and perhaps a summary. */
static size_t tail_bytes(const struct pt_trace_value *value, uint8_t storage)
{
    if (storage == PT_STORAGE_INLINE)
        return (size_t)value->data_bytes;
    if (storage == PT_STORAGE_NONE)
        return 0;
    return 8 + (value->has_summary ? PT_SUMMARY_BYTES : 0);
}

static void put_tail(unsigned char *p, const struct pt_trace_value *value,
                     uint8_t storage, uint64_t payload,
                     const struct pt_trace_source *source)
{
    if (storage == PT_STORAGE_INLINE && source->data && value->data_bytes == 8)
        memcpy(p, source->data, 8); /* one number: no call */
    else if (storage == PT_STORAGE_INLINE && source->data)
        memcpy(p, source->data, (size_t)value->data_bytes);
    else if (storage == PT_STORAGE_INLINE && value->data_bytes)
        source->read(source->context, 0, (size_t)value->data_bytes, p);
    else if (storage > PT_STORAGE_INLINE)
        pt_put64(p, payload);
    if (value->has_summary)
        pt_record_put_summary(p + 8, &value->summary);
}

/* The struct, a few hundred bytes because of its shape, is not copied: this runs for
 * each value. */
void pt_trace_writer_value_from(struct pt_trace_writer *writer,
                                const struct pt_trace_value *value,
                                const struct pt_trace_source *source)
{
    uint8_t storage = choose_storage(value, source);
    size_t tail = PT_VALUE_BYTES + 8 * (size_t)value->ndim;
    size_t whole = (size_t)pt_align8(tail + tail_bytes(value, storage));
    uint64_t payload = 0;

    if (value->ndim > PT_TRACE_MAX_DIMENSIONS) {
        write_unsupported(writer, value);
        return;
    }
    if (storage == PT_STORAGE_PAYLOAD || storage == PT_STORAGE_SAMPLE)
        payload = payload_ref(writer, value, source);
    struct pt_buffer *buffer = pt_writer_room(writer, PT_STREAM_VALUES, whole);
    if (!buffer)
        return;
    if (writer->phase_values++ == 0)
        writer->phase_ref = pt_trace_ref(buffer->block.ordinal, buffer->used);
    writer->phase_bytes += value->data_bytes;
    unsigned char *p = pt_writer_claim(buffer, whole);
    pt_writer_pad(p, whole);
    pt_record_put_value(p, (uint32_t)whole, value);
    p[PT_VALUE_STORAGE] = storage;
    put_tail(p + tail, value, storage, payload, source);
    pt_writer_note_time(buffer, value->call);
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
    pt_writer_note_time(buffer, time);
    if (time > writer->footer.end_time)
        writer->footer.end_time = time;
    writer->footer.n_values += writer->phase_values;
    writer->footer.data_bytes += writer->phase_bytes;
    pt_trace_writer_begin_phase(writer);
    if (is_time_to_hand_over(writer, ns)) {
        writer->handed_over_ns = ns;
        pt_writer_submit_all(writer);
    }
}

/* The records get the phase's values in place: a copy of the caller's struct, which has
 * just been written, would have to wait for that. */
void pt_trace_writer_enter(struct pt_trace_writer *writer,
                           const struct pt_trace_enter *enter)
{
    struct pt_buffer *buffer =
        pt_writer_room(writer, PT_STREAM_SKELETON, PT_ENTER_BYTES);

    if (!buffer)
        return;
    unsigned char *p = pt_writer_claim(buffer, PT_ENTER_BYTES);
    pt_record_put_enter(p, enter);
    pt_put64(p + PT_ENTER_VALUES, writer->phase_ref);
    pt_put64(p + PT_ENTER_DATA_BYTES, writer->phase_bytes);
    pt_put32(p + PT_ENTER_N_VALUES, writer->phase_values);
    writer->footer.n_calls++;
    end_phase(writer, buffer, enter->time, enter->ns);
}

void pt_trace_writer_exit(struct pt_trace_writer *writer,
                          const struct pt_trace_exit *exit)
{
    struct pt_buffer *buffer =
        pt_writer_room(writer, PT_STREAM_SKELETON, PT_EXIT_BYTES);

    if (!buffer)
        return;
    unsigned char *p = pt_writer_claim(buffer, PT_EXIT_BYTES);
    pt_record_put_exit(p, exit);
    pt_put64(p + PT_EXIT_VALUES, writer->phase_ref);
    pt_put64(p + PT_EXIT_DATA_BYTES, writer->phase_bytes);
    pt_put32(p + PT_EXIT_N_VALUES, writer->phase_values);
    end_phase(writer, buffer, exit->time, exit->ns);
}
