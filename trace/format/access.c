/* Values and payloads by reference. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "format/reader_state.h"
#include "format/record.h"

/* Names file and block before a message about a record. */
static enum pt_status in_block(const struct pt_trace_reader *reader,
                               const struct pt_reader_slot *slot,
                               struct pt_error *error)
{
    return pt_error_prefix(error, "%s, block %" PRIu64 " of stream %u", reader->path,
                           slot->block->ordinal, slot->block->stream);
}

/* A value belongs to one call. Where all calls claim the same ones, as in a trace that
 * was made to, a walk through them ends when it has been over the stream's bytes for
 * the few times that one reader may have reason to. */
static enum pt_status charge(struct pt_trace_reader *reader, uint64_t bytes,
                             struct pt_error *error)
{
    enum { WALKS = 4 };

    reader->walked_bytes += bytes;
    if (reader->walked_bytes / WALKS <= reader->streams[PT_STREAM_VALUES].raw_bytes)
        return PT_OK;
    pt_reader_note(reader, "its calls claim more values than there are");
    return pt_error_set(error, PT_E_DAMAGED,
                        "%s: its calls claim more values than there are", reader->path);
}

/* Visits values of one block from `offset` on; *n goes down by each. */
static enum pt_status walk_block(struct pt_trace_reader *reader,
                                 const struct pt_reader_slot *slot, uint64_t offset,
                                 uint32_t *n, pt_trace_value_visitor *visit,
                                 void *context, struct pt_error *error)
{
    struct pt_trace_cursor cursor = {
        .body = slot->body, .bytes = slot->block->raw_bytes, .offset = offset};
    enum pt_status status;

    while (*n > 0) {
        struct pt_trace_value value;
        const void *data;
        uint64_t before = cursor.offset;
        status = pt_trace_cursor_next(&cursor, error);
        enum pt_status charged = charge(reader, cursor.offset - before, error);
        if (charged != PT_OK)
            return charged;
        if (status == PT_E_MISSING)
            return PT_OK; /* goes on in the next block */
        if (status == PT_OK)
            status = pt_trace_value_decode(&cursor, &value, &data, error);
        if (status != PT_OK)
            return in_block(reader, slot, error);
        status = visit(context, &value, data, error);
        if (status != PT_OK)
            return status;
        --*n;
    }
    return PT_OK;
}

enum pt_status pt_trace_reader_values(struct pt_trace_reader *reader, uint64_t ref,
                                      uint32_t n, pt_trace_value_visitor *visit,
                                      void *context, struct pt_error *error)
{
    struct pt_error ours;
    struct pt_error *why = error ? error : &ours;
    uint64_t ordinal = pt_trace_ref_block(ref), offset = pt_trace_ref_offset(ref);
    enum pt_status status = PT_OK;

    while (n > 0 && status == PT_OK) {
        struct pt_reader_slot *slot = NULL;
        status = pt_reader_fetch(reader, PT_STREAM_VALUES, ordinal, &slot, why);
        if (status == PT_OK)
            status = pt_reader_decode(reader, slot, offset, UINT64_MAX, why);
        if (status != PT_OK)
            break;
        slot->pins++;
        status = walk_block(reader, slot, offset, &n, visit, context, why);
        slot->pins--;
        ordinal++;
        offset = 0;
    }
    return status;
}

/* A place in a content: the extent that it lies in. */
struct place {
    struct pt_trace_extent first, extent;
    struct pt_reader_slot *slot; /* the block of the extent */
    const unsigned char *data;   /* of the extent, in the slot; see need_data */
    uint64_t ordinal;            /* the block's */
    uint64_t position;           /* of the extent in the content */
};

/* The block of a record of payloads, of which that record is decoded without its data;
 * with all that follows where it is none that we know, and is passed over. */
static enum pt_status need_record(struct pt_trace_reader *reader, uint64_t ordinal,
                                  uint64_t offset, struct pt_reader_slot **slot,
                                  struct pt_error *error)
{
    enum pt_status status =
        pt_reader_fetch(reader, PT_STREAM_PAYLOADS, ordinal, slot, error);

