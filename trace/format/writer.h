/* Writes one trace. The caller's side only copies into memory; a thread of the writer
 * puts whole blocks on disk by positioned writes. The first failure to write is kept:
 * later calls drop their data, and pt_trace_writer_close reports it, so that a full
 * disk never stops the traced program.
 *
 * Thread: all calls on one writer are made by one thread at a time (in the tracer:
 * under the GIL). Memory: bounded, whatever the length of the run. */
#ifndef PT_TRACE_WRITER_H
#define PT_TRACE_WRITER_H

#include "base/bytes.h"
#include "base/status.h"
#include "format/format.h"

struct pt_trace_writer; /* opaque */

/* Creates "<path>.part" exclusively (PT_E_EXISTS if it or <path> is there) and writes
 * the header. The caller owns *writer and ends it with close or abandon. */
PT_MUST_CHECK enum pt_status pt_trace_writer_open(const char *path,
                                                  const struct pt_trace_header *header,
                                                  struct pt_trace_writer **writer,
                                                  struct pt_error *error);

/* How a trace is written. */
struct pt_trace_writing {
    /* A folder in which the trace is until it is closed, or until that folder has no
     * room: then it is copied to its place, which is taken from the start. If that
     * fails at the end, the sealed trace stays in the stage, and the error names it.
     * NULL: none. */
    const char *stage;
    enum pt_trace_codec codec; /* of the blocks that shrink by it */
};

/* The same as `writing` says. */
PT_MUST_CHECK enum pt_status
pt_trace_writer_open_as(const char *path, const struct pt_trace_writing *writing,
                        const struct pt_trace_header *header,
                        struct pt_trace_writer **writer, struct pt_error *error);

/* Where the trace is now: "<path>.part", or in the stage. Borrowed. */
const char *pt_trace_writer_part(const struct pt_trace_writer *writer);

/* Definitions: each returns the id, writing the record the first time the content is
 * seen (and again, under a new id, when a bounded table has forgotten it). `bytes` of
 * text are copied, at most PT_TRACE_TEXT_BYTES. */
uint32_t pt_trace_writer_string(struct pt_trace_writer *writer, const char *text,
                                size_t bytes);
uint32_t pt_trace_writer_function(struct pt_trace_writer *writer,
                                  const struct pt_trace_function *function);
uint32_t pt_trace_writer_site(struct pt_trace_writer *writer,
                              const struct pt_trace_site *site);
uint32_t pt_trace_writer_path(struct pt_trace_writer *writer,
                              const struct pt_trace_path *path);

void pt_trace_writer_meta(struct pt_trace_writer *writer, const char *key,
                          const char *value, size_t value_bytes);

/* One phase of one call is written as: begin, value…, then enter or exit. begin returns
 * nothing to keep: the writer remembers where the phase's values started, how many they
 * are and how many bytes they hold, and fills `values`, `data_bytes` and `n_values` of
 * the ENTER or EXIT record itself. From begin to enter or exit no other phase may be
 * written, not by another thread either: whatever can run Python code (and so give up
 * the GIL) comes before begin. */
void pt_trace_writer_begin_phase(struct pt_trace_writer *writer);

/* One value. The writer chooses the storage (inline, payload) by data_bytes; `storage`
 * on entry is NONE, INLINE (meaning "data follow") or SAMPLE; `payload` is ignored.
 * `data`: value->data_bytes bytes, C order, little-endian. */
void pt_trace_writer_value(struct pt_trace_writer *writer,
                           const struct pt_trace_value *value, const void *data);

/* The data of a value: bytes at `data`; or, where that is NULL, what `read` puts into
 * `out` for each piece that is asked for. `hash` (may be NULL for bytes at `data`) is
 * pt_hash128 of all of it. `is_copy`: nobody else can write to `data` meanwhile. */
struct pt_trace_source {
    const void *data;
    void (*read)(const void *context, uint64_t offset, size_t bytes, void *out);
    const void *context;
    const struct pt_hash128 *hash;
    bool is_copy;
};

/* The same, for a caller that has hashed the data already, or has them in pieces. */
void pt_trace_writer_value_from(struct pt_trace_writer *writer,
                                const struct pt_trace_value *value,
                                const struct pt_trace_source *source);

void pt_trace_writer_enter(struct pt_trace_writer *writer,
                           const struct pt_trace_enter *enter);
void pt_trace_writer_exit(struct pt_trace_writer *writer,
                          const struct pt_trace_exit *exit);

/* A bound on the bytes of the whole file, as they are stored, end included; 0: none.
 * Whether `bytes` more bytes fit in, even if they do not shrink: a caller that finds
 * too little room for a value or a call leaves it out. Blocks that are packed are
 * counted whole until they are written; where it depends on that, it is waited for. */
void pt_trace_writer_set_limit(struct pt_trace_writer *writer, uint64_t bytes);
bool pt_trace_writer_has_room(struct pt_trace_writer *writer, uint64_t bytes);

/* Hands every open block to the disk thread and waits until all is written (before
 * fork, and in tests). */
void pt_trace_writer_flush(struct pt_trace_writer *writer);

/* Marks the trace as partial: `why` becomes the metadata key "partial". Again: the
 * later reason stands. */
void pt_trace_writer_partial(struct pt_trace_writer *writer, const char *why);

/* The first error met so far, or NULL. Borrowed. */
const struct pt_error *pt_trace_writer_error(const struct pt_trace_writer *writer);

/* Ends the trace: flush, index, footer, trailer, fsync, rename to the final name. Frees
 * the writer in any case. NULL is legal. */
PT_MUST_CHECK enum pt_status pt_trace_writer_close(struct pt_trace_writer *writer,
                                                   struct pt_error *error);

/* Forgets the trace without touching its file: for the child of a fork, where the disk
 * thread does not exist. NULL is legal. */
void pt_trace_writer_abandon(struct pt_trace_writer *writer);

#endif
