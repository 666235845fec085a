/* The body of a block in chunks that are packed one by one (codec 1 of FORMAT.md):
 *
 *     table: an entry for each 64 KiB of the body │ chunk 0 │ chunk 1 │ …
 *
 * An entry tells the length of its chunk in the file, how it is packed, and the
 * checksum of what stands in the file: nothing is unpacked before that holds. A reader
 * that wants a part of a body unpacks the chunks of that part. */
#ifndef PT_TRACE_PACKED_H
#define PT_TRACE_PACKED_H

#include "base/status.h"
#include "format/format.h"

enum {
    PT_PACKED_CHUNK = 1 << 16, /* bytes of the body, of each chunk but the last */

    PT_PACKED_STORED_BYTES = 0, /* of an entry */
    PT_PACKED_METHOD = 4,
    PT_PACKED_WIDTH = 5,
    PT_PACKED_RESERVED = 6,
    PT_PACKED_CHECKSUM = 8,
    PT_PACKED_ENTRY = 16,

    /* What LZ4 can make of one byte is less than so many. */
    PT_PACKED_MOST_TIMES = 256,
    PT_PACKED_MOST_CHUNKS = PT_TRACE_BLOCK_LIMIT / PT_PACKED_CHUNK,
    PT_PACKED_WRITTEN_CHUNKS = 16 /* of the largest body that we write */
};

enum pt_packed_method { PT_PACKED_AS_IT_IS, PT_PACKED_LZ4 };

static inline uint32_t pt_packed_n_chunks(uint64_t raw_bytes)
{
    return (uint32_t)((raw_bytes + PT_PACKED_CHUNK - 1) / PT_PACKED_CHUNK);
}

/* ---- Writing. Of each chunk of a body that is being filled: the width of most of its
 * numbers, and by how many bytes they are more than the others. Thread: caller locks.
 */
struct pt_packed_widths {
    uint8_t width[PT_PACKED_WRITTEN_CHUNKS];
    uint32_t lead[PT_PACKED_WRITTEN_CHUNKS];
};

/* For an empty body; `width` is that of what nobody speaks of. */
void pt_packed_forget(struct pt_packed_widths *widths, unsigned width);
/* Bytes [from, from + bytes) of the body are numbers of this width (shuffle.h). */
void pt_packed_note(struct pt_packed_widths *widths, size_t from, size_t bytes,
                    unsigned width);

/* What packing needs, for bodies up to `most` bytes. The caller ends it
 * with destroy; NULL is legal there. NULL: no memory. Thread: caller locks. */
struct pt_packer; /* opaque */
struct pt_packer *pt_packer_create(size_t most);
void pt_packer_destroy(struct pt_packer *packer);

/* Packs a body of at most PT_PACKED_WRITTEN_CHUNKS. Fills stored_bytes, raw_bytes,
 * codec and body_checksum of the block, and returns the whole block with room for its
 * header in front, zeros up to 8 behind. It is the packer's until the next call. NULL:
 * the body would hardly shrink, and nothing is filled. */
unsigned char *pt_packer_pack(struct pt_packer *packer, const unsigned char *body,
                              size_t bytes, const struct pt_packed_widths *widths,
                              struct pt_trace_block *block);

/* ---- Reading. Whether the table of a stored body is one: the chunks that it tells of
 * fill the body, and zeros up to 8 stand behind. Its checksum is not looked at. Thread:
 * safe. */
bool pt_packed_table_holds(const struct pt_trace_block *block,
                           const unsigned char *stored);

/* Unpacks chunk k of a stored body whose table holds to its place in `body`, of
 * raw_bytes. False: the chunk is damaged, and its place in `body` holds anything.
 * Thread: safe. */
PT_MUST_CHECK bool pt_packed_unpack(const struct pt_trace_block *block,
                                    const unsigned char *stored, uint32_t k,
                                    unsigned char *body);

#endif
