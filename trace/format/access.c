/* Values and payloads by reference, through a few decoded blocks that are kept. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "format/reader_state.h"
#include "format/record.h"

/* The latest stamp of the slots [first, end). */
static uint64_t latest(const struct pt_trace_reader *reader, size_t first, size_t end)
{
    uint64_t stamp = 0;

    for (size_t i = first; i < end; i++)
        if (reader->slots[i].stamp > stamp)
            stamp = reader->slots[i].stamp;
    return stamp;
}

void pt_reader_drop_slots(struct pt_trace_reader *reader, bool keep_last)
{
    uint64_t values = latest(reader, 0, PT_READER_VALUE_SLOTS);
    uint64_t payloads = latest(reader, PT_READER_VALUE_SLOTS, PT_READER_SLOTS);

    for (size_t i = 0; i < PT_READER_SLOTS; i++) {
        struct pt_reader_slot *slot = &reader->slots[i];
        bool last = slot->stamp == values || slot->stamp == payloads;
        /* Pinned: a visitor stands in it; held: a view does. */
        if (slot->pins || slot->held || (keep_last && last))
            continue;
        free(slot->body);
        *slot = (struct pt_reader_slot){0};
    }
}

/* Whether a walk that goes through the blocks one after the other, and now comes to
 * `block`, has the slot's block behind it: the memory is still in a cache, and taken
 * again before older blocks that may be asked for once more. */
static bool is_passed(const struct pt_reader_slot *slot,
                      const struct pt_trace_block *block)
{
    enum { WALK = 4 };
    return slot->block && slot->block->ordinal + 2 <= block->ordinal &&
           slot->block->ordinal + WALK > block->ordinal;
}

/* Slots are divided between the streams, so that a walk over values does not push out
 * the payloads it visits. NULL: all are pinned. */
static struct pt_reader_slot *choose_slot(struct pt_trace_reader *reader,
                                          const struct pt_trace_block *block,
                                          enum pt_trace_stream stream)
{
    bool payloads = stream == PT_STREAM_PAYLOADS;
    struct pt_reader_slot *slots = &reader->slots[payloads ? PT_READER_VALUE_SLOTS : 0];
    size_t n = payloads ? PT_READER_PAYLOAD_SLOTS : PT_READER_VALUE_SLOTS;
    struct pt_reader_slot *oldest = NULL, *passed = NULL;

    for (size_t i = 0; i < n; i++) {
        if (slots[i].block == block)
            return &slots[i];
        if (slots[i].pins || slots[i].held)
            continue;
        if (is_passed(&slots[i], block))
            passed = &slots[i];
        if (!oldest || slots[i].stamp < oldest->stamp)
            oldest = &slots[i];
    }
    return passed ? passed : oldest;
}

/* Room for a block in place of the one that was there. In large pages where there are
 * such: the samples of many runs are read side by side. */
static bool slot_room(struct pt_reader_slot *slot, size_t bytes)
{
    enum { ROUND = 1 << 16 };
    if (bytes <= slot->room)
        return true;
    free(slot->body);
    slot->room = (bytes + ROUND - 1) / ROUND * ROUND;
    slot->body = malloc(slot->room);
    if (!slot->body)
        slot->room = 0;
#ifdef MADV_HUGEPAGE
    uintptr_t first = ((uintptr_t)slot->body + ROUND - 1) / ROUND * ROUND;
    if (slot->room >= PT_TRACE_BLOCK_LIMIT / 4) /* a hint: it may fail */
        (void)madvise((void *)first, slot->room - ROUND, MADV_HUGEPAGE);
#endif
    return slot->body;
}

/* The decoded block of a stream, valid until the next call unless the slot is pinned.
 */
static enum pt_status fetch(struct pt_trace_reader *reader, enum pt_trace_stream stream,
                            uint64_t ordinal, struct pt_reader_slot **result,
                            struct pt_error *error)
{
    const struct pt_trace_block *block =
        pt_trace_reader_block(reader, stream, (size_t)ordinal);
    enum pt_status status;

