/* A map from 64-bit keys to 64-bit values that grows as it must. For the checker; the
 * writer has a bounded table of its own. Thread: caller locks. */
#ifndef PT_TRACE_MAP_H
#define PT_TRACE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_map_entry {
    uint64_t key, value;
    bool used;
};

/* Starts as zeros; ends with pt_map_clear. */
struct pt_map {
    struct pt_map_entry *entries; /* linear probing, n_slots a power of two */
    size_t n_slots, count;
};

/* Adds the key or replaces its value. False: no memory. */
PT_MUST_CHECK bool pt_map_put(struct pt_map *map, uint64_t key, uint64_t value);
/* The value of a key, or NULL. Borrowed until the next put or remove. */
uint64_t *pt_map_find(const struct pt_map *map, uint64_t key);
/* Removes a key; false if it was not there. */
bool pt_map_remove(struct pt_map *map, uint64_t key);
void pt_map_clear(struct pt_map *map);

#endif
