/* Makes trace files by hand, with right checksums around wrong contents. */
#ifndef PT_TEST_FORGE_H
#define PT_TEST_FORGE_H

#include <stddef.h>
#include <stdint.h>

#include "format/format.h"

struct forge {
    unsigned char *bytes;
    size_t n;
};

/* Starts with the model's header; ends with forge_free. */
void forge_start(struct forge *forge);
void forge_load(struct forge *forge, const char *path);
void forge_free(struct forge *forge);
void forge_save(const struct forge *forge, const char *path);

/* Appends a block and returns its offset. */
uint64_t forge_block(struct forge *forge, enum pt_trace_stream stream, uint64_t ordinal,
                     const void *body, size_t bytes, uint64_t records);
/* An index block of `n` entries (the record says `claimed`). */
uint64_t forge_index(struct forge *forge, uint64_t before,
                     const struct pt_trace_block *blocks, size_t n, uint64_t claimed);
void forge_end(struct forge *forge, const struct pt_trace_footer *footer);

/* What the header at `offset` says. */
struct pt_trace_block forge_block_at(const struct forge *forge, uint64_t offset);
/* Offset of the n-th block of a stream, by walking from the start. */
uint64_t forge_find(const struct forge *forge, enum pt_trace_stream stream, size_t n);
/* Makes the checksums right again after the body or the header was changed. */
void forge_reseal_block(struct forge *forge, uint64_t offset);
void forge_reseal_header(struct forge *forge);

#endif
