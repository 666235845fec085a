/* A few decoded blocks of values and payloads that are kept. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "format/reader_state.h"

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
        free(slot->packed.bytes);
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

/* Reads a block into a slot that has been emptied. */
static enum pt_status fill(struct pt_trace_reader *reader, struct pt_reader_slot *slot,
                           const struct pt_trace_block *block, struct pt_error *error)
{
    enum pt_status status;

    if (!slot_room(slot, (size_t)block->raw_bytes))
        return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
    if (block->codec != PT_CODEC_LZ4)
        return pt_trace_reader_read(reader, block, slot->body, error);
    status = pt_reader_take_packed(reader, block, &slot->packed, error);
    if (status == PT_OK)
        status = pt_reader_read_stored(reader, block, slot->packed.bytes, error);
    if (status == PT_OK) {
        slot->n_packed = pt_packed_n_chunks(block->raw_bytes);
        memset(slot->is_decoded, 0, sizeof slot->is_decoded);
    } else {
        pt_reader_return_packed(reader, &slot->packed);
    }
    return status;
}

enum pt_status pt_reader_fetch(struct pt_trace_reader *reader,
                               enum pt_trace_stream stream, uint64_t ordinal,
                               struct pt_reader_slot **result, struct pt_error *error)
{
    const struct pt_trace_block *block =
        pt_trace_reader_block(reader, stream, (size_t)ordinal);

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
        slot->n_packed = 0;
        pt_reader_return_packed(reader, &slot->packed);
        enum pt_status status = fill(reader, slot, block, error);
        if (status != PT_OK)
            return status;
        slot->block = block;
    }
    slot->stamp = ++reader->stamp;
    *result = slot;
    return PT_OK;
}

enum pt_status pt_reader_decode(struct pt_trace_reader *reader,
                                struct pt_reader_slot *slot, uint64_t from,
                                uint64_t bytes, struct pt_error *error)
{
    uint64_t raw = slot->block->raw_bytes;
    enum pt_status status = PT_OK;

    if (slot->n_packed == 0 || from >= raw || bytes == 0)
        return PT_OK;
    uint64_t end = bytes < raw - from ? from + bytes : raw;
    uint32_t last = (uint32_t)((end - 1) / PT_PACKED_CHUNK);
    for (uint32_t k = (uint32_t)(from / PT_PACKED_CHUNK); k <= last; k++) {
        if (slot->is_decoded[k])
            continue;
        status = pt_reader_unpack(reader, slot->block, slot->packed.bytes, k,
                                  slot->body, error);
        if (status != PT_OK)
            return status;
        slot->is_decoded[k] = true;
        slot->n_packed--;
    }
    if (slot->n_packed == 0)
        pt_reader_return_packed(reader, &slot->packed);
    return PT_OK;
}
