/* One number for the contents of a trace, from the checksums that it carries. */
#include <stdlib.h>

#include "base/bytes.h"
#include "format/block.h"
#include "format/reader_state.h"

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Where the blocks stand, in their order in the file. The caller frees *offsets. */
static enum pt_status list_offsets(const struct pt_trace_reader *reader,
                                   uint64_t **offsets, size_t *n,
                                   struct pt_error *error)
{
    size_t all = 0;

    for (size_t s = 0; s < PT_READER_STREAMS; s++)
        all += reader->streams[s].n;
    *n = 0;
    *offsets = malloc((all + 1) * sizeof **offsets);
    if (!*offsets)
        return pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
    for (size_t s = 0; s < PT_READER_STREAMS; s++)
        for (size_t i = 0; i < reader->streams[s].n; i++)
            if (reader->streams[s].items[i].stored_bytes)
                (*offsets)[(*n)++] = reader->streams[s].items[i].offset;
    qsort(*offsets, *n, sizeof **offsets, ascending);
    return PT_OK;
}

static enum pt_status add_bytes(struct pt_trace_reader *reader, uint64_t offset,
                                size_t bytes, struct pt_hash_state *state,
                                struct pt_error *error)
{
    unsigned char data[PT_TRACE_BLOCK_HEADER_BYTES] = {0};
    size_t got;
    enum pt_status status = pt_reader_pread(reader, data, bytes, offset, &got, error);

    if (status == PT_OK)
        pt_hash_add(state, data, bytes);
    return status;
}

enum pt_status pt_trace_reader_checksum(struct pt_trace_reader *reader,
                                        uint64_t *checksum, struct pt_error *error)
{
    struct pt_hash_state state;
    unsigned char size[8];
    uint64_t *offsets = NULL;
    size_t n = 0;
    enum pt_status status = list_offsets(reader, &offsets, &n, error);

    pt_hash_begin(&state);
    pt_put64(size, reader->size);
    pt_hash_add(&state, size, sizeof size);
    if (status == PT_OK)
        status = add_bytes(reader, PT_HEADER_CHECKSUM, 8, &state, error);
    for (size_t i = 0; status == PT_OK && i < n; i++)
        status =
            add_bytes(reader, offsets[i], PT_TRACE_BLOCK_HEADER_BYTES, &state, error);
    free(offsets);
    *checksum = pt_hash_end(&state).low;
    return status;
}
