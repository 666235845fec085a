/* A map from 64-bit keys to 64-bit values that grows as it must. The trace's writer has
 * a bounded table of its own. Thread: caller locks. */
#ifndef PT_BASE_MAP_H
#define PT_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_map_slot {
    uint64_t key, value;
    bool used;
};

/* Where the slots live. `get`: zeroed, NULL: no memory. */
struct pt_map_memory {
    void *(*get)(size_t n, size_t item_bytes);
    void (*release)(void *memory);
};

/* Starts as zeros; ends with pt_map_free. */
struct pt_map {
    struct pt_map_slot *slots;          /* owned; linear probing */
    const struct pt_map_memory *memory; /* of the slots */
    size_t n, room;                     /* room: a power of two, or 0 */
};

/* The value of a key, inserted as `fresh` if it is new (*is_new tells; may be NULL).
 * `memory`, which outlives the map, is the same in all calls; NULL: the heap. NULL: no
 * memory. Borrowed until the next insertion or removal. */
uint64_t *pt_map_put_in(struct pt_map *map, const struct pt_map_memory *memory,
                        uint64_t key, uint64_t fresh, int *is_new);
/* Adds the key or replaces its value, on the heap. False: no memory. */
PT_MUST_CHECK bool pt_map_set(struct pt_map *map, uint64_t key, uint64_t value);
/* The value of a key, or NULL. Borrowed until the next insertion or removal. */
uint64_t *pt_map_get(const struct pt_map *map, uint64_t key);
/* Removes a key; false if it was not there. */
bool pt_map_remove(struct pt_map *map, uint64_t key);
void pt_map_free(struct pt_map *map);

#endif
