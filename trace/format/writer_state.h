/* What a writer is made of: shared by the files of the writer, by nobody else. */
#ifndef PT_TRACE_WRITER_STATE_H
#define PT_TRACE_WRITER_STATE_H

#include <string.h>

#include "base/bytes.h"
#include "format/recent.h"
#include "format/seen.h"
#include "format/sink.h"
#include "format/writer.h"

enum {
    PT_WRITER_STREAMS = PT_STREAM_PAYLOADS + 1,
    /* Definitions and metadata are handed over from here. */
    PT_WRITER_SMALL_BLOCK = 256 << 10
};

struct pt_trace_writer {
    char *path, *part; /* where it will be, and "<path>.part" */
    char *staged;      /* the file in the stage, NULL: none */
    struct pt_sink *sink;
    struct pt_buffer *open[PT_WRITER_STREAMS];
    uint64_t next_ordinal[PT_WRITER_STREAMS];

    struct pt_seen *definitions; /* content → id */
    struct pt_seen *payloads;    /* content → reference */
    struct pt_recent *recent;    /* the same of small ones, by place */
    uint32_t last_id[PT_RECORD_PATH + 1];

    /* The phase being written. */
    uint64_t phase_ref, phase_bytes;
    uint32_t phase_values;

    struct pt_trace_footer footer;
    int64_t handed_over_ns;

    uint64_t limit;       /* of the file, less what its end takes; UINT64_MAX: none */
    uint64_t handed_over; /* bytes of blocks, not packed; since `written` */
    uint64_t written;     /* bytes of the file, when they were last asked for */
    bool packs;
};

/* Hands the open block of a stream, or of all, to the disk. */
void pt_writer_submit(struct pt_trace_writer *writer, enum pt_trace_stream stream);
void pt_writer_submit_all(struct pt_trace_writer *writer);

/* Submits the open block of the stream, and opens one with room for `bytes`. */
struct pt_buffer *pt_writer_next(struct pt_trace_writer *writer,
                                 enum pt_trace_stream stream, size_t bytes);

/* The open block of the stream with at least `bytes` bytes of room, or NULL when
 * nothing can be written any more. */
static inline struct pt_buffer *pt_writer_room(struct pt_trace_writer *writer,
                                               enum pt_trace_stream stream,
                                               size_t bytes)
{
    struct pt_buffer *buffer = writer->open[stream];

    if (__builtin_expect(buffer && PT_SINK_ROOM - buffer->used >= bytes, true))
        return buffer;
    return pt_writer_next(writer, stream, bytes);
}

/* Claims `bytes` (a multiple of 8) for one record. */
static inline unsigned char *pt_writer_claim(struct pt_buffer *buffer, size_t bytes)
{
    unsigned char *p = buffer->body + buffer->used;
    buffer->used += bytes;
    buffer->block.records++;
    return p;
}

static inline void pt_writer_note_time(struct pt_buffer *buffer, uint64_t time)
{
    struct pt_trace_block *block = &buffer->block;
    if (block->first_time == 0 || time < block->first_time)
        block->first_time = time;
    if (time > block->last_time)
        block->last_time = time;
}

/* Clears the last word of a record of `whole` bytes, of which the content fills all or
 * a part afterwards. */
static inline void pt_writer_pad(unsigned char *p, size_t whole)
{
    memset(p + whole - 8, 0, 8);
}

#endif
