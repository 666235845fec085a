#include "format/block_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "format/block.h"
#include "format/record.h"
#include "format/stage.h"

static void fail(struct pt_block_file *file, const struct pt_error *error)
{
    if (atomic_load_explicit(&file->failed, memory_order_relaxed))
        return;
    file->error = *error;
    atomic_store_explicit(&file->failed, true, memory_order_release);
}

/* The stage is full, or gone: what it holds is copied to the file's own place, where
 * the rest follows. */
static bool move_to_refuge(struct pt_block_file *file)
{
    struct pt_descriptor there = {.fd = -1};
    struct pt_error error;
    char *part = file->refuge && !file->moved ? strdup(file->refuge) : NULL;
    int fd = part ? pt_descriptor_use(&file->descriptor, file->part) : -1;

    if (fd < 0 || pt_stage_copy(fd, file->end, part, &there, &error) != PT_OK) {
        free(part);
        return false;
    }
    (void)pt_descriptor_close(&file->descriptor);
    unlink(file->part);
    free(file->part);
    file->part = part;
    file->descriptor = there;
    file->moved = true;
    return true;
}

/* Writes at the end of the file. What a full disk cut in the middle is taken away
 * again, so that the file ends with a whole block. */
static bool append(struct pt_block_file *file, const void *data, size_t bytes)
{
    struct pt_error error;

    if (atomic_load_explicit(&file->failed, memory_order_relaxed))
        return false;
    int fd = pt_descriptor_use(&file->descriptor, file->part);
    if (fd < 0) {
        pt_error_sys(&error, "cannot write %s", file->part);
        fail(file, &error);
        return false;
    }
    if (pt_write_at(fd, data, bytes, file->end, file->part, &error) != PT_OK) {
        (void)!ftruncate(fd, (off_t)file->end);
        if (move_to_refuge(file))
            return append(file, data, bytes);
        fail(file, &error);
        return false;
    }
    file->end += bytes;
    return true;
}

/* Writes a block: room for its header, which is filled in, and the stored body, with
 * zeros up to 8 behind. */
static bool append_block(struct pt_block_file *file, unsigned char *bytes,
                         struct pt_trace_block *block)
{
    block->offset = file->end;
    pt_block_put(bytes, block);
    if (!append(file, bytes, (size_t)pt_block_extent(block)))
        return false;
    file->n_blocks++;
    return true;
}

/* The same with a body, a multiple of 8 bytes, that is stored as it is. */
static bool append_plain(struct pt_block_file *file, unsigned char *bytes,
                         struct pt_trace_block *block, size_t body_bytes)
{
    block->codec = PT_CODEC_STORED;
    block->stored_bytes = block->raw_bytes = body_bytes;
    block->body_checksum = pt_hash64(bytes + PT_TRACE_BLOCK_HEADER_BYTES, body_bytes);
    return append_block(file, bytes, block);
}

static bool append_index(struct pt_block_file *file)
{
    unsigned char *body = file->index + PT_TRACE_BLOCK_HEADER_BYTES;
    size_t bytes = PT_INDEX_BYTES + file->n_listed * PT_INDEX_ENTRY_BYTES;
    struct pt_trace_block block = {
        .stream = PT_STREAM_INDEX, .ordinal = file->n_index_blocks, .records = 1};

    if (file->n_listed == 0)
        return true;
    pt_record_put_header(body, PT_RECORD_INDEX, 0, (uint32_t)bytes);
    pt_put64(body + PT_INDEX_BEFORE, file->last_index);
    pt_put64(body + PT_INDEX_N_ENTRIES, file->n_listed);
    if (!append_plain(file, file->index, &block, bytes))
        return false;
    file->n_index_blocks++;
    file->last_index = block.offset;
    file->n_listed = 0;
    return true;
}

