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

uint64_t pt_trace_writer_left(const struct pt_trace_writer *writer)
{
    uint64_t used = PT_TRACE_HEADER_BYTES + writer->handed_over;

    if (writer->limit == UINT64_MAX)
        return UINT64_MAX;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(writer->open); i++)
        if (writer->open[i])
            used += PT_TRACE_BLOCK_HEADER_BYTES + writer->open[i]->used;
    return used < writer->limit ? writer->limit - used : 0;
}
