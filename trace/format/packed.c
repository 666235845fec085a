#include "format/packed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/lz4.h"
#include "format/shuffle.h"

static_assert((int)PT_PACKED_CHUNK <= (int)PT_LZ4_MOST, "a chunk is one block of LZ4");

/* A part in so many must be saved, or the time to unpack is not worth it. */
enum { WORTH = 16 };

struct pt_packer {
    uint16_t table[PT_LZ4_TABLE];
    unsigned char sorted[PT_PACKED_CHUNK];
    unsigned char block[]; /* header, table, chunks, and room for one that grows */
};

struct pt_packer *pt_packer_create(size_t most)
{
    return malloc(sizeof(struct pt_packer) + PT_TRACE_BLOCK_HEADER_BYTES +
                  PT_PACKED_ENTRY * pt_packed_n_chunks(most) + most + PT_LZ4_ROOM);
}

void pt_packer_destroy(struct pt_packer *packer)
{
    free(packer);
}

void pt_packed_forget(struct pt_packed_widths *widths, unsigned width)
{
    memset(widths->width, (int)width, sizeof widths->width);
    memset(widths->lead, 0, sizeof widths->lead);
}

/* The width of the majority, if there is one, found in one pass (Boyer and Moore). */
void pt_packed_note(struct pt_packed_widths *widths, size_t from, size_t bytes,
                    unsigned width)
{
    size_t end = from + bytes;

    for (size_t k = from / PT_PACKED_CHUNK; from < end; k++) {
        size_t chunk_end = (k + 1) * PT_PACKED_CHUNK;
        uint32_t n = (uint32_t)((end < chunk_end ? end : chunk_end) - from);
        if (widths->width[k] == width) {
            widths->lead[k] += n;
        } else if (widths->lead[k] >= n) {
            widths->lead[k] -= n;
        } else {
            widths->lead[k] = n - widths->lead[k];
            widths->width[k] = (uint8_t)width;
        }
        from = chunk_end;
    }
}

static size_t chunk_bytes(uint64_t raw_bytes, uint32_t k)
{
    uint64_t left = raw_bytes - (uint64_t)k * PT_PACKED_CHUNK;
    return left < PT_PACKED_CHUNK ? (size_t)left : PT_PACKED_CHUNK;
}

/* Packs one chunk to `to` and fills its entry. Returns its length there. */
static size_t pack_chunk(struct pt_packer *packer, const unsigned char *from,
                         size_t bytes, uint8_t width, unsigned char *to,
                         unsigned char *entry)
{
    enum pt_packed_method method = PT_PACKED_LZ4;

    if (width > 1)
        pt_shuffle(from, bytes, width, packer->sorted);
    size_t stored =
        pt_lz4_pack(width > 1 ? packer->sorted : from, bytes, to, packer->table);
    if (stored > bytes - bytes / WORTH) {
        memcpy(to, from, bytes);
        stored = bytes;
        method = PT_PACKED_AS_IT_IS;
        width = 1;
    }
    pt_put32(entry + PT_PACKED_STORED_BYTES, (uint32_t)stored);
    entry[PT_PACKED_METHOD] = (unsigned char)method;
    entry[PT_PACKED_WIDTH] = width;
    pt_put16(entry + PT_PACKED_RESERVED, 0);
    pt_put64(entry + PT_PACKED_CHECKSUM, pt_hash64(to, stored));
    return stored;
}

unsigned char *pt_packer_pack(struct pt_packer *packer, const unsigned char *body,
                              size_t bytes, const struct pt_packed_widths *widths,
                              struct pt_trace_block *block)
{
    uint32_t n = pt_packed_n_chunks(bytes);
    unsigned char *table = packer->block + PT_TRACE_BLOCK_HEADER_BYTES;
    unsigned char *to = table + PT_PACKED_ENTRY * n;

    for (uint32_t k = 0; k < n; k++)
        to += pack_chunk(packer, body + (size_t)k * PT_PACKED_CHUNK,
                         chunk_bytes(bytes, k), widths->width[k], to,
                         table + PT_PACKED_ENTRY * k);
    size_t stored = (size_t)(to - table);
    if (stored > bytes - bytes / WORTH)
        return NULL;
    memset(to, 0, 8);
    block->codec = PT_CODEC_LZ4;
    block->stored_bytes = stored;
    block->raw_bytes = bytes;
    block->body_checksum = pt_hash64(table, PT_PACKED_ENTRY * n);
    return packer->block;
}

static bool is_width(unsigned width)
{
    return width > 0 && width <= PT_SHUFFLE_MOST && (width & (width - 1)) == 0;
}

static bool entry_fits(const unsigned char *entry, size_t raw, uint64_t left)
{
    uint32_t stored = pt_get32(entry + PT_PACKED_STORED_BYTES);

    if (stored > left || !is_width(entry[PT_PACKED_WIDTH]))
        return false;
    return entry[PT_PACKED_METHOD] == PT_PACKED_LZ4 ||
           (entry[PT_PACKED_METHOD] == PT_PACKED_AS_IT_IS && stored == raw &&
            entry[PT_PACKED_WIDTH] == 1);
}

bool pt_packed_table_holds(const struct pt_trace_block *block,
                           const unsigned char *stored)
{
    uint32_t n = pt_packed_n_chunks(block->raw_bytes);
    uint64_t table = (uint64_t)PT_PACKED_ENTRY * n;

    if (table > block->stored_bytes)
        return false;
    uint64_t left = block->stored_bytes - table;
    for (uint32_t k = 0; k < n; k++) {
        const unsigned char *entry = stored + PT_PACKED_ENTRY * k;
        if (!entry_fits(entry, chunk_bytes(block->raw_bytes, k), left))
            return false;
        left -= pt_get32(entry + PT_PACKED_STORED_BYTES);
    }
    for (uint64_t i = block->stored_bytes; i % 8 != 0; i++)
        if (stored[i] != 0)
            return false;
    return left == 0;
}

bool pt_packed_unpack(const struct pt_trace_block *block, const unsigned char *stored,
                      uint32_t k, unsigned char *body)
{
    const unsigned char *entry = stored + PT_PACKED_ENTRY * k;
    const unsigned char *from =
        stored + PT_PACKED_ENTRY * pt_packed_n_chunks(block->raw_bytes);
    size_t raw = chunk_bytes(block->raw_bytes, k);
    size_t bytes = pt_get32(entry + PT_PACKED_STORED_BYTES);
    unsigned width = entry[PT_PACKED_WIDTH];
    unsigned char sorted[PT_PACKED_CHUNK];

    for (uint32_t i = 0; i < k; i++)
        from += pt_get32(stored + PT_PACKED_ENTRY * i + PT_PACKED_STORED_BYTES);
    body += (size_t)k * PT_PACKED_CHUNK;
    if (pt_hash64(from, bytes) != pt_get64(entry + PT_PACKED_CHECKSUM))
        return false;
    if (entry[PT_PACKED_METHOD] == PT_PACKED_AS_IT_IS)
        memcpy(body, from, raw);
    else if (!pt_lz4_unpack(from, bytes, width > 1 ? sorted : body, raw))
        return false;
    else if (width > 1)
        pt_unshuffle(sorted, raw, width, body);
    return true;
}