    reader->asked_beyond = !block;
    if (!block)
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: block %" PRIu64 " of stream %u is not in the trace",
                            reader->path, ordinal, stream);
    struct pt_reader_slot *slot = choose_slot(reader, block, stream);
    if (!slot)
        return pt_error_set(error, PT_E_LIMIT, "%s: too many walks within each other",
                            reader->path);
    if (slot->block != block) {
        slot->block = NULL;
        if (!slot_room(slot, (size_t)block->raw_bytes))
            return pt_error_set(error, PT_E_MEMORY, "no memory to read %s",
                                reader->path);
        status = pt_trace_reader_read(reader, block, slot->body, error);
        if (status != PT_OK)
            return status;
        slot->block = block;
    }
    slot->stamp = ++reader->stamp;
    *result = slot;
    return PT_OK;
}

/* Names file and block before a message about a record. */
static enum pt_status in_block(const struct pt_trace_reader *reader,
                               const struct pt_reader_slot *slot,
                               struct pt_error *error)
{
    return pt_error_prefix(error, "%s, block %" PRIu64 " of stream %u", reader->path,
                           slot->block->ordinal, slot->block->stream);
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
        status = pt_trace_cursor_next(&cursor, error);
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
        status = fetch(reader, PT_STREAM_VALUES, ordinal, &slot, why);
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

/* The extent at a place in the stream of payloads. *data points into the slot. */
static enum pt_status read_extent(struct pt_trace_reader *reader, uint64_t ordinal,
                                  uint64_t offset, struct pt_trace_extent *extent,
                                  const unsigned char **data, struct pt_error *error)
{
    struct pt_reader_slot *slot = NULL;
    enum pt_status status = fetch(reader, PT_STREAM_PAYLOADS, ordinal, &slot, error);

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
    *data = cursor.record + PT_PAYLOAD_BYTES;
    return PT_OK;
misfit:
    pt_error_set(error, PT_E_DAMAGED, "no payload stands at byte %" PRIu64, offset);
    return in_block(reader, slot, error);
}

/* The first extent of a content. */
static enum pt_status read_first(struct pt_trace_reader *reader, uint64_t ref,
                                 struct pt_trace_extent *extent,
                                 const unsigned char **data, struct pt_error *error)
{
    enum pt_status status = read_extent(reader, pt_trace_ref_block(ref),
                                        pt_trace_ref_offset(ref), extent, data, error);
    if (status == PT_OK && extent->offset != 0)
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

/* A place in a content: the extent that it lies in. */
struct place {
    struct pt_trace_extent first, extent;
    const unsigned char *data; /* of the extent */
    uint64_t ordinal;          /* its block */
    uint64_t position;         /* of the extent in the content */
};

/* Moves on to the extent that holds byte `wanted`, or that leads there. */
static enum pt_status next_extent(struct pt_trace_reader *reader, uint64_t wanted,
                                  struct place *at, struct pt_error *error)
{
    at->position += at->extent.bytes;
    at->ordinal++;
    pass_over(reader, wanted, &at->ordinal, &at->position);
    enum pt_status status =
        read_extent(reader, at->ordinal, 0, &at->extent, &at->data, error);
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
    enum pt_status status = read_first(reader, ref, &at->first, &at->data, error);

    if (status != PT_OK)
        return status;
    if (offset > at->first.content_bytes || bytes > at->first.content_bytes - offset)
        return pt_error_set(
            error, PT_E_DAMAGED,
            "%s: a payload of %" PRIu64 " bytes does not hold the bytes "
            "from %" PRIu64 " to %" PRIu64,
            reader->path, at->first.content_bytes, offset, offset + bytes);
    at->extent = at->first;
    at->ordinal = pt_trace_ref_block(ref);
    at->position = 0;
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
    struct place at;
    enum pt_status status = seek(reader, ref, offset, bytes, &at, why);

    while (status == PT_OK && bytes > 0) {
        uint64_t skip = offset - at.position, n = at.extent.bytes - skip;
        n = n < bytes ? n : bytes;
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
    struct place at;
    enum pt_status status =
        seek(reader, ref, offset, bytes, &at, error ? error : &ours);

    *data = NULL;
    if (status == PT_OK && offset + bytes <= at.position + at.extent.bytes &&
        hold(reader, at.ordinal))
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
    struct pt_trace_extent extent;
    const unsigned char *data;
    enum pt_status status =
        read_first(reader, ref, &extent, &data, error ? error : &ours);

    if (status == PT_OK) {
        hash[0] = extent.hash.low;
        hash[1] = extent.hash.high;
        *bytes = extent.content_bytes;
    }
    return status;
}