    if (status == PT_OK)
        status = pt_reader_decode(reader, *slot, offset, PT_PAYLOAD_BYTES, error);
    if (status != PT_OK || offset >= (*slot)->block->raw_bytes ||
        pt_get16((*slot)->body + offset) == PT_RECORD_PAYLOAD)
        return status;
    return pt_reader_decode(reader, *slot, offset, UINT64_MAX, error);
}

/* Decodes bytes [skip, skip + bytes) of the extent's data. */
static enum pt_status need_data(struct pt_trace_reader *reader, const struct place *at,
                                uint64_t skip, uint64_t bytes, struct pt_error *error)
{
    uint64_t from = (uint64_t)(at->data - at->slot->body) + skip;

    return pt_reader_decode(reader, at->slot, from, bytes, error);
}

/* The extent at `offset` of a block of payloads. */
static enum pt_status read_extent(struct pt_trace_reader *reader, uint64_t ordinal,
                                  uint64_t offset, struct place *at,
                                  struct pt_error *error)
{
    struct pt_trace_extent *extent = &at->extent;
    enum pt_status status = need_record(reader, ordinal, offset, &at->slot, error);
    const struct pt_reader_slot *slot = at->slot;

    if (status != PT_OK)
        return status;
    struct pt_trace_cursor cursor = {
        .body = slot->body, .bytes = slot->block->raw_bytes, .offset = offset};
    status = pt_trace_cursor_next(&cursor, error);
    if (status == PT_E_DAMAGED || status == PT_E_VERSION)
        return in_block(reader, slot, error);
    if (status != PT_OK || cursor.type != PT_RECORD_PAYLOAD ||
        cursor.record_bytes < PT_PAYLOAD_BYTES)
        goto misfit;
    pt_record_get_extent(cursor.record, extent);
    if (extent->bytes > cursor.record_bytes - PT_PAYLOAD_BYTES ||
        extent->offset > extent->content_bytes ||
        extent->bytes > extent->content_bytes - extent->offset ||
        (extent->bytes == 0 && extent->content_bytes > 0))
        goto misfit;
    at->data = cursor.record + PT_PAYLOAD_BYTES;
    at->ordinal = ordinal;
    return PT_OK;
misfit:
    pt_error_set(error, PT_E_DAMAGED, "no payload stands at byte %" PRIu64, offset);
    return in_block(reader, slot, error);
}

/* The first extent of a content. */
static enum pt_status read_first(struct pt_trace_reader *reader, uint64_t ref,
                                 struct place *at, struct pt_error *error)
{
    enum pt_status status = read_extent(reader, pt_trace_ref_block(ref),
                                        pt_trace_ref_offset(ref), at, error);
    at->first = at->extent;
    at->position = 0;
    if (status == PT_OK && at->first.offset != 0)
        status = pt_error_set(error, PT_E_DAMAGED,
                              "%s: a reference leads into the middle of a payload",
                              reader->path);
    return status;
}

static bool continues(const struct pt_trace_extent *next,
                      const struct pt_trace_extent *first, uint64_t position)
{
    return next->hash.low == first->hash.low && next->hash.high == first->hash.high &&
           next->content_bytes == first->content_bytes && next->offset == position;
}

/* Blocks that one extent fills can be passed over without being read. Moves *ordinal
 * and *position on, past such blocks that end before `wanted`. */
static void pass_over(const struct pt_trace_reader *reader, uint64_t wanted,
                      uint64_t *ordinal, uint64_t *position)
{
    for (;;) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_PAYLOADS, (size_t)*ordinal);
        if (!block || block->records != 1 || block->raw_bytes <= PT_PAYLOAD_BYTES)
            return;
        uint64_t bytes = block->raw_bytes - PT_PAYLOAD_BYTES;
        if (bytes > wanted || *position > wanted - bytes)
            return;
        *position += bytes;
        ++*ordinal;
    }
}

/* Moves on to the extent that holds byte `wanted`, or that leads there. */
static enum pt_status next_extent(struct pt_trace_reader *reader, uint64_t wanted,
                                  struct place *at, struct pt_error *error)
{
    uint64_t ordinal = at->ordinal + 1;

