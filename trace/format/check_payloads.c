/* The checker's first walk: contents against their hashes, extents in their order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/checking.h"
#include "format/record.h"

/* The content being put together. The visitor gets the checking alone, so that this
 * lives beside it. */
struct assembly {
    struct pt_checking checking; /* first: the visitor finds the rest behind it */
    struct pt_trace_extent first;
    unsigned char *content;
    size_t room;
    uint64_t have;
    bool pending; /* the content goes on in the next block */
};

static void finish_content(struct assembly *assembly, bool changed)
{
    struct pt_hash128 hash = pt_hash128(assembly->content, (size_t)assembly->have);

    assembly->pending = false;
    assembly->checking.check->payloads++;
    if (!changed && (hash.low != assembly->first.hash.low ||
                     hash.high != assembly->first.hash.high))
        pt_checking_fault(&assembly->checking,
                          "a payload of %" PRIu64 " bytes does not have its hash",
                          assembly->have);
}

static bool extent_fits(const struct assembly *assembly,
                        const struct pt_trace_extent *extent,
                        const struct pt_trace_cursor *cursor)
{
    const struct pt_trace_extent *first = &assembly->first;

    if (extent->bytes > cursor->record_bytes - PT_PAYLOAD_BYTES ||
        extent->content_bytes >
            assembly->checking.reader->streams[PT_STREAM_PAYLOADS].raw_bytes ||
        extent->bytes > extent->content_bytes ||
        extent->offset > extent->content_bytes - extent->bytes)
        return false;
    if (!assembly->pending)
        return extent->offset == 0;
    return cursor->offset == 0 && extent->offset == assembly->have &&
           extent->content_bytes == first->content_bytes &&
           extent->hash.low == first->hash.low && extent->hash.high == first->hash.high;
}

static enum pt_status visit_payload(struct pt_checking *checking,
                                    const struct pt_trace_block *block,
                                    const struct pt_trace_cursor *cursor,
                                    struct pt_error *error)
{
    struct assembly *assembly = (struct assembly *)checking;
    struct pt_trace_extent extent;

    if (cursor->type != PT_RECORD_PAYLOAD || cursor->record_bytes < PT_PAYLOAD_BYTES) {
        pt_checking_fault(checking, "stream 5 holds a record of type %u", cursor->type);
        return PT_OK;
    }
    pt_record_get_extent(cursor->record, &extent);
    if (!extent_fits(assembly, &extent, cursor)) {
        pt_checking_fault(checking,
                          "the extent at byte %" PRIu64 " of payload block %" PRIu64
                          " does not fit",
                          cursor->offset, block->ordinal);
        assembly->pending = false;
        return PT_OK;
    }
    if (!assembly->pending) {
        assembly->first = extent;
        assembly->have = 0;
        if (!pt_map_set(&checking->payloads,
                        pt_trace_ref(block->ordinal, cursor->offset),
                        extent.content_bytes))
            return pt_error_set(error, PT_E_MEMORY, "no memory to check payloads");
    }
    if (!pt_reader_grow((void **)&assembly->content, &assembly->room,
                        (size_t)(assembly->have + extent.bytes + 1), 1))
        return pt_error_set(error, PT_E_MEMORY, "no memory to check payloads");
    memcpy(assembly->content + assembly->have, cursor->record + PT_PAYLOAD_BYTES,
           (size_t)extent.bytes);
    assembly->have += extent.bytes;
    assembly->pending = true;
    if (assembly->have == extent.content_bytes)
        finish_content(assembly, extent.changed);
    return PT_OK;
}

enum pt_status pt_checking_payloads(struct pt_checking *checking,
                                    struct pt_error *error)
{
    struct assembly assembly = {.checking = *checking};
    const struct pt_reader_blocks *blocks =
        &checking->reader->streams[PT_STREAM_PAYLOADS];
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < blocks->n && status == PT_OK; i++)
        status = pt_checking_walk(&assembly.checking, &blocks->items[i], visit_payload,
                                  error);
    /* A program that was killed may leave half a content at the end. */
    if (status == PT_OK && assembly.pending && checking->reader->sealed)
        pt_checking_fault(checking, "the last payload is not whole");
    *checking = assembly.checking;
    free(assembly.content);
    return status;
}
