/* The blocks that are being filled. */
#include <assert.h>

#include "format/writer_state.h"

void pt_writer_submit(struct pt_trace_writer *writer, enum pt_trace_stream stream)
{
    struct pt_buffer *buffer = writer->open[stream];

    if (!buffer || buffer->used == 0)
        return;
    /* A definition stands in the file before the block that first uses it. */
    if (stream == PT_STREAM_SKELETON || stream == PT_STREAM_VALUES)
        pt_writer_submit(writer, PT_STREAM_DEFINITIONS);
    writer->open[stream] = NULL;
    writer->handed_over += PT_TRACE_BLOCK_HEADER_BYTES + buffer->used;
    pt_sink_submit(writer->sink, buffer);
}

void pt_writer_submit_all(struct pt_trace_writer *writer)
{
    static const enum pt_trace_stream order[] = {PT_STREAM_META, PT_STREAM_DEFINITIONS,
                                                 PT_STREAM_PAYLOADS, PT_STREAM_VALUES,
                                                 PT_STREAM_SKELETON};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(order); i++)
        pt_writer_submit(writer, order[i]);
}

struct pt_buffer *pt_writer_next(struct pt_trace_writer *writer,
                                 enum pt_trace_stream stream, size_t bytes)
{
    assert(bytes <= PT_SINK_ROOM);
    (void)bytes;
    pt_writer_submit(writer, stream);
    writer->open[stream] =
        pt_sink_take(writer->sink, stream, writer->next_ordinal[stream]);
    if (writer->open[stream])
        writer->next_ordinal[stream]++;
    return writer->open[stream];
}

void pt_trace_writer_set_limit(struct pt_trace_writer *writer, uint64_t bytes)
{
    enum { MOST = 4 << 20 };
    /* metadata, the copies' names and the index come at the end */
    uint64_t end = bytes / 4 < MOST ? bytes / 4 : MOST;

    writer->limit = bytes ? bytes - end : UINT64_MAX;
}

/* Bytes of what is not written yet, and would be so many if nothing shrank. */
static uint64_t pending_bytes(const struct pt_trace_writer *writer)
{
    uint64_t pending = writer->handed_over;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(writer->open); i++)
        if (writer->open[i])
            pending += PT_TRACE_BLOCK_HEADER_BYTES + writer->open[i]->used;
    return pending;
}

static bool fits(const struct pt_trace_writer *writer, uint64_t pending, uint64_t bytes)
{
    uint64_t used = writer->written + pending;

    return used < writer->limit && writer->limit - used >= bytes;
}

bool pt_trace_writer_has_room(struct pt_trace_writer *writer, uint64_t bytes)
{
    enum { WORTH = 256 << 10 }; /* of pending bytes: for less nobody waits */

    /* Asked at each call: open blocks are added up only where they could decide. */
    if (writer->limit == UINT64_MAX ||
        fits(writer, writer->handed_over + PT_WRITER_STREAMS * PT_SINK_BLOCK, bytes))
        return true;
    uint64_t pending = pending_bytes(writer);
    if (fits(writer, pending, bytes))
        return true;
    if (!writer->packs || pending < WORTH || !fits(writer, 0, bytes))
        return false;
    pt_trace_writer_flush(writer);
    writer->written = pt_sink_bytes(writer->sink);
    writer->handed_over = 0;
    return fits(writer, 0, bytes);
}
