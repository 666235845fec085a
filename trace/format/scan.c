/* Finds the blocks of a trace that has no usable index by their headers.
 *
 * Where a header is damaged, the next sound one is searched at the following multiples
 * of 8 bytes: magic and checksum together tell it from data. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/reader_state.h"

enum { CHUNK = 1 << 20 };

/* Where a search has come to. */
struct search {
    uint64_t found;  /* offset of the next sound header, or the end of the file */
    bool only_zeros; /* nothing but preallocated room before it */
};

static bool all_zero(const unsigned char *p, size_t bytes)
{
    return bytes == 0 || (p[0] == 0 && memcmp(p, p + 1, bytes - 1) == 0);
}

/* Looks through one chunk; the offset within it of a sound header, or `got`. */
static size_t search_chunk(const unsigned char *chunk, size_t got)
{
    struct pt_trace_block block;

    for (size_t i = 0; i + PT_TRACE_BLOCK_HEADER_BYTES <= got; i += 8) {
        if (pt_get32(chunk + i) == PT_TRACE_BLOCK_MAGIC &&
            pt_block_get(chunk + i, &block))
            return i;
    }
    return got;
}

static enum pt_status search_from(struct pt_trace_reader *reader, uint64_t offset,
                                  unsigned char *chunk, size_t room,
                                  struct search *search, struct pt_error *error)
{
    const size_t overlap = PT_TRACE_BLOCK_HEADER_BYTES - 8;

    search->only_zeros = true;
    for (;;) {
        size_t got;
        enum pt_status status =
            pt_reader_pread(reader, chunk, room, offset, &got, error);
        if (status != PT_OK)
            return status;
        size_t at = search_chunk(chunk, got);
        search->only_zeros = search->only_zeros && all_zero(chunk, at);
        search->found = offset + at;
        if (at < got || got < CHUNK)
            return PT_OK;
        offset += CHUNK - overlap;
    }
}

/* The header at `offset`; false if there is none, or its body goes beyond the file. */
static enum pt_status read_block_header(struct pt_trace_reader *reader, uint64_t offset,
                                        struct pt_trace_block *block, bool *sound,
                                        bool *cut, struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_BLOCK_HEADER_BYTES];
    size_t got;
    enum pt_status status =
        pt_reader_pread(reader, bytes, sizeof bytes, offset, &got, error);

    *sound = *cut = false;
    if (status != PT_OK)
        return status;
    if (got < sizeof bytes) {
        *cut = true;
        return PT_OK;
    }
    block->offset = offset;
    *sound = pt_block_get(bytes, block);
    *cut = *sound && reader->size - offset < pt_block_extent(block);
    return PT_OK;
}

static enum pt_status skip_damage(struct pt_trace_reader *reader, uint64_t *offset,
                                  struct pt_error *error)
{
    struct search search;
    enum pt_status status;
    uint64_t left = reader->size - *offset;
    size_t room = left < CHUNK ? (size_t)left : CHUNK;
    unsigned char *chunk = malloc(room);

    if (!chunk)
        return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
    status = search_from(reader, *offset, chunk, room, &search, error);
    free(chunk);
    if (status != PT_OK)
        return status;
    if (search.found < reader->size || !search.only_zeros)
        pt_reader_note(reader, "bytes %" PRIu64 " to %" PRIu64 " are damaged", *offset,
                       search.found);
    *offset = search.found;
    return PT_OK;
}

enum pt_status pt_reader_scan(struct pt_trace_reader *reader, struct pt_error *error)
{
    uint64_t offset = PT_TRACE_HEADER_BYTES;
    enum pt_status status = PT_OK;

    while (status == PT_OK && offset < reader->size) {
        struct pt_trace_block block;
        bool sound, cut;
        status = read_block_header(reader, offset, &block, &sound, &cut, error);
        if (status != PT_OK || cut)
            break;
        if (!sound) {
            status = skip_damage(reader, &offset, error);
            continue;
        }
        if (block.stream == PT_STREAM_FOOTER)
            break;
        if (!pt_reader_add_block(reader, &block))
            status =
                pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
        offset += pt_block_extent(&block);
    }
    return status;
}
