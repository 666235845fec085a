/* Reads a trace, sealed or not, by whole blocks and positioned reads. What is damaged
 * is named and skipped where the format allows; a byte is never trusted before its
 * checksum and its bounds have been checked.
 *
 * Thread: one reader is used by one thread at a time; several readers are independent.
 */
#ifndef PT_TRACE_READER_H
#define PT_TRACE_READER_H

#include "base/status.h"
#include "format/format.h"

struct pt_trace_reader; /* opaque */

/* Opens the file, reads the header and the index (or scans the block headers where
 * there is no footer), and reads all definitions and metadata. PT_E_FORMAT: not a
 * trace; PT_E_VERSION: another major version; PT_E_DAMAGED: nothing of it can be used.
 * A trace with some damage opens; pt_trace_reader_damage tells. */
PT_MUST_CHECK enum pt_status pt_trace_reader_open(const char *path,
                                                  struct pt_trace_reader **reader,
                                                  struct pt_error *error);
void pt_trace_reader_close(struct pt_trace_reader *reader);

/* Closes the descriptor and forgets the decoded blocks (keep_last: all but the last one
 * of values and of payloads): bounds the number of open files, and the memory, when
 * thousands of traces are held. Reading reopens by itself. */
void pt_trace_reader_park(struct pt_trace_reader *reader, bool keep_last);

const char *pt_trace_reader_file(const struct pt_trace_reader *reader);
const struct pt_trace_header *
pt_trace_reader_header(const struct pt_trace_reader *reader);
bool pt_trace_reader_sealed(const struct pt_trace_reader *reader);
/* NULL for a trace that is not sealed. */
const struct pt_trace_footer *
pt_trace_reader_footer(const struct pt_trace_reader *reader);
/* One line on the first damage found so far, or NULL. Borrowed. */
const char *pt_trace_reader_damage(const struct pt_trace_reader *reader);
uint64_t pt_trace_reader_bytes(const struct pt_trace_reader *reader); /* file size */
/* So far: bytes read, and how often the file was opened. */
uint64_t pt_trace_reader_bytes_read(const struct pt_trace_reader *reader);
uint64_t pt_trace_reader_opens(const struct pt_trace_reader *reader);

/* One number for the contents (FORMAT.md, "Checksum of a trace"), from the headers of
 * the blocks alone: 80 bytes of each are read. It names the contents that the checksums
 * in the file stand for; whether the bodies hold them, pt_trace_check says. */
PT_MUST_CHECK enum pt_status pt_trace_reader_checksum(struct pt_trace_reader *reader,
                                                      uint64_t *checksum,
                                                      struct pt_error *error);

/* Definitions, borrowed. Ids out of range give an empty string, or a definition of
 * zeros. Strings are NUL-terminated after *bytes bytes; `bytes` may be NULL. */
uint32_t
pt_trace_reader_n_functions(const struct pt_trace_reader *reader); /* ids 1…n */
uint32_t pt_trace_reader_n_sites(const struct pt_trace_reader *reader);
uint32_t pt_trace_reader_n_paths(const struct pt_trace_reader *reader);
const char *pt_trace_reader_string(const struct pt_trace_reader *reader, uint32_t id,
                                   size_t *bytes);
const struct pt_trace_function *
pt_trace_reader_function(const struct pt_trace_reader *reader, uint32_t id);
const struct pt_trace_site *pt_trace_reader_site(const struct pt_trace_reader *reader,
                                                 uint32_t id);
const struct pt_trace_path *pt_trace_reader_path(const struct pt_trace_reader *reader,
                                                 uint32_t id);

/* The value of a metadata key (NUL-terminated after *bytes bytes), or NULL. The second
 * enumerates: index from 0, NULL past the end. */
const char *pt_trace_reader_meta(const struct pt_trace_reader *reader, const char *key,
                                 size_t *bytes);
const char *pt_trace_reader_meta_at(const struct pt_trace_reader *reader, size_t index,
                                    const char **value, size_t *value_bytes);

