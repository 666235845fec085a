/* Finds the blocks of a trace: by the chain of index blocks behind the footer, or by
 * scanning where there is none. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/reader_state.h"
#include "format/record.h"

/* Blocks as the index lists them, last one first. */
struct listing {
    struct pt_trace_block *items;
    size_t n, room;
    uint64_t n_index_blocks;
};

void pt_reader_clear_blocks(struct pt_trace_reader *reader)
{
    for (size_t s = 0; s < PT_READER_STREAMS; s++) {
        free(reader->streams[s].items);
        reader->streams[s] = (struct pt_reader_blocks){0};
    }
    reader->n_lost = 0;
}

bool pt_reader_add_block(struct pt_trace_reader *reader,
                         const struct pt_trace_block *block)
{
    if (block->stream >= PT_READER_STREAMS || block->stream < PT_STREAM_META)
        return true; /* index, footer, or a stream of a later minor version */
    struct pt_reader_blocks *blocks = &reader->streams[block->stream];
    uint64_t lost = block->ordinal - blocks->n;

    if (block->ordinal < blocks->n ||
        reader->n_lost + lost > reader->size / PT_TRACE_BLOCK_HEADER_BYTES) {
        pt_reader_note(reader,
                       "the block at byte %" PRIu64 " has the number %" PRIu64
                       " where %zu was next",
                       block->offset, block->ordinal, blocks->n);
        return true;
    }
    if (!pt_reader_grow((void **)&blocks->items, &blocks->room,
                        (size_t)block->ordinal + 1, sizeof *blocks->items))
        return false;
    if (lost)
        pt_reader_note(reader, "%" PRIu64 " blocks of stream %u are lost", lost,
                       block->stream);
    for (uint64_t i = 0; i < lost; i++)
        blocks->items[blocks->n + i] =
            (struct pt_trace_block){.stream = block->stream, .ordinal = blocks->n + i};
    reader->n_lost += lost;
    blocks->n = (size_t)block->ordinal + 1;
    blocks->raw_bytes += block->raw_bytes;
    blocks->items[block->ordinal] = *block;
    return true;
}

/* Reads the block at `offset` whole, if it is one of `stream` and sound. The caller
 * frees *body. PT_E_DAMAGED without words: the trace can be read without it. */
static enum pt_status read_whole(struct pt_trace_reader *reader, uint64_t offset,
                                 enum pt_trace_stream stream,
                                 struct pt_trace_block *block, unsigned char **body,
                                 struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_BLOCK_HEADER_BYTES];
    size_t got;
    enum pt_status status;

    *body = NULL;
    if (offset < PT_TRACE_HEADER_BYTES || offset % 8 || offset > reader->size ||
        reader->size - offset < sizeof bytes)
        return PT_E_DAMAGED;
    status = pt_reader_pread(reader, bytes, sizeof bytes, offset, &got, error);
    if (status != PT_OK)
        return status;
    block->offset = offset;
    if (got < sizeof bytes || !pt_block_get(bytes, block) || block->stream != stream ||
        block->codec != PT_CODEC_STORED ||
        pt_block_extent(block) > reader->size - offset)
        return PT_E_DAMAGED;
    *body = malloc((size_t)block->stored_bytes);
    if (!*body)
        return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
    status = pt_reader_pread(reader, *body, (size_t)block->stored_bytes,
                             offset + sizeof bytes, &got, error);
    if (status == PT_OK &&
        (got < block->stored_bytes || pt_hash64(*body, got) != block->body_checksum))
        status = PT_E_DAMAGED;
    return status;
}

/* The first record of a body, if it is of this type and at least that long. */
static bool starts_with(const unsigned char *body, const struct pt_trace_block *block,
                        enum pt_trace_record type, uint64_t least)
{
    return block->raw_bytes >= least && pt_get16(body + PT_RECORD_TYPE) == type &&
           pt_get32(body + PT_RECORD_LENGTH) >= least &&
           pt_get32(body + PT_RECORD_LENGTH) <= block->raw_bytes;
}

static enum pt_status read_footer(struct pt_trace_reader *reader,
                                  struct pt_error *error)
{
    unsigned char trailer[PT_TRACE_TRAILER_BYTES];
    unsigned char *body = NULL;
    struct pt_trace_block block;
    uint64_t footer, length;
    size_t got;
    enum pt_status status;

