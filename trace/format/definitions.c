/* Definitions and metadata: read whole when a trace is opened. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "format/reader_state.h"
#include "format/record.h"

enum { FIRST_CHUNK = 4 << 10, LARGEST_CHUNK = 256 << 10 };

struct pt_reader_chunk {
    struct pt_reader_chunk *next;
    char text[];
};

/* The reason that ends the reading; others are damage. Compared by address. */
static const char *const no_memory = "no memory";

/* A copy that lives as long as the reader, NUL-terminated. NULL: no memory. */
static const char *keep(struct pt_reader_arena *arena, const unsigned char *text,
                        size_t bytes)
{
    if (bytes + 1 > arena->left) {
        size_t twice = arena->chunk ? 2 * arena->chunk : FIRST_CHUNK;
        arena->chunk = twice < LARGEST_CHUNK ? twice : LARGEST_CHUNK;
        size_t room = bytes + 1 > arena->chunk ? bytes + 1 : arena->chunk;
        struct pt_reader_chunk *chunk = malloc(sizeof *chunk + room);
        if (!chunk)
            return NULL;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
        arena->free = chunk->text;
        arena->left = room;
    }
    char *copy = arena->free;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    arena->free += bytes + 1;
    arena->left -= bytes + 1;
    return copy;
}

/* Makes room for an id and returns its place, or NULL with the reason. A definition
 * takes at least 16 bytes of its stream, which bounds what an id can be. */
static void *place(const struct pt_trace_reader *reader, void *items, size_t *room,
                   size_t item_bytes, uint32_t id, uint32_t *n, const char **why)
{
    void **array = items;

    *why = "an id beyond all bounds";
    if (id == 0 ||
        id > reader->streams[PT_STREAM_DEFINITIONS].raw_bytes / PT_STRING_BYTES)
        return NULL;
    *why = no_memory;
    if (!pt_reader_grow(array, room, id, item_bytes))
        return NULL;
    *why = NULL;
    if (id > *n)
        *n = id;
    return (char *)*array + (size_t)(id - 1) * item_bytes;
}

static const char *take_string(struct pt_trace_reader *reader,
                               const struct pt_trace_cursor *cursor)
{
    struct pt_reader_definitions *d = &reader->definitions;
    uint32_t id, bytes;
    const char *why;

    if (cursor->record_bytes < PT_STRING_BYTES)
        return "a string record is too short";
    id = pt_get32(cursor->record + PT_STRING_ID);
    bytes = pt_get32(cursor->record + PT_STRING_LENGTH);
    if (bytes > cursor->record_bytes - PT_STRING_BYTES)
        return "a string is longer than its record";
    struct pt_reader_string *s = place(reader, &d->strings, &d->strings_room, sizeof *s,
                                       id, &d->n_strings, &why);
    if (!s || s->text)
        return s ? "a string is defined twice" : why;
    s->text = keep(&reader->arena, cursor->record + PT_STRING_BYTES, bytes);
    s->bytes = bytes;
    return s->text ? NULL : no_memory;
}

static const char *take_function(struct pt_trace_reader *reader,
                                 const struct pt_trace_cursor *cursor)
{
    struct pt_reader_definitions *d = &reader->definitions;
    struct pt_trace_function function, *f;
    uint32_t id;
    const char *why;

    if (cursor->record_bytes < PT_FUNCTION_BYTES)
        return "a function record is too short";
    pt_record_get_function(cursor->record, &id, &function);
    f = place(reader, &d->functions, &d->functions_room, sizeof *f, id, &d->n_functions,
              &why);
    if (f)
        *f = function;
    return why;
}

static const char *take_site(struct pt_trace_reader *reader,
                             const struct pt_trace_cursor *cursor)
{
    struct pt_reader_definitions *d = &reader->definitions;
    struct pt_trace_site site, *s;
    uint32_t id;
    const char *why;

    if (cursor->record_bytes < PT_SITE_BYTES)
        return "a site record is too short";
    pt_record_get_site(cursor->record, &id, &site);
    s = place(reader, &d->sites, &d->sites_room, sizeof *s, id, &d->n_sites, &why);
    if (s)
        *s = site;
    return why;
}

