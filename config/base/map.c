#include "base/map.h"

#include <stdlib.h>

#include "base/bytes.h"

static const struct pt_map_memory heap = {calloc, free};

static size_t home_of(const struct pt_map *map, uint64_t key)
{
    return (size_t)pt_splitmix64(&key) & (map->room - 1);
}

/* The slot of the key, or the empty one where it would go. */
static struct pt_map_slot *slot_of(const struct pt_map *map, uint64_t key)
{
    size_t s = home_of(map, key);

    while (map->slots[s].used && map->slots[s].key != key)
        s = (s + 1) & (map->room - 1);
    return &map->slots[s];
}

static bool grow(struct pt_map *map, const struct pt_map_memory *memory)
{
    struct pt_map larger = {
        .memory = memory, .n = map->n, .room = map->room ? map->room * 2 : 64};

    larger.slots = memory->get(larger.room, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t s = 0; s < map->room; s++)
        if (map->slots[s].used)
            *slot_of(&larger, map->slots[s].key) = map->slots[s];
    pt_map_free(map);
    *map = larger;
    return true;
}

/* Keeps the table at most 5/8 full. */
uint64_t *pt_map_put_in(struct pt_map *map, const struct pt_map_memory *memory,
                        uint64_t key, uint64_t fresh, int *is_new)
{
    if (map->n >= map->room / 8 * 5 && !grow(map, memory ? memory : &heap))
        return NULL;
    struct pt_map_slot *slot = slot_of(map, key);
    if (is_new)
        *is_new = !slot->used;
    if (!slot->used) {
        *slot = (struct pt_map_slot){.key = key, .value = fresh, .used = true};
        map->n++;
    }
    return &slot->value;
}

bool pt_map_set(struct pt_map *map, uint64_t key, uint64_t value)
{
    uint64_t *place = pt_map_put_in(map, NULL, key, value, NULL);

    if (place)
        *place = value;
    return place != NULL;
}

uint64_t *pt_map_get(const struct pt_map *map, uint64_t key)
{
    if (!map->room)
        return NULL;
    struct pt_map_slot *slot = slot_of(map, key);
    return slot->used ? &slot->value : NULL;
}

/* Slots behind the gap move into it unless that would put them before their home. */
bool pt_map_remove(struct pt_map *map, uint64_t key)
{
    size_t mask = map->room - 1;

    if (!pt_map_get(map, key))
        return false;
    size_t gap = (size_t)(slot_of(map, key) - map->slots);
    for (size_t s = (gap + 1) & mask; map->slots[s].used; s = (s + 1) & mask) {
        size_t home = home_of(map, map->slots[s].key);
        if (((s - home) & mask) < ((s - gap) & mask))
            continue;
        map->slots[gap] = map->slots[s];
        gap = s;
    }
    map->slots[gap].used = false;
    map->n--;
    return true;
}

void pt_map_free(struct pt_map *map)
{
    if (map->slots)
        map->memory->release(map->slots);
    *map = (struct pt_map){0};
}
