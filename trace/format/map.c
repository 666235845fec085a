#include "format/map.h"

#include <stdlib.h>

#include "base/bytes.h"

static size_t home_of(const struct pt_map *map, uint64_t key)
{
    return (size_t)pt_splitmix64(&key) & (map->n_slots - 1);
}

/* The slot of the key, or the empty one where it would go. */
static size_t slot_of(const struct pt_map *map, uint64_t key)
{
    size_t s = home_of(map, key);
    while (map->entries[s].used && map->entries[s].key != key)
        s = (s + 1) & (map->n_slots - 1);
    return s;
}

static bool grow(struct pt_map *map)
{
    struct pt_map larger = {.n_slots = map->n_slots ? map->n_slots * 2 : 64,
                            .count = map->count};

    larger.entries = calloc(larger.n_slots, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < map->n_slots; i++) {
        if (map->entries[i].used)
            larger.entries[slot_of(&larger, map->entries[i].key)] = map->entries[i];
    }
    free(map->entries);
    *map = larger;
    return true;
}

bool pt_map_put(struct pt_map *map, uint64_t key, uint64_t value)
{
    if (map->count * 4 >= map->n_slots * 3 && !grow(map))
        return false;
    struct pt_map_entry *entry = &map->entries[slot_of(map, key)];
    map->count += !entry->used;
    *entry = (struct pt_map_entry){.key = key, .value = value, .used = true};
    return true;
}

uint64_t *pt_map_find(const struct pt_map *map, uint64_t key)
{
    if (!map->n_slots)
        return NULL;
    struct pt_map_entry *entry = &map->entries[slot_of(map, key)];
    return entry->used ? &entry->value : NULL;
}

/* Entries behind the gap move into it unless that would put them before their home. */
bool pt_map_remove(struct pt_map *map, uint64_t key)
{
    size_t mask = map->n_slots - 1;

    if (!pt_map_find(map, key))
        return false;
    size_t gap = slot_of(map, key);
    for (size_t s = (gap + 1) & mask; map->entries[s].used; s = (s + 1) & mask) {
        size_t home = home_of(map, map->entries[s].key);
        if (((s - home) & mask) < ((s - gap) & mask))
            continue;
        map->entries[gap] = map->entries[s];
        gap = s;
    }
    map->entries[gap].used = false;
    map->count--;
    return true;
}

void pt_map_clear(struct pt_map *map)
{
    free(map->entries);
    *map = (struct pt_map){0};
}
