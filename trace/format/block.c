#include "format/block.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "format/packed.h"

static_assert(PT_HEADER_CHECKSUM + 8 == PT_TRACE_HEADER_BYTES, "header of FORMAT.md");
static_assert(PT_HEADER_DIRECTORY + PT_TRACE_PROGRAM_BYTES <= PT_HEADER_CHECKSUM,
              "texts of the header");
static_assert(PT_BLOCK_CHECKSUM + 8 == PT_TRACE_BLOCK_HEADER_BYTES, "block header");
static_assert(PT_TRAILER_CHECKSUM + 8 == PT_TRACE_TRAILER_BYTES, "trailer");

/* Copies up to room − 1 bytes of the text; the rest of the room is zero already. */
static void put_text(unsigned char *p, const char *text, size_t room)
{
    memcpy(p, text, strnlen(text, room - 1));
}

static void get_text(char *text, const unsigned char *p, size_t room)
{
    memcpy(text, p, room);
    text[room - 1] = '\0';
}

void pt_header_put(unsigned char p[PT_TRACE_HEADER_BYTES],
                   const struct pt_trace_header *header)
{
    memset(p, 0, PT_TRACE_HEADER_BYTES);
    memcpy(p + PT_HEADER_MAGIC, PT_TRACE_MAGIC, 8);
    pt_put16(p + PT_HEADER_MAJOR, PT_TRACE_MAJOR);
    pt_put16(p + PT_HEADER_MINOR, PT_TRACE_MINOR);
    pt_put32(p + PT_HEADER_SIZE, PT_TRACE_HEADER_BYTES);
    pt_put64(p + PT_HEADER_CREATED_NS, (uint64_t)header->created_ns);
    pt_put64(p + PT_HEADER_RUN_ID, header->run_id);
    pt_put64(p + PT_HEADER_SEED, header->seed);
    pt_put32(p + PT_HEADER_FLAGS, header->flags);
    pt_put32(p + PT_HEADER_PID, header->pid);
    pt_put32(p + PT_HEADER_ROLE_KIND, header->role_kind);
    pt_put32(p + PT_HEADER_ROLE_RANK, header->role_rank);
    put_text(p + PT_HEADER_EXPERIMENT_ID, header->experiment_id, PT_TRACE_ID_BYTES);
    put_text(p + PT_HEADER_HOST, header->host, PT_TRACE_ID_BYTES);
    put_text(p + PT_HEADER_ROLE_PATH, header->role_path, PT_TRACE_ID_BYTES);
    put_text(p + PT_HEADER_PROGRAM, header->program, PT_TRACE_PROGRAM_BYTES);
    put_text(p + PT_HEADER_DIRECTORY, header->directory, PT_TRACE_PROGRAM_BYTES);
    pt_put64(p + PT_HEADER_CHECKSUM, pt_hash64(p, PT_HEADER_CHECKSUM));
}

enum pt_status pt_header_get(const unsigned char p[PT_TRACE_HEADER_BYTES],
                             struct pt_trace_header *header, struct pt_error *error)
{
    if (memcmp(p + PT_HEADER_MAGIC, PT_TRACE_MAGIC, 8) != 0)
        return pt_error_set(error, PT_E_FORMAT, "not a trace of pytracer");
    header->major = pt_get16(p + PT_HEADER_MAJOR);
    header->minor = pt_get16(p + PT_HEADER_MINOR);
    if (header->major != PT_TRACE_MAJOR)
        return pt_error_set(error, PT_E_VERSION,
                            "a trace of version %u.%u, and this program reads %d.x: "
                            "use the pytracer that wrote it",
                            header->major, header->minor, PT_TRACE_MAJOR);
    if (pt_get64(p + PT_HEADER_CHECKSUM) != pt_hash64(p, PT_HEADER_CHECKSUM) ||
        pt_get32(p + PT_HEADER_SIZE) != PT_TRACE_HEADER_BYTES)
        return pt_error_set(error, PT_E_DAMAGED, "the header is damaged");
    header->created_ns = (int64_t)pt_get64(p + PT_HEADER_CREATED_NS);
    header->run_id = pt_get64(p + PT_HEADER_RUN_ID);
    header->seed = pt_get64(p + PT_HEADER_SEED);
    header->flags = pt_get32(p + PT_HEADER_FLAGS);
    header->pid = pt_get32(p + PT_HEADER_PID);
    header->role_kind = pt_get32(p + PT_HEADER_ROLE_KIND);
    header->role_rank = pt_get32(p + PT_HEADER_ROLE_RANK);
    get_text(header->experiment_id, p + PT_HEADER_EXPERIMENT_ID, PT_TRACE_ID_BYTES);
    get_text(header->host, p + PT_HEADER_HOST, PT_TRACE_ID_BYTES);
    get_text(header->role_path, p + PT_HEADER_ROLE_PATH, PT_TRACE_ID_BYTES);
    get_text(header->program, p + PT_HEADER_PROGRAM, PT_TRACE_PROGRAM_BYTES);
    get_text(header->directory, p + PT_HEADER_DIRECTORY, PT_TRACE_PROGRAM_BYTES);
    return PT_OK;
}

