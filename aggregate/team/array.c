#include "team/array.h"

#include <string.h>

/* Large arrays grow where they are, by this much. */
#define GROWTH_BYTES ((size_t)64 << 20)

void *pt_array_push(struct pt_array *array, size_t count)
{
    if (count > array->room - array->n || !array->items) {
        size_t more = array->room / 2;
        if (more * array->item_bytes > GROWTH_BYTES)
            more = GROWTH_BYTES / array->item_bytes + 1;
        size_t room = array->room < 16 ? 16 : array->room + more;
        if (room < array->n + count)
            room = array->n + count;
        void *items = pt_memory_resize(array->items, array->room * array->item_bytes,
                                       room, array->item_bytes);
        if (!items)
            return NULL;
        array->items = items;
        array->room = room;
    }
    char *at = (char *)array->items + array->n * array->item_bytes;
    memset(at, 0, count * array->item_bytes);
    array->n += count;
    return at;
}

void pt_array_free(struct pt_array *array)
{
    pt_memory_free(array->items);
    array->items = NULL;
    array->n = array->room = 0;
}

enum pt_status pt_no_memory(struct pt_error *error, const char *what)
{
    return pt_error_set(error, PT_E_MEMORY, "out of memory for %s%s", what,
                        pt_memory_reason());
}

static struct pt_map_slot *slot_of(const struct pt_map *map, uint64_t key)
{
    size_t at = (size_t)pt_mix(key, 0) & (map->room - 1);
    while (map->slots[at].used && map->slots[at].key != key)
        at = (at + 1) & (map->room - 1);
    return &map->slots[at];
}

/* Keeps the table at most 5/8 full. */
static int map_grow(struct pt_map *map)
{
    struct pt_map larger = {.room = map->room ? map->room * 2 : 64, .n = map->n};
    larger.slots = pt_memory_get(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return -1;
    for (size_t i = 0; i < map->room; i++)
        if (map->slots[i].used)
            *slot_of(&larger, map->slots[i].key) = map->slots[i];
    pt_memory_free(map->slots);
    *map = larger;
    return 0;
}

uint64_t *pt_map_put(struct pt_map *map, uint64_t key, uint64_t fresh, int *is_new)
{
    if (map->n >= map->room / 8 * 5 && map_grow(map))
        return NULL;
    struct pt_map_slot *slot = slot_of(map, key);
    if (is_new)
        *is_new = !slot->used;
    if (!slot->used) {
        *slot = (struct pt_map_slot){.key = key, .value = fresh, .used = 1};
        map->n++;
    }
    return &slot->value;
}

const uint64_t *pt_map_get(const struct pt_map *map, uint64_t key)
{
    if (!map->room)
        return NULL;
    const struct pt_map_slot *slot = slot_of(map, key);
    return slot->used ? &slot->value : NULL;
}

void pt_map_free(struct pt_map *map)
{
    pt_memory_free(map->slots);
    *map = (struct pt_map){0};
}
