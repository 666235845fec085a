#include "pickle/node.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 << 10 };

struct pt_pickle_chunk {
    struct pt_pickle_chunk *before;
    size_t bytes;
    _Alignas(16) unsigned char data[];
};

void *pt_pickle_take(struct pt_pickle_room *room, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if (bytes > room->most || room->bytes > room->most - bytes)
        return NULL;
    if (!room->chunks || room->chunks->bytes - room->used < bytes) {
        size_t size = bytes > CHUNK ? bytes : CHUNK;
        struct pt_pickle_chunk *chunk = calloc(1, sizeof *chunk + size);
        if (!chunk)
            return NULL;
        *chunk = (struct pt_pickle_chunk){room->chunks, size};
        room->chunks = chunk;
        room->used = 0;
    }
    void *at = room->chunks->data + room->used;
    room->used += bytes;
    room->bytes += bytes;
    return at;
}

void pt_pickle_room_free(struct pt_pickle_room *room)
{
    while (room->chunks) {
        struct pt_pickle_chunk *chunk = room->chunks;
        room->chunks = chunk->before;
        free(chunk);
    }
    room->used = 0;
    room->bytes = 0;
}

bool pt_pickle_push(struct pt_pickle_room *room, struct pt_pickle_node *many,
                    struct pt_pickle_node *item)
{
    if (many->many.n == many->many.room) {
        size_t more = many->many.room ? 2 * many->many.room : 4;
        struct pt_pickle_node **items = pt_pickle_take(room, more * sizeof *items);
        if (!items)
            return false;
        if (many->many.n)
            memcpy(items, many->many.items, many->many.n * sizeof *items);
        many->many.items = items;
        many->many.room = more;
    }
    many->many.items[many->many.n++] = item;
    return true;
}

const struct pt_pickle_node *pt_pickle_dict(const struct pt_pickle_node *node)
{
    if (node->kind == PT_PICKLE_OBJECT)
        return node->object->dict;
    return node->kind == PT_PICKLE_DICT ? node : NULL;
}

const struct pt_pickle_node *pt_pickle_attributes(const struct pt_pickle_node *node)
{
    const struct pt_pickle_node *state =
        node->kind == PT_PICKLE_OBJECT ? node->object->state : NULL;
    if (state && state->kind == PT_PICKLE_TUPLE && state->many.n == 2)
        state = state->many.items[1]->kind == PT_PICKLE_DICT ? state->many.items[1]
                                                             : state->many.items[0];
    return state && state->kind == PT_PICKLE_DICT ? state : NULL;
}

static const struct pt_pickle_node *find(const struct pt_pickle_source *source,
                                         const struct pt_pickle_node *dict,
                                         const char *key)
{
    size_t bytes = strlen(key), got;
    char text[64];
    if (!dict)
        return NULL;
    for (size_t i = dict->many.n & ~(size_t)1; i >= 2; i -= 2) {
        const struct pt_pickle_node *name = dict->many.items[i - 2];
        if ((name->kind == PT_PICKLE_TEXT || name->kind == PT_PICKLE_BYTES) &&
            pt_pickle_text(source, name, text, sizeof text, &got, NULL) == PT_OK &&
            got == bytes && memcmp(text, key, bytes) == 0)
            return dict->many.items[i - 1];
    }
    return NULL;
}

const struct pt_pickle_node *pt_pickle_get(const struct pt_pickle_source *source,
                                           const struct pt_pickle_node *node,
                                           const char *key)
{
    const struct pt_pickle_node *value = find(source, pt_pickle_dict(node), key);
    return value ? value : find(source, pt_pickle_attributes(node), key);
}

const char *pt_pickle_name(const struct pt_pickle_node *node)
{
    if (node->kind == PT_PICKLE_OBJECT)
        node = node->object->callable;
    return node && node->kind == PT_PICKLE_GLOBAL ? node->name : "";
}
