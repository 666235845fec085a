#include "format/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/block.h"
#include "format/reader_state.h"

void pt_reader_note(struct pt_trace_reader *reader, const char *format, ...)
{
    va_list args;

    if (reader->damage[0])
        return;
    va_start(args, format);
    vsnprintf(reader->damage, sizeof reader->damage, format, args);
    va_end(args);
}

bool pt_reader_grow(void **items, size_t *room, size_t need, size_t item_bytes)
{
    size_t larger = *room ? *room : 16;

    if (need <= *room)
        return true;
    while (larger < need)
        larger *= 2;
    void *moved = realloc(*items, larger * item_bytes);
    if (!moved)
        return false;
    memset((char *)moved + *room * item_bytes, 0, (larger - *room) * item_bytes);
    *items = moved;
    *room = larger;
    return true;
}

/* A FIFO would block an ordinary open for ever; what is not a regular file is refused
 * after it. */
static enum pt_status open_file(struct pt_trace_reader *reader, struct pt_error *error)
{
    struct stat st;

    reader->opens++;
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return errno == ENOENT ? pt_error_set(error, PT_E_MISSING,
                                              "%s: there is no such file", reader->path)
                               : pt_error_sys(error, "cannot open %s", reader->path);
    if (fstat(reader->fd, &st) != 0)
        return pt_error_sys(error, "cannot examine %s", reader->path);
    if (!S_ISREG(st.st_mode))
        return pt_error_set(error, PT_E_FORMAT, "%s: not a trace but a %s",
                            reader->path,
                            S_ISDIR(st.st_mode) ? "folder" : "special file");
    reader->size = (uint64_t)st.st_size;
    return PT_OK;
}

enum pt_status pt_reader_pread(struct pt_trace_reader *reader, void *data, size_t bytes,
                               uint64_t offset, size_t *got, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t size = reader->size;

    *got = 0;
    if (reader->fd < 0) {
        status = open_file(reader, error);
        if (status == PT_OK && reader->size < size)
            pt_reader_note(reader, "the file has become shorter while it was read");
        reader->size = size; /* what was written since is not looked at */
    }
    if (status == PT_OK)
        status = pt_read_at(reader->fd, data, bytes, offset, got, reader->path, error);
    reader->bytes_read += *got;
    return status;
}

static enum pt_status read_header(struct pt_trace_reader *reader,
                                  struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_HEADER_BYTES] = {0};
    size_t got;
    enum pt_status status =
        pt_reader_pread(reader, bytes, sizeof bytes, 0, &got, error);

    if (status != PT_OK)
        return status;
    if (got == 0)
        return pt_error_set(error, PT_E_FORMAT, "%s: an empty file", reader->path);
    if (got < sizeof bytes) {
        bool ours = memcmp(bytes, PT_TRACE_MAGIC, got < 8 ? got : 8) == 0;
        return pt_error_set(error, ours ? PT_E_DAMAGED : PT_E_FORMAT,
                            ours ? "%s: cut off within the header"
                                 : "%s: not a trace of pytracer",
                            reader->path);
    }
    status = pt_header_get(bytes, &reader->header, error);
    return status == PT_OK ? PT_OK : pt_error_prefix(error, "%s", reader->path);
}

enum pt_status pt_trace_reader_open(const char *path, struct pt_trace_reader **result,
                                    struct pt_error *error)
{
    struct pt_error ours;
    struct pt_error *why = error ? error : &ours;
    enum pt_status status;
    struct pt_trace_reader *reader = calloc(1, sizeof *reader);

    if (!reader || !(reader->path = strdup(path))) {
        free(reader);
        return pt_error_set(why, PT_E_MEMORY, "no memory to read %s", path);
    }
    status = open_file(reader, why);
    if (status == PT_OK)
        status = read_header(reader, why);
    if (status == PT_OK)
        status = pt_reader_find_blocks(reader, why);
    if (status == PT_OK)
        status = pt_reader_load_definitions(reader, why);
    if (status != PT_OK)
        pt_trace_reader_close(reader);
    else
        *result = reader;
    return status;
}