/* The blocks of one stream, by ordinal; a lost block has stored_bytes 0. Borrowed. */
size_t pt_trace_reader_n_blocks(const struct pt_trace_reader *reader,
                                enum pt_trace_stream stream);
const struct pt_trace_block *pt_trace_reader_block(const struct pt_trace_reader *reader,
                                                   enum pt_trace_stream stream,
                                                   size_t ordinal);

/* Reads and verifies one block's body into `body` (room for raw_bytes). PT_E_DAMAGED if
 * it was lost or its checksum does not hold. */
PT_MUST_CHECK enum pt_status pt_trace_reader_read(struct pt_trace_reader *reader,
                                                  const struct pt_trace_block *block,
                                                  unsigned char *body,
                                                  struct pt_error *error);

/* Walks the records of a decoded body. */
struct pt_trace_cursor {
    const unsigned char *body;
    uint64_t bytes;  /* of the body */
    uint64_t offset; /* of the record in `record`; the next one after _next */
    uint16_t type, flags;
    uint32_t record_bytes;
    const unsigned char *record; /* NULL before the first */
};
/* PT_OK and a record, PT_E_MISSING at the end, PT_E_DAMAGED for a record that does not
 * fit, PT_E_VERSION for an unknown critical one (unknown others are skipped). Start
 * with
 * {.body, .bytes} and, to start elsewhere, .offset. */
PT_MUST_CHECK enum pt_status pt_trace_cursor_next(struct pt_trace_cursor *cursor,
                                                  struct pt_error *error);

/* Decode the record under the cursor; PT_E_DAMAGED if its fields do not fit its length.
 * For an inline value *data points into the body, else NULL. */
PT_MUST_CHECK enum pt_status pt_trace_enter_decode(const struct pt_trace_cursor *cursor,
                                                   struct pt_trace_enter *enter,
                                                   struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_trace_exit_decode(const struct pt_trace_cursor *cursor,
                                                  struct pt_trace_exit *exit,
                                                  struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_trace_value_decode(const struct pt_trace_cursor *cursor,
                                                   struct pt_trace_value *value,
                                                   const void **data,
                                                   struct pt_error *error);

/* Random access with a small cache of decoded blocks (a few per stream; sequential use
 * reads each block once). pt_trace_reader_values visits `n` values from `ref`; of one
 * reader, all values a few times over at most, then PT_E_DAMAGED: calls claim the values
 * of others. */
typedef enum pt_status pt_trace_value_visitor(void *context,
                                              const struct pt_trace_value *value,
                                              const void *inline_data,
                                              struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_trace_reader_values(struct pt_trace_reader *reader,
                                                    uint64_t ref, uint32_t n,
                                                    pt_trace_value_visitor *visit,
                                                    void *context,
                                                    struct pt_error *error);

/* Copies bytes [offset, offset + bytes) of a payload's content into `data`. */
PT_MUST_CHECK enum pt_status pt_trace_reader_payload(struct pt_trace_reader *reader,
                                                     uint64_t ref, uint64_t offset,
                                                     uint64_t bytes, void *data,
                                                     struct pt_error *error);
/* The same without a copy: *data points to the bytes in a decoded block, which is kept
 * until pt_trace_reader_release; NULL where they stand in several blocks, or too many
 * blocks are kept. Aligned as a record is, to 8 bytes. */
PT_MUST_CHECK enum pt_status pt_trace_reader_view(struct pt_trace_reader *reader,
                                                  uint64_t ref, uint64_t offset,
                                                  uint64_t bytes, const void **data,
                                                  struct pt_error *error);
/* Ends all views. */
void pt_trace_reader_release(struct pt_trace_reader *reader);
/* The hash of a payload's whole content, and its length. */
PT_MUST_CHECK enum pt_status
pt_trace_reader_payload_hash(struct pt_trace_reader *reader, uint64_t ref,
                             uint64_t hash[2], uint64_t *bytes, struct pt_error *error);

#endif