static const char *take_path(struct pt_trace_reader *reader,
                             const struct pt_trace_cursor *cursor)
{
    struct pt_reader_definitions *d = &reader->definitions;
    struct pt_trace_path path, *p;
    uint32_t id;
    const char *why;

    if (cursor->record_bytes < PT_PATH_BYTES)
        return "a path record is too short";
    pt_record_get_path(cursor->record, &id, &path);
    if (path.parent >= id) /* or a chain of paths might never end */
        return "a path stands before its parent";
    p = place(reader, &d->paths, &d->paths_room, sizeof *p, id, &d->n_paths, &why);
    if (p)
        *p = path;
    return why;
}

static const char *take_meta(struct pt_trace_reader *reader,
                             const struct pt_trace_cursor *cursor)
{
    const unsigned char *p = cursor->record;
    struct pt_reader_meta meta, *old = NULL;

    if (cursor->record_bytes < PT_META_BYTES)
        return "a metadata record is too short";
    uint64_t key_bytes = pt_get32(p + PT_META_KEY_BYTES);
    meta.value_bytes = pt_get32(p + PT_META_VALUE_BYTES);
    if (key_bytes + meta.value_bytes > cursor->record_bytes - PT_META_BYTES)
        return "metadata are longer than their record";
    meta.key = keep(&reader->arena, p + PT_META_BYTES, (size_t)key_bytes);
    meta.value = keep(&reader->arena, p + PT_META_BYTES + key_bytes, meta.value_bytes);
    if (!meta.key || !meta.value)
        return no_memory;
    for (size_t i = 0; i < reader->n_metas && !old; i++) {
        if (strcmp(reader->metas[i].key, meta.key) == 0)
            old = &reader->metas[i];
    }
    if (!old) {
        if (!pt_reader_grow((void **)&reader->metas, &reader->metas_room,
                            reader->n_metas + 1, sizeof *reader->metas))
            return no_memory;
        old = &reader->metas[reader->n_metas++];
    }
    *old = meta;
    return NULL;
}

static const char *take_record(struct pt_trace_reader *reader,
                               const struct pt_trace_cursor *cursor)
{
    switch (cursor->type) {
    case PT_RECORD_META:
        return take_meta(reader, cursor);
    case PT_RECORD_STRING:
        return take_string(reader, cursor);
    case PT_RECORD_FUNCTION:
        return take_function(reader, cursor);
    case PT_RECORD_SITE:
        return take_site(reader, cursor);
    case PT_RECORD_PATH:
        return take_path(reader, cursor);
    default:
        return "a record is in a stream where it does not belong";
    }
}

/* PT_E_VERSION and PT_E_MEMORY end the reading; damage is noted. */
static enum pt_status take_records(struct pt_trace_reader *reader,
                                   const unsigned char *body, uint64_t bytes,
                                   struct pt_error *error)
{
    struct pt_trace_cursor cursor = {.body = body, .bytes = bytes};
    enum pt_status status;

    while ((status = pt_trace_cursor_next(&cursor, error)) == PT_OK) {
        const char *why = take_record(reader, &cursor);
        if (why == no_memory)
            return pt_error_set(error, PT_E_MEMORY, "no memory to read %s",
                                reader->path);
        if (why)
            pt_reader_note(reader, "%s", why);
    }
    if (status == PT_E_DAMAGED)
        pt_reader_note(reader, "%s", error->text);
    if (status == PT_E_VERSION)
        return pt_error_prefix(error, "%s", reader->path);
    return PT_OK;
}

