#include "team/array.h"

#include <string.h>

/* Large arrays grow where they are, by this much: what is not used yet counts as
 * memory too. */
#define GROWTH_BYTES ((size_t)16 << 20)

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

const struct pt_map_memory pt_map_counted = {pt_memory_get, pt_memory_free};