void pt_block_put(unsigned char p[PT_TRACE_BLOCK_HEADER_BYTES],
                  const struct pt_trace_block *block)
{
    pt_put32(p + PT_BLOCK_MAGIC, PT_TRACE_BLOCK_MAGIC);
    pt_put16(p + PT_BLOCK_STREAM, block->stream);
    pt_put16(p + PT_BLOCK_CODEC, block->codec);
    pt_put64(p + PT_BLOCK_ORDINAL, block->ordinal);
    pt_put64(p + PT_BLOCK_FIRST_TIME, block->first_time);
    pt_put64(p + PT_BLOCK_LAST_TIME, block->last_time);
    pt_put64(p + PT_BLOCK_STORED_BYTES, block->stored_bytes);
    pt_put64(p + PT_BLOCK_RAW_BYTES, block->raw_bytes);
    pt_put64(p + PT_BLOCK_RECORDS, block->records);
    pt_put64(p + PT_BLOCK_BODY_CHECKSUM, block->body_checksum);
    pt_put64(p + PT_BLOCK_RESERVED, 0);
    pt_put64(p + PT_BLOCK_CHECKSUM, pt_hash64(p, PT_BLOCK_CHECKSUM));
}

bool pt_block_get(const unsigned char p[PT_TRACE_BLOCK_HEADER_BYTES],
                  struct pt_trace_block *block)
{
    if (pt_get32(p + PT_BLOCK_MAGIC) != PT_TRACE_BLOCK_MAGIC ||
        pt_get64(p + PT_BLOCK_CHECKSUM) != pt_hash64(p, PT_BLOCK_CHECKSUM))
        return false;
    block->stream = pt_get16(p + PT_BLOCK_STREAM);
    block->codec = pt_get16(p + PT_BLOCK_CODEC);
    block->ordinal = pt_get64(p + PT_BLOCK_ORDINAL);
    block->first_time = pt_get64(p + PT_BLOCK_FIRST_TIME);
    block->last_time = pt_get64(p + PT_BLOCK_LAST_TIME);
    block->stored_bytes = pt_get64(p + PT_BLOCK_STORED_BYTES);
    block->raw_bytes = pt_get64(p + PT_BLOCK_RAW_BYTES);
    block->records = pt_get64(p + PT_BLOCK_RECORDS);
    block->body_checksum = pt_get64(p + PT_BLOCK_BODY_CHECKSUM);
    return pt_block_plausible(block);
}

bool pt_block_plausible(const struct pt_trace_block *block)
{
    const uint64_t most = PT_TRACE_BLOCK_LIMIT - PT_TRACE_BLOCK_HEADER_BYTES;

    if (block->stored_bytes == 0 || block->stored_bytes > most ||
        block->raw_bytes > most || block->ordinal > UINT32_MAX)
        return false;
    if (block->codec == PT_CODEC_STORED)
        return block->raw_bytes == block->stored_bytes && block->raw_bytes % 8 == 0;
    if (block->codec == PT_CODEC_LZ4)
        return block->raw_bytes % 8 == 0 && block->stored_bytes < block->raw_bytes &&
               block->raw_bytes / PT_PACKED_MOST_TIMES < block->stored_bytes;
    return true; /* a codec of a later minor version: whoever reads it is told */
}

uint64_t pt_block_body_extent(const struct pt_trace_block *block)
{
    return pt_align8(block->stored_bytes);
}

uint64_t pt_block_extent(const struct pt_trace_block *block)
{
    return PT_TRACE_BLOCK_HEADER_BYTES + pt_block_body_extent(block);
}

void pt_trailer_put(unsigned char p[PT_TRACE_TRAILER_BYTES], uint64_t footer,
                    uint64_t length)
{
    memcpy(p + PT_TRAILER_MAGIC, PT_TRACE_TRAILER, 8);
    pt_put64(p + PT_TRAILER_FOOTER, footer);
    pt_put64(p + PT_TRAILER_LENGTH, length);
    pt_put64(p + PT_TRAILER_CHECKSUM, pt_hash64(p, PT_TRAILER_CHECKSUM));
}

bool pt_trailer_get(const unsigned char p[PT_TRACE_TRAILER_BYTES], uint64_t *footer,
                    uint64_t *length)
{
    *footer = pt_get64(p + PT_TRAILER_FOOTER);
    *length = pt_get64(p + PT_TRAILER_LENGTH);
    return memcmp(p + PT_TRAILER_MAGIC, PT_TRACE_TRAILER, 8) == 0 &&
           pt_get64(p + PT_TRAILER_CHECKSUM) == pt_hash64(p, PT_TRAILER_CHECKSUM);
}
