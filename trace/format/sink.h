/* The disk side of a writer: a fixed pool of block buffers, a queue, and one thread
 * that puts whole blocks into the file by positioned writes, keeps the index, and seals
 * the file.
 *
 *   writer ── take ──▶ buffer ── submit ──▶ queue ──▶ disk thread ──▶ file
 *               ▲                                          │
 *               └───────────────── pool ◀──────────────────┘
 *
 * Blocks are packed by the disk thread, where that is asked for: it waits for the disk
 * anyway, and whoever fills the blocks does not wait for it. Blocks reach the file in
 * the order in which they were submitted (block_file.h). The first failure is kept;
 * after it blocks go back to the pool unwritten. The thread blocks all signals.
 *
 * Thread: one caller at a time; the disk thread is inside. */
#ifndef PT_TRACE_SINK_H
#define PT_TRACE_SINK_H

#include "base/status.h"
#include "format/block_file.h"

struct pt_sink; /* opaque */

/* Blocks are of 1 MiB, header included: large enough for any disk, small enough that a
 * reader that wants one array does not read much beside it. */
enum {
    PT_SINK_BLOCK = 1 << 20,
    PT_SINK_ROOM = PT_SINK_BLOCK - PT_TRACE_BLOCK_HEADER_BYTES
};

/* Creates `part` exclusively, writes the header (4096 bytes), starts the thread, which
 * packs the blocks by `codec`. */
PT_MUST_CHECK enum pt_status pt_sink_open(const char *part, const unsigned char *header,
                                          enum pt_trace_codec codec,
                                          struct pt_sink **sink,
                                          struct pt_error *error);

/* Where the file goes on if it cannot be written any more where it is: the reserved
 * file `part` (stage.h), borrowed. Before the first block. */
void pt_sink_set_refuge(struct pt_sink *sink, const char *part);
/* Whether it has gone there. After the last block is written. */
bool pt_sink_has_moved(const struct pt_sink *sink);

/* An empty buffer for a block of `stream`; waits for the disk when all are on their
 * way. NULL after a failure, and in the child of a fork: the caller drops its data. */
struct pt_buffer *pt_sink_take(struct pt_sink *sink, enum pt_trace_stream stream,
                               uint64_t ordinal);

/* Hands a buffer over; the caller forgets it. */
void pt_sink_submit(struct pt_sink *sink, struct pt_buffer *buffer);

/* Waits until all that was submitted is written or dropped. */
void pt_sink_drain(struct pt_sink *sink);

/* Bytes of the file so far. After pt_sink_drain. */
uint64_t pt_sink_bytes(const struct pt_sink *sink);

/* The first failure, or NULL. Borrowed. Thread: safe. */
const struct pt_error *pt_sink_error(const struct pt_sink *sink);

/* Writes what is queued, the index, the footer (its last_index and n_blocks are filled
 * in here) and the trailer, synchronises, closes the file and frees the sink. *moved:
 * it went to the refuge. In the child of a fork: as abandon, PT_E_USAGE. */
PT_MUST_CHECK enum pt_status pt_sink_finish(struct pt_sink *sink,
                                            struct pt_trace_footer *footer, bool *moved,
                                            struct pt_error *error);

/* Removes the file and frees the sink. */
void pt_sink_discard(struct pt_sink *sink);

/* Frees the sink without a word to the thread or the file. Only for the child of a
 * fork. */
void pt_sink_abandon(struct pt_sink *sink);

/* Whether this process is the child of a fork of the one that opened the sink. */
bool pt_sink_is_foreign(const struct pt_sink *sink);

#endif