    if (reader->size < PT_TRACE_HEADER_BYTES + sizeof trailer)
        return PT_OK;
    status = pt_reader_pread(reader, trailer, sizeof trailer,
                             reader->size - sizeof trailer, &got, error);
    if (status != PT_OK)
        return status;
    if (got < sizeof trailer || !pt_trailer_get(trailer, &footer, &length) ||
        length != reader->size)
        return PT_OK;
    status = read_whole(reader, footer, PT_STREAM_FOOTER, &block, &body, error);
    if (status == PT_OK &&
        starts_with(body, &block, PT_RECORD_FOOTER, PT_FOOTER_BYTES)) {
        pt_record_get_footer(body, &reader->footer);
        reader->sealed = true;
    } else if (status == PT_OK || status == PT_E_DAMAGED) {
        pt_reader_note(reader, "the footer is damaged");
        status = PT_OK;
    }
    free(body);
    return status;
}

/* Appends the entries of one index block, last one first. */
static enum pt_status list_entries(struct pt_trace_reader *reader,
                                   const unsigned char *body, uint64_t index_offset,
                                   struct listing *listing, struct pt_error *error)
{
    uint64_t n = pt_get64(body + PT_INDEX_N_ENTRIES);
    uint64_t most =
        (pt_get32(body + PT_RECORD_LENGTH) - PT_INDEX_BYTES) / PT_INDEX_ENTRY_BYTES;

    if (n > most)
        return PT_E_DAMAGED;
    if (!pt_reader_grow((void **)&listing->items, &listing->room,
                        listing->n + (size_t)n, sizeof *listing->items))
        return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
    for (size_t i = (size_t)n; i-- > 0;) {
        struct pt_trace_block *block = &listing->items[listing->n++];
        pt_record_get_entry(body + PT_INDEX_BYTES + i * PT_INDEX_ENTRY_BYTES, block);
        if (!pt_block_plausible(block) || block->offset % 8 ||
            block->offset < PT_TRACE_HEADER_BYTES || block->offset >= index_offset ||
            pt_block_extent(block) > index_offset - block->offset)
            return PT_E_DAMAGED;
    }
    return PT_OK;
}

/* Follows the chain from the last index block to the first: always towards the start of
 * the file and without overlap, so that it ends. */
static enum pt_status follow_chain(struct pt_trace_reader *reader,
                                   struct listing *listing, struct pt_error *error)
{
    uint64_t offset = reader->footer.last_index, limit = reader->size;
    enum pt_status status = PT_OK;

    while (offset && status == PT_OK) {
        struct pt_trace_block block;
        unsigned char *body = NULL;
        uint64_t before = 0;
        status = read_whole(reader, offset, PT_STREAM_INDEX, &block, &body, error);
        if (status == PT_OK &&
            (offset >= limit || pt_block_extent(&block) > limit - offset ||
             !starts_with(body, &block, PT_RECORD_INDEX, PT_INDEX_BYTES)))
            status = PT_E_DAMAGED;
        if (status == PT_OK) {
            before = pt_get64(body + PT_INDEX_BEFORE);
            status = list_entries(reader, body, offset, listing, error);
        }
        free(body);
        listing->n_index_blocks++;
        limit = offset;
        offset = before;
    }
    return status;
}

/* Takes the blocks in file order; they may neither overlap nor be fewer than the footer
 * says. */
static enum pt_status take_listing(struct pt_trace_reader *reader,
                                   const struct listing *listing,
                                   struct pt_error *error)
{
    uint64_t end = PT_TRACE_HEADER_BYTES;

    if (listing->n + listing->n_index_blocks != reader->footer.n_blocks)
        return PT_E_DAMAGED;
    for (size_t i = listing->n; i-- > 0;) {
        const struct pt_trace_block *block = &listing->items[i];
        if (block->offset < end)
            return PT_E_DAMAGED;
        end = block->offset + pt_block_extent(block);
        if (!pt_reader_add_block(reader, block))
            return pt_error_set(error, PT_E_MEMORY, "no memory to read %s",
                                reader->path);
    }
    return PT_OK;
}

static bool is_named_unsealed(const char *path)
{
    size_t n = strlen(path), suffix = strlen(PT_TRACE_UNSEALED);
    return n >= suffix && strcmp(path + n - suffix, PT_TRACE_UNSEALED) == 0;
}

enum pt_status pt_reader_find_blocks(struct pt_trace_reader *reader,
                                     struct pt_error *error)
{
    struct listing listing = {0};
    enum pt_status status = read_footer(reader, error);

    if (status != PT_OK)
        return status;
    if (!reader->sealed) {
        if (!is_named_unsealed(reader->path))
            pt_reader_note(reader, "the end of the trace is missing or damaged");
        return pt_reader_scan(reader, error);
    }
    status = follow_chain(reader, &listing, error);
    if (status == PT_OK)
        status = take_listing(reader, &listing, error);
    free(listing.items);
    if (status != PT_E_DAMAGED)
        return status;
    pt_reader_note(reader, "the index is damaged");
    pt_reader_clear_blocks(reader);
    return pt_reader_scan(reader, error);
}
