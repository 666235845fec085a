#include "seal.h"

#include <string.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/packed.h"

/* The chunks of a packed body, as far as its table tells of any. Returns the length of
 * the table. */
static uint64_t seal_chunks(unsigned char *body, uint64_t stored, uint64_t raw)
{
    uint64_t n = raw < PT_TRACE_BLOCK_LIMIT ? pt_packed_n_chunks(raw) : 0;
    uint64_t table = n * PT_PACKED_ENTRY;

    if (table > stored)
        return stored;
    uint64_t at = table;
    for (uint64_t k = 0; k < n; k++) {
        unsigned char *entry = body + k * PT_PACKED_ENTRY;
        uint64_t bytes = pt_get32(entry + PT_PACKED_STORED_BYTES);
        if (bytes > stored - at)
            break;
        pt_put64(entry + PT_PACKED_CHECKSUM, pt_hash64(body + at, (size_t)bytes));
        at += bytes;
    }
    return table;
}

static void seal_block(unsigned char *p, uint64_t stored)
{
    unsigned char *body = p + PT_TRACE_BLOCK_HEADER_BYTES;

    if (pt_get16(p + PT_BLOCK_CODEC) == PT_CODEC_LZ4)
        stored = seal_chunks(body, stored, pt_get64(p + PT_BLOCK_RAW_BYTES));
    pt_put64(p + PT_BLOCK_BODY_CHECKSUM, pt_hash64(body, (size_t)stored));
    pt_put64(p + PT_BLOCK_CHECKSUM, pt_hash64(p, PT_BLOCK_CHECKSUM));
}

void pt_fuzz_seal(unsigned char *file, size_t n)
{
    if (n < PT_TRACE_HEADER_BYTES)
        return;
    pt_put64(file + PT_HEADER_CHECKSUM, pt_hash64(file, PT_HEADER_CHECKSUM));
    for (size_t at = PT_TRACE_HEADER_BYTES; at + PT_TRACE_BLOCK_HEADER_BYTES <= n;) {
        unsigned char *p = file + at;
        uint64_t stored = pt_get64(p + PT_BLOCK_STORED_BYTES);
        uint64_t room = n - at - PT_TRACE_BLOCK_HEADER_BYTES;
        if (pt_get32(p + PT_BLOCK_MAGIC) != PT_TRACE_BLOCK_MAGIC) {
            at += 8;
            continue;
        }
        if (stored > room) /* so that lengths which lie get as far as they can */
            stored = room;
        seal_block(p, stored);
        at += PT_TRACE_BLOCK_HEADER_BYTES + (size_t)pt_align8(stored);
    }
    unsigned char *trailer = file + n - PT_TRACE_TRAILER_BYTES;
    if (memcmp(trailer, PT_TRACE_TRAILER, 8) == 0) {
        pt_put64(trailer + PT_TRAILER_LENGTH, n);
        pt_put64(trailer + PT_TRAILER_CHECKSUM,
                 pt_hash64(trailer, PT_TRAILER_CHECKSUM));
    }
}