void pt_block_file_put(struct pt_block_file *file, struct pt_buffer *buffer)
{
    unsigned char *bytes = buffer->body - PT_TRACE_BLOCK_HEADER_BYTES, *packed = NULL;
    unsigned char *entry = file->index + PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_BYTES +
                           file->n_listed * PT_INDEX_ENTRY_BYTES;

    if (file->packer && !pt_block_file_error(file))
        packed = pt_packer_pack(file->packer, buffer->body, buffer->used,
                                &buffer->widths, &buffer->block);
    if (packed ? !append_block(file, packed, &buffer->block)
               : !append_plain(file, bytes, &buffer->block, buffer->used))
        return;
    pt_record_put_entry(entry, &buffer->block);
    if (++file->n_listed == PT_TRACE_INDEX_BLOCKS)
        append_index(file);
}

void pt_block_file_end(struct pt_block_file *file, struct pt_trace_footer *footer)
{
    unsigned char bytes[PT_TRACE_BLOCK_HEADER_BYTES + PT_FOOTER_BYTES];
    unsigned char trailer[PT_TRACE_TRAILER_BYTES];
    struct pt_trace_block block = {.stream = PT_STREAM_FOOTER, .records = 1};
    struct pt_error error;

    if (!append_index(file))
        return;
    footer->last_index = file->last_index;
    footer->n_blocks = file->n_blocks;
    block.first_time = block.last_time = footer->end_time;
    pt_record_put_footer(bytes + PT_TRACE_BLOCK_HEADER_BYTES, footer);
    if (!append_plain(file, bytes, &block, PT_FOOTER_BYTES))
        return;
    pt_trailer_put(trailer, block.offset, file->end + PT_TRACE_TRAILER_BYTES);
    if (append(file, trailer, sizeof trailer) && fsync(file->descriptor.fd) != 0 &&
        errno != EINVAL && errno != EROFS) {
        pt_error_sys(&error, "cannot synchronise %s", file->part);
        fail(file, &error);
    }
}

bool pt_block_file_ask(struct pt_block_file *file)
{
    enum { PAGE = 1 << 16, PIECE = 1 << 22 };
    uint64_t bytes = file->end / PAGE * PAGE - file->asked;

    if (file->end / PAGE * PAGE <= file->asked)
        return false;
    if (bytes > PIECE)
        bytes = PIECE;
    int fd = pt_descriptor_use(&file->descriptor, file->part);
    if (fd < 0)
        return false;
    (void)sync_file_range(fd, (off_t)file->asked, (off_t)bytes,
                          SYNC_FILE_RANGE_WRITE); /* the seal asks for all */
    file->asked += bytes;
    return true;
}

enum pt_status pt_block_file_create(struct pt_block_file *file, const char *part,
                                    enum pt_trace_codec codec, size_t most,
                                    struct pt_error *error)
{
    file->descriptor.fd = -1;
    file->part = strdup(part);
    if (codec == PT_CODEC_LZ4)
        file->packer = pt_packer_create(most);
    if (!file->part || (codec == PT_CODEC_LZ4 && !file->packer))
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", part);
    if (pt_descriptor_create(&file->descriptor, part) == 0)
        return PT_OK;
    return errno == EEXIST
               ? pt_error_set(error, PT_E_EXISTS, "%s is there already", part)
               : pt_error_sys(error, "cannot create %s", part);
}

void pt_block_file_begin(struct pt_block_file *file, const unsigned char *header)
{
    (void)append(file, header, PT_TRACE_HEADER_BYTES);
}

const struct pt_error *pt_block_file_error(const struct pt_block_file *file)
{
    return atomic_load_explicit(&file->failed, memory_order_acquire) ? &file->error
                                                                     : NULL;
}

void pt_block_file_close(struct pt_block_file *file)
{
    struct pt_error closing;

    if (pt_descriptor_close(&file->descriptor) != 0) {
        pt_error_sys(&closing, "cannot close %s", file->part);
        fail(file, &closing);
    }
}

void pt_block_file_free(struct pt_block_file *file)
{
    (void)pt_descriptor_close(&file->descriptor);
    pt_packer_destroy(file->packer);
    free(file->part);
}
