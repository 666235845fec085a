#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/block.h"
#include "format/packed.h"
#include "format/record.h"
#include "model.h"

static unsigned char *grow(struct forge *forge, size_t bytes)
{
    forge->bytes = realloc(forge->bytes, forge->n + bytes);
    assert_non_null(forge->bytes);
    unsigned char *p = forge->bytes + forge->n;
    memset(p, 0, bytes);
    forge->n += bytes;
    return p;
}

void forge_start(struct forge *forge)
{
    struct pt_trace_header header;

    *forge = (struct forge){0};
    model_header(&header);
    pt_header_put(grow(forge, PT_TRACE_HEADER_BYTES), &header);
}

void forge_load(struct forge *forge, const char *path)
{
    char *data;
    size_t n;

    assert_int_equal(pt_file_read(path, (size_t)1 << 30, &data, &n, NULL), PT_OK);
    *forge = (struct forge){.bytes = (unsigned char *)data, .n = n};
}

void forge_free(struct forge *forge)
{
    free(forge->bytes);
    *forge = (struct forge){0};
}

void forge_save(const struct forge *forge, const char *path)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(forge->bytes, 1, forge->n, file), forge->n);
    assert_int_equal(fclose(file), 0);
}

uint64_t forge_block(struct forge *forge, enum pt_trace_stream stream, uint64_t ordinal,
                     const void *body, size_t bytes, uint64_t records)
{
    struct pt_trace_block block = {.stream = (uint16_t)stream,
                                   .ordinal = ordinal,
                                   .first_time = 1,
                                   .last_time = 1000,
                                   .stored_bytes = bytes,
                                   .raw_bytes = bytes,
                                   .records = records,
                                   .body_checksum = pt_hash64(body, bytes)};
    uint64_t offset = forge->n;
    unsigned char *p =
        grow(forge, (size_t)pt_align8(PT_TRACE_BLOCK_HEADER_BYTES + bytes));

    pt_block_put(p, &block);
    memcpy(p + PT_TRACE_BLOCK_HEADER_BYTES, body, bytes);
    return offset;
}

uint64_t forge_index(struct forge *forge, uint64_t before,
                     const struct pt_trace_block *blocks, size_t n, uint64_t claimed)
{
    size_t bytes = PT_INDEX_BYTES + n * PT_INDEX_ENTRY_BYTES;
    unsigned char *body = calloc(1, bytes);

    assert_non_null(body);
    pt_record_put_header(body, PT_RECORD_INDEX, 0, (uint32_t)bytes);
    pt_put64(body + PT_INDEX_BEFORE, before);
    pt_put64(body + PT_INDEX_N_ENTRIES, claimed);
    for (size_t i = 0; i < n; i++)
        pt_record_put_entry(body + PT_INDEX_BYTES + i * PT_INDEX_ENTRY_BYTES,
                            &blocks[i]);
    uint64_t offset = forge_block(forge, PT_STREAM_INDEX, 0, body, bytes, 1);
    free(body);
    return offset;
}

void forge_end(struct forge *forge, const struct pt_trace_footer *footer)
{
    unsigned char body[PT_FOOTER_BYTES];

    pt_record_put_footer(body, footer);
    uint64_t offset = forge_block(forge, PT_STREAM_FOOTER, 0, body, sizeof body, 1);
    unsigned char *p = grow(forge, PT_TRACE_TRAILER_BYTES);
    pt_trailer_put(p, offset, forge->n);
}

struct pt_trace_block forge_block_at(const struct forge *forge, uint64_t offset)
{
    struct pt_trace_block block = {.offset = offset};
    assert_true(pt_block_get(forge->bytes + offset, &block));
    return block;
}

uint64_t forge_find(const struct forge *forge, enum pt_trace_stream stream, size_t n)
{
    for (uint64_t offset = PT_TRACE_HEADER_BYTES; offset < forge->n;) {
        struct pt_trace_block block = forge_block_at(forge, offset);
        if (block.stream == stream && n-- == 0)
            return offset;
        offset += pt_block_extent(&block);
    }
    fail_msg("no such block");
    return 0;
}

void forge_reseal_block(struct forge *forge, uint64_t offset)
{
    unsigned char *p = forge->bytes + offset;
    uint64_t bytes = pt_get64(p + PT_BLOCK_STORED_BYTES);

    if (pt_get16(p + PT_BLOCK_CODEC) == PT_CODEC_LZ4) /* the table alone */
        bytes = PT_PACKED_ENTRY * pt_packed_n_chunks(pt_get64(p + PT_BLOCK_RAW_BYTES));
    if (bytes <= forge->n - offset - PT_TRACE_BLOCK_HEADER_BYTES)
        pt_put64(p + PT_BLOCK_BODY_CHECKSUM,
                 pt_hash64(p + PT_TRACE_BLOCK_HEADER_BYTES, (size_t)bytes));
    pt_put64(p + PT_BLOCK_CHECKSUM, pt_hash64(p, PT_BLOCK_CHECKSUM));
}

void forge_reseal_header(struct forge *forge)
{
    pt_put64(forge->bytes + PT_HEADER_CHECKSUM,
             pt_hash64(forge->bytes, PT_HEADER_CHECKSUM));
}