void pt_trace_reader_close(struct pt_trace_reader *reader)
{
    if (!reader)
        return;
    pt_trace_reader_release(reader);
    pt_reader_drop_slots(reader, false);
    pt_reader_free_definitions(reader);
    pt_reader_clear_blocks(reader);
    free(reader->spare.bytes);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->path);
    free(reader);
}

void pt_trace_reader_park(struct pt_trace_reader *reader, bool keep_last)
{
    pt_reader_drop_slots(reader, keep_last);
    free(reader->spare.bytes);
    reader->spare = (struct pt_reader_packed){0};
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
}

const char *pt_trace_reader_file(const struct pt_trace_reader *reader)
{
    return reader->path;
}

const struct pt_trace_header *
pt_trace_reader_header(const struct pt_trace_reader *reader)
{
    return &reader->header;
}

bool pt_trace_reader_sealed(const struct pt_trace_reader *reader)
{
    return reader->sealed;
}

const struct pt_trace_footer *
pt_trace_reader_footer(const struct pt_trace_reader *reader)
{
    return reader->sealed ? &reader->footer : NULL;
}

const char *pt_trace_reader_damage(const struct pt_trace_reader *reader)
{
    return reader->damage[0] ? reader->damage : NULL;
}

uint64_t pt_trace_reader_bytes(const struct pt_trace_reader *reader)
{
    return reader->size;
}

uint64_t pt_trace_reader_opens(const struct pt_trace_reader *reader)
{
    return reader->opens;
}

uint64_t pt_trace_reader_bytes_read(const struct pt_trace_reader *reader)
{
    return reader->bytes_read;
}

static bool is_kept(enum pt_trace_stream stream)
{
    return (unsigned)stream >= PT_STREAM_META && (unsigned)stream < PT_READER_STREAMS;
}

size_t pt_trace_reader_n_blocks(const struct pt_trace_reader *reader,
                                enum pt_trace_stream stream)
{
    return is_kept(stream) ? reader->streams[stream].n : 0;
}

const struct pt_trace_block *pt_trace_reader_block(const struct pt_trace_reader *reader,
                                                   enum pt_trace_stream stream,
                                                   size_t ordinal)
{
    if (ordinal >= pt_trace_reader_n_blocks(reader, stream))
        return NULL;
    return &reader->streams[stream].items[ordinal];
}

/* What the header of a block says must be what the index said of it. */
static bool same_block(const struct pt_trace_block *a, const struct pt_trace_block *b)
{
    return a->stream == b->stream && a->codec == b->codec && a->ordinal == b->ordinal &&
           a->stored_bytes == b->stored_bytes && a->raw_bytes == b->raw_bytes;
}

/* The body of a block and the checksum of its first `hashed` bytes, slice by slice:
 * each slice is still in a cache when it is hashed. */
static enum pt_status read_body(struct pt_trace_reader *reader, unsigned char *body,
                                size_t bytes, size_t hashed, uint64_t offset,
                                size_t *got, uint64_t *checksum, struct pt_error *error)
{
    enum { SLICE = 1 << 18 };
    struct pt_hash_state state;
    enum pt_status status = PT_OK;
    size_t n = 0;

    pt_hash_begin(&state);
    for (*got = 0; status == PT_OK && *got < bytes; *got += n) {
        size_t left = bytes - *got, want = left < SLICE ? left : SLICE;
        status = pt_reader_pread(reader, body + *got, want, offset + *got, &n, error);
        size_t to_hash = *got < hashed ? hashed - *got : 0;
        pt_hash_add(&state, body + *got, n < to_hash ? n : to_hash);
        if (n < want) {
            *got += n;
            break;
        }
    }
    *checksum = pt_hash64_end(&state);
    return status;
}

/* Says where the damage is: block and byte, and which part of the block. */
static enum pt_status damaged(struct pt_trace_reader *reader,
                              const struct pt_trace_block *block, const char *part,
                              struct pt_error *error)
{
    char text[160];

