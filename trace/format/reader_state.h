/* What a reader is made of: shared by the files of the reader, by nobody else. */
#ifndef PT_TRACE_READER_STATE_H
#define PT_TRACE_READER_STATE_H

#include "format/packed.h"
#include "format/reader.h"

enum {
    PT_READER_STREAMS = PT_STREAM_PAYLOADS + 1,
    PT_READER_VALUE_SLOTS = 3,
    PT_READER_PAYLOAD_SLOTS = 6,
    PT_READER_SLOTS = PT_READER_VALUE_SLOTS + PT_READER_PAYLOAD_SLOTS
};

/* Blocks of one stream, by ordinal. */
struct pt_reader_blocks {
    struct pt_trace_block *items;
    size_t n, room;
    uint64_t raw_bytes; /* of all of them: what bounds what they can hold */
};

struct pt_reader_string {
    const char *text; /* NUL-terminated, in the arena; NULL: not defined */
    size_t bytes;
};

/* Definitions by id − 1. */
struct pt_reader_definitions {
    struct pt_reader_string *strings;
    struct pt_trace_function *functions;
    struct pt_trace_site *sites;
    struct pt_trace_path *paths;
    uint32_t n_strings, n_functions, n_sites, n_paths;
    size_t strings_room, functions_room, sites_room, paths_room;
};

struct pt_reader_meta {
    const char *key, *value; /* in the arena */
    size_t value_bytes;
};

/* Memory for texts that live as long as the reader. */
struct pt_reader_arena {
    struct pt_reader_chunk *chunks;
    char *free;
    size_t left, chunk; /* bytes of the last chunk: the next is twice as large */
};

/* Memory for a body as it is stored, packed. */
struct pt_reader_packed {
    unsigned char *bytes;
    size_t room;
};

/* A decoded block that is kept for a while. Of a packed one the chunks are decoded as
 * they are asked for, and what is stored is kept until all are. */
struct pt_reader_slot {
    const struct pt_trace_block *block; /* NULL: empty */
    unsigned char *body;
    size_t room;
    struct pt_reader_packed packed;
    uint32_t n_packed; /* chunks that are still to be decoded */
    bool is_decoded[PT_PACKED_MOST_CHUNKS];
    unsigned pins;  /* walks that stand in it */
    bool held;      /* views stand in it */
    uint64_t stamp; /* of the last use */
};

struct pt_trace_reader {
    char *path;
    int fd; /* −1 while parked */
    uint64_t size, bytes_read, opens;
    struct pt_trace_header header;
    struct pt_trace_footer footer;
    bool sealed;
    char damage[512];
    struct pt_reader_blocks streams[PT_READER_STREAMS];
    uint64_t n_lost;
    struct pt_reader_arena arena;
    struct pt_reader_definitions definitions;
    struct pt_reader_meta *metas;
    size_t n_metas, metas_room;
    struct pt_reader_slot slots[PT_READER_SLOTS];
    uint64_t stamp;
    uint64_t walked_bytes;         /* of the stream of values, in all walks */
    bool asked_beyond;             /* the block asked for last is none of the trace's */
    struct pt_reader_packed spare; /* so that reading in order allocates once */
};

/* Notes a damage: the first one is kept. */
void pt_reader_note(struct pt_trace_reader *reader, const char *format, ...)
    PT_PRINTF(2, 3);

/* Reads up to `bytes` bytes at `offset`, reopening the file if need be. */
PT_MUST_CHECK enum pt_status pt_reader_pread(struct pt_trace_reader *reader, void *data,
                                             size_t bytes, uint64_t offset, size_t *got,
                                             struct pt_error *error);

/* Appends one item to an array that grows by doubling; false: no memory. */
PT_MUST_CHECK bool pt_reader_grow(void **items, size_t *room, size_t need,
                                  size_t item_bytes);

/* index.c: fills `sealed`, `footer` and `streams`. Damage is noted; only PT_E_IO and
 * PT_E_MEMORY are failures. */
PT_MUST_CHECK enum pt_status pt_reader_find_blocks(struct pt_trace_reader *reader,
                                                   struct pt_error *error);

/* scan.c: the same from the headers of the blocks, where there is no index. */
PT_MUST_CHECK enum pt_status pt_reader_scan(struct pt_trace_reader *reader,
                                            struct pt_error *error);

/* index.c: puts a block behind those of its stream, with entries for lost ones between.
 * False: no memory. A block that cannot be there is noted and left out. */
PT_MUST_CHECK bool pt_reader_add_block(struct pt_trace_reader *reader,
                                       const struct pt_trace_block *block);
void pt_reader_clear_blocks(struct pt_trace_reader *reader);

/* definitions.c: reads both streams. Damage is noted. */
PT_MUST_CHECK enum pt_status pt_reader_load_definitions(struct pt_trace_reader *reader,
                                                        struct pt_error *error);
void pt_reader_free_definitions(struct pt_trace_reader *reader);

/* slots.c: forgets the decoded blocks, or all but the last of values and of payloads.
 */
void pt_reader_drop_slots(struct pt_trace_reader *reader, bool keep_last);

/* slots.c: the slot of a block of a stream, read if need be; valid until the next call
 * unless the slot is pinned or held. Where it is packed, nothing in it is decoded but
 * what pt_reader_decode has been asked for. */
PT_MUST_CHECK enum pt_status
pt_reader_fetch(struct pt_trace_reader *reader, enum pt_trace_stream stream,
                uint64_t ordinal, struct pt_reader_slot **slot, struct pt_error *error);

/* slots.c: bytes [from, from + bytes) of the slot's body, as far as it goes, are
 * decoded after it. PT_E_DAMAGED: one of their chunks is damaged. */
PT_MUST_CHECK enum pt_status pt_reader_decode(struct pt_trace_reader *reader,
                                              struct pt_reader_slot *slot,
                                              uint64_t from, uint64_t bytes,
                                              struct pt_error *error);

/* reader.c: reads the stored body of a block, and verifies it, or of a packed one its
 * table. `body` has room for pt_block_body_extent. */
PT_MUST_CHECK enum pt_status pt_reader_read_stored(struct pt_trace_reader *reader,
                                                   const struct pt_trace_block *block,
                                                   unsigned char *body,
                                                   struct pt_error *error);

/* reader.c: chunk k of a packed block whose stored body has been read. */
PT_MUST_CHECK enum pt_status pt_reader_unpack(struct pt_trace_reader *reader,
                                              const struct pt_trace_block *block,
                                              const unsigned char *stored, uint32_t k,
                                              unsigned char *body,
                                              struct pt_error *error);

/* reader.c: room for the stored body of a block, the spare one if it will do;
 * PT_E_MEMORY. And back. */
PT_MUST_CHECK enum pt_status pt_reader_take_packed(struct pt_trace_reader *reader,
                                                   const struct pt_trace_block *block,
                                                   struct pt_reader_packed *packed,
                                                   struct pt_error *error);
void pt_reader_return_packed(struct pt_trace_reader *reader,
                             struct pt_reader_packed *packed);

#endif
