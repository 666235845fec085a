/* What frames the records: the header of the file, the header of a block, the trailer.
 * Each carries its own checksum. Thread: safe. */
#ifndef PT_TRACE_BLOCK_H
#define PT_TRACE_BLOCK_H

#include "base/status.h"
#include "format/format.h"

enum pt_header_layout {
    PT_HEADER_MAGIC = 0,
    PT_HEADER_MAJOR = 8,
    PT_HEADER_MINOR = 10,
    PT_HEADER_SIZE = 12,
    PT_HEADER_CREATED_NS = 16,
    PT_HEADER_RUN_ID = 24,
    PT_HEADER_SEED = 32,
    PT_HEADER_FLAGS = 40,
    PT_HEADER_PID = 44,
    PT_HEADER_ROLE_KIND = 48,
    PT_HEADER_ROLE_RANK = 52,
    PT_HEADER_EXPERIMENT_ID = 64,
    PT_HEADER_HOST = 128,
    PT_HEADER_ROLE_PATH = 192,
    PT_HEADER_PROGRAM = 256,
    PT_HEADER_DIRECTORY = 1280,
    PT_HEADER_CHECKSUM = 4088
};

enum pt_block_layout {
    PT_BLOCK_MAGIC = 0,
    PT_BLOCK_STREAM = 4,
    PT_BLOCK_CODEC = 6,
    PT_BLOCK_ORDINAL = 8,
    PT_BLOCK_FIRST_TIME = 16,
    PT_BLOCK_LAST_TIME = 24,
    PT_BLOCK_STORED_BYTES = 32,
    PT_BLOCK_RAW_BYTES = 40,
    PT_BLOCK_RECORDS = 48,
    PT_BLOCK_BODY_CHECKSUM = 56,
    PT_BLOCK_RESERVED = 64,
    PT_BLOCK_CHECKSUM = 72
};

enum pt_trailer_layout {
    PT_TRAILER_MAGIC = 0,
    PT_TRAILER_FOOTER = 8,
    PT_TRAILER_LENGTH = 16,
    PT_TRAILER_CHECKSUM = 24
};

/* The header of the file; texts that are too long for their room are cut. */
void pt_header_put(unsigned char p[PT_TRACE_HEADER_BYTES],
                   const struct pt_trace_header *header);

/* PT_E_FORMAT: not a trace. PT_E_VERSION: another major version (checked before the
 * checksum: another version may place it elsewhere). PT_E_DAMAGED. */
PT_MUST_CHECK enum pt_status pt_header_get(const unsigned char p[PT_TRACE_HEADER_BYTES],
                                           struct pt_trace_header *header,
                                           struct pt_error *error);

/* The header of a block; block->offset is not part of it. */
void pt_block_put(unsigned char p[PT_TRACE_BLOCK_HEADER_BYTES],
                  const struct pt_trace_block *block);

/* False where magic or checksum do not hold, or where the lengths go beyond the bounds
 * of the format. Leaves block->offset alone. */
bool pt_block_get(const unsigned char p[PT_TRACE_BLOCK_HEADER_BYTES],
                  struct pt_trace_block *block);

/* Whether the lengths, stream and codec of a block are possible at all: what a reader
 * asks before it allocates. A stream of a later minor version is possible. */
bool pt_block_plausible(const struct pt_trace_block *block);

/* Bytes that the block takes in the file: header, body, zeros up to 8. The second is
 * without the header. */
uint64_t pt_block_extent(const struct pt_trace_block *block);
uint64_t pt_block_body_extent(const struct pt_trace_block *block);

void pt_trailer_put(unsigned char p[PT_TRACE_TRAILER_BYTES], uint64_t footer,
                    uint64_t length);
/* False where magic or checksum do not hold. */
bool pt_trailer_get(const unsigned char p[PT_TRACE_TRAILER_BYTES], uint64_t *footer,
                    uint64_t *length);

#endif