    at->position += at->extent.bytes;
    pass_over(reader, wanted, &ordinal, &at->position);
    enum pt_status status = read_extent(reader, ordinal, 0, at, error);
    if (status != PT_OK)
        return status;
    if (!continues(&at->extent, &at->first, at->position))
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: block %" PRIu64 " of payloads does not continue "
                            "the content it should",
                            reader->path, at->ordinal);
    return PT_OK;
}

/* Finds the extent of byte `offset` of a content that must hold bytes
 * [offset, offset + bytes). */
static enum pt_status seek(struct pt_trace_reader *reader, uint64_t ref,
                           uint64_t offset, uint64_t bytes, struct place *at,
                           struct pt_error *error)
{
    enum pt_status status = read_first(reader, ref, at, error);

    if (status != PT_OK)
        return status;
    if (offset > at->first.content_bytes || bytes > at->first.content_bytes - offset)
        return pt_error_set(
            error, PT_E_DAMAGED,
            "%s: a payload of %" PRIu64 " bytes does not hold the bytes "
            "from %" PRIu64 " to %" PRIu64,
            reader->path, at->first.content_bytes, offset, offset + bytes);
    while (status == PT_OK && bytes > 0 && offset >= at->position + at->extent.bytes)
        status = next_extent(reader, offset, at, error);
    return status;
}

enum pt_status pt_trace_reader_payload(struct pt_trace_reader *reader, uint64_t ref,
                                       uint64_t offset, uint64_t bytes, void *data,
                                       struct pt_error *error)
{
    struct pt_error ours;
    struct pt_error *why = error ? error : &ours;
    unsigned char *to = data;
    struct place at = {0};
    enum pt_status status = seek(reader, ref, offset, bytes, &at, why);

    while (status == PT_OK && bytes > 0) {
        uint64_t skip = offset - at.position, n = at.extent.bytes - skip;
        n = n < bytes ? n : bytes;
        status = need_data(reader, &at, skip, n, why);
        if (status != PT_OK)
            break;
        memcpy(to, at.data + skip, (size_t)n);
        to += n;
        offset += n;
        bytes -= n;
        if (bytes > 0)
            status = next_extent(reader, offset, &at, why);
    }
    return status;
}

/* Keeps the block of payloads in which a view stands. False: too many are kept. */
static bool hold(struct pt_trace_reader *reader, uint64_t ordinal)
{
    struct pt_reader_slot *slots = &reader->slots[PT_READER_VALUE_SLOTS], *mine = NULL;
    size_t n_held = 0;

    for (size_t i = 0; i < PT_READER_PAYLOAD_SLOTS; i++) {
        n_held += slots[i].held;
        if (slots[i].block && slots[i].block->ordinal == ordinal)
            mine = &slots[i];
    }
    if (mine && !mine->held && n_held + 2 <= PT_READER_PAYLOAD_SLOTS)
        mine->held = true;
    return mine && mine->held;
}

enum pt_status pt_trace_reader_view(struct pt_trace_reader *reader, uint64_t ref,
                                    uint64_t offset, uint64_t bytes, const void **data,
                                    struct pt_error *error)
{
    struct pt_error ours;
    struct pt_error *why = error ? error : &ours;
    struct place at = {0};
    enum pt_status status = seek(reader, ref, offset, bytes, &at, why);

    *data = NULL;
    if (status != PT_OK || offset + bytes > at.position + at.extent.bytes)
        return status;
    status = need_data(reader, &at, offset - at.position, bytes, why);
    if (status == PT_OK && hold(reader, at.ordinal))
        *data = at.data + (offset - at.position);
    return status;
}

void pt_trace_reader_release(struct pt_trace_reader *reader)
{
    for (size_t i = 0; i < PT_READER_SLOTS; i++)
        reader->slots[i].held = false;
}

enum pt_status pt_trace_reader_payload_hash(struct pt_trace_reader *reader,
                                            uint64_t ref, uint64_t hash[2],
                                            uint64_t *bytes, struct pt_error *error)
{
    struct pt_error ours;
    struct place at = {0};
    enum pt_status status = read_first(reader, ref, &at, error ? error : &ours);

    if (status == PT_OK) {
        hash[0] = at.first.hash.low;
        hash[1] = at.first.hash.high;
        *bytes = at.first.content_bytes;
    }
    return status;
}