static enum pt_status load_stream(struct pt_trace_reader *reader,
                                  const struct pt_reader_blocks *blocks,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    unsigned char *body = NULL;
    size_t room = 0;

    for (size_t i = 0; i < blocks->n && status == PT_OK; i++) {
        const struct pt_trace_block *block = &blocks->items[i];
        if (block->stored_bytes == 0)
            continue; /* lost, and noted */
        if (!pt_reader_grow((void **)&body, &room, (size_t)block->raw_bytes, 1)) {
            status =
                pt_error_set(error, PT_E_MEMORY, "no memory to read %s", reader->path);
            break;
        }
        status = pt_trace_reader_read(reader, block, body, error);
        if (status == PT_E_DAMAGED)
            status = PT_OK; /* noted */
        else if (status == PT_OK)
            status = take_records(reader, body, block->raw_bytes, error);
    }
    free(body);
    return status;
}

enum pt_status pt_reader_load_definitions(struct pt_trace_reader *reader,
                                          struct pt_error *error)
{
    enum pt_status status =
        load_stream(reader, &reader->streams[PT_STREAM_META], error);
    if (status == PT_OK)
        status = load_stream(reader, &reader->streams[PT_STREAM_DEFINITIONS], error);
    return status;
}

void pt_reader_free_definitions(struct pt_trace_reader *reader)
{
    struct pt_reader_definitions *d = &reader->definitions;

    free(d->strings);
    free(d->functions);
    free(d->sites);
    free(d->paths);
    free(reader->metas);
    while (reader->arena.chunks) {
        struct pt_reader_chunk *chunk = reader->arena.chunks;
        reader->arena.chunks = chunk->next;
        free(chunk);
    }
}

uint32_t pt_trace_reader_n_functions(const struct pt_trace_reader *reader)
{
    return reader->definitions.n_functions;
}

uint32_t pt_trace_reader_n_sites(const struct pt_trace_reader *reader)
{
    return reader->definitions.n_sites;
}

uint32_t pt_trace_reader_n_paths(const struct pt_trace_reader *reader)
{
    return reader->definitions.n_paths;
}

const char *pt_trace_reader_string(const struct pt_trace_reader *reader, uint32_t id,
                                   size_t *bytes)
{
    const struct pt_reader_definitions *d = &reader->definitions;
    struct pt_reader_string s = {.text = "", .bytes = 0};

    if (id > 0 && id <= d->n_strings && d->strings[id - 1].text)
        s = d->strings[id - 1];
    if (bytes)
        *bytes = s.bytes;
    return s.text;
}

const struct pt_trace_function *
pt_trace_reader_function(const struct pt_trace_reader *reader, uint32_t id)
{
    static const struct pt_trace_function none;
    const struct pt_reader_definitions *d = &reader->definitions;
    return id > 0 && id <= d->n_functions ? &d->functions[id - 1] : &none;
}

const struct pt_trace_site *pt_trace_reader_site(const struct pt_trace_reader *reader,
                                                 uint32_t id)
{
    static const struct pt_trace_site none;
    const struct pt_reader_definitions *d = &reader->definitions;
    return id > 0 && id <= d->n_sites ? &d->sites[id - 1] : &none;
}

const struct pt_trace_path *pt_trace_reader_path(const struct pt_trace_reader *reader,
                                                 uint32_t id)
{
    static const struct pt_trace_path none;
    const struct pt_reader_definitions *d = &reader->definitions;
    return id > 0 && id <= d->n_paths ? &d->paths[id - 1] : &none;
}

const char *pt_trace_reader_meta(const struct pt_trace_reader *reader, const char *key,
                                 size_t *bytes)
{
    for (size_t i = 0; i < reader->n_metas; i++) {
        if (strcmp(reader->metas[i].key, key) != 0)
            continue;
        if (bytes)
            *bytes = reader->metas[i].value_bytes;
        return reader->metas[i].value;
    }
    return NULL;
}

const char *pt_trace_reader_meta_at(const struct pt_trace_reader *reader, size_t index,
                                    const char **value, size_t *value_bytes)
{
    if (index >= reader->n_metas)
        return NULL;
    if (value)
        *value = reader->metas[index].value;
    if (value_bytes)
        *value_bytes = reader->metas[index].value_bytes;
    return reader->metas[index].key;
}
