/* A growing array of items of one size, and the map from 64-bit hashes to 64-bit
 * numbers: the two containers that the stages share. Thread: caller locks. */
#ifndef PT_TEAM_ARRAY_H
#define PT_TEAM_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/status.h"
#include "team/memory.h"

struct pt_array {
    void *items; /* owned */
    size_t n, room;
    size_t item_bytes; /* set by the caller before the first push */
};

/* Room for `count` more items at the end, zeroed and counted; NULL: no memory (the
 * array stays as it was). */
void *pt_array_push(struct pt_array *array, size_t count);
/* The same, but what is new is as memory happens to be: for whoever sets all of it. */
static inline void *pt_array_add(struct pt_array *array, size_t count)
{
    if (!array->items || count > array->room - array->n)
        return pt_array_push(array, count);
    char *at = (char *)array->items + array->n * array->item_bytes;
    array->n += count;
    return at;
}
/* Frees the items (pt_memory_free does, where they were taken out); item_bytes stays.
 */
void pt_array_free(struct pt_array *array);
/* "out of memory for <what>", and why, as PT_E_MEMORY. */
enum pt_status pt_no_memory(struct pt_error *error, const char *what);

/* The map of base/map.h in memory that counts (team/memory.h), as pt_map_put_in. */
extern const struct pt_map_memory pt_map_counted;
static inline uint64_t *pt_map_put(struct pt_map *map, uint64_t key, uint64_t fresh,
                                   int *is_new)
{
    return pt_map_put_in(map, &pt_map_counted, key, fresh, is_new);
}

/* One 64-bit hash from two (finaliser of MurmurHash3 over a sum). */
static inline uint64_t pt_mix(uint64_t a, uint64_t b)
{
    uint64_t h = a * UINT64_C(0x9e3779b97f4a7c15) + b + UINT64_C(0x632be59bd9b4e019);
    h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ (h >> 33);
}

#endif