    snprintf(text, sizeof text,
             "%sblock %" PRIu64 " of stream %u (at byte %" PRIu64 ") is damaged", part,
             block->ordinal, block->stream, block->offset);
    pt_reader_note(reader, "%s", text);
    return pt_error_set(error, PT_E_DAMAGED, "%s: %s", reader->path, text);
}

enum pt_status pt_reader_read_stored(struct pt_trace_reader *reader,
                                     const struct pt_trace_block *block,
                                     unsigned char *body, struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_BLOCK_HEADER_BYTES];
    struct pt_trace_block found;
    size_t body_bytes = (size_t)pt_block_body_extent(block), hashed = body_bytes;
    size_t got = 0, body_got = 0;
    uint64_t checksum = 0;
    enum pt_status status;

    if (block->stored_bytes == 0)
        return pt_error_set(error, PT_E_DAMAGED,
                            "%s: block %" PRIu64 " of stream %u is lost", reader->path,
                            block->ordinal, block->stream);
    if (block->codec > PT_CODEC_LZ4)
        return pt_error_set(error, PT_E_VERSION,
                            "%s: a block is packed by codec %u, which this program "
                            "does not know: use a newer pytracer",
                            reader->path, block->codec);
    if (block->codec == PT_CODEC_LZ4)
        hashed = PT_PACKED_ENTRY * pt_packed_n_chunks(block->raw_bytes);
    status = pt_reader_pread(reader, bytes, sizeof bytes, block->offset, &got, error);
    if (status == PT_OK)
        status = read_body(reader, body, body_bytes, hashed,
                           block->offset + sizeof bytes, &body_got, &checksum, error);
    if (status != PT_OK)
        return status;
    if (got == sizeof bytes && body_got == body_bytes && pt_block_get(bytes, &found) &&
        same_block(&found, block) && found.body_checksum == checksum &&
        (block->codec == PT_CODEC_STORED || pt_packed_table_holds(block, body)))
        return PT_OK;
    return damaged(reader, block, "", error);
}

enum pt_status pt_reader_unpack(struct pt_trace_reader *reader,
                                const struct pt_trace_block *block,
                                const unsigned char *stored, uint32_t k,
                                unsigned char *body, struct pt_error *error)
{
    char part[40];

    if (pt_packed_unpack(block, stored, k, body))
        return PT_OK;
    snprintf(part, sizeof part, "chunk %" PRIu32 " of ", k);
    return damaged(reader, block, part, error);
}

enum pt_status pt_reader_take_packed(struct pt_trace_reader *reader,
                                     const struct pt_trace_block *block,
                                     struct pt_reader_packed *packed,
                                     struct pt_error *error)
{
    size_t bytes = (size_t)pt_block_body_extent(block);

    *packed = reader->spare;
    reader->spare = (struct pt_reader_packed){0};
    if (packed->room >= bytes)
        return PT_OK;
    free(packed->bytes);
    *packed = (struct pt_reader_packed){.bytes = malloc(bytes), .room = bytes};
    if (packed->bytes)
        return PT_OK;
    packed->room = 0;
    return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
}

void pt_reader_return_packed(struct pt_trace_reader *reader,
                             struct pt_reader_packed *packed)
{
    if (packed->room > reader->spare.room) {
        free(reader->spare.bytes);
        reader->spare = *packed;
    } else {
        free(packed->bytes);
    }
    *packed = (struct pt_reader_packed){0};
}

enum pt_status pt_trace_reader_read(struct pt_trace_reader *reader,
                                    const struct pt_trace_block *block,
                                    unsigned char *body, struct pt_error *error)
{
    struct pt_reader_packed packed;

    if (block->codec != PT_CODEC_LZ4)
        return pt_reader_read_stored(reader, block, body, error);
    enum pt_status status = pt_reader_take_packed(reader, block, &packed, error);
    if (status == PT_OK)
        status = pt_reader_read_stored(reader, block, packed.bytes, error);
    uint32_t n = pt_packed_n_chunks(block->raw_bytes);
    for (uint32_t k = 0; k < n && status == PT_OK; k++)
        status = pt_reader_unpack(reader, block, packed.bytes, k, body, error);
    pt_reader_return_packed(reader, &packed);
    return status;
}
