#include "fuzzy/library/routines.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 2048 };

/* Filled under the caller's lock; read without it up to n_routines. */
static struct pt_fuzzy_routine routines[ROOM];
static atomic_size_t n_routines;

static const char *library_of(void *real)
{
    Dl_info info;
    const char *path = NULL;
    if (dladdr(real, &info) != 0 && info.dli_fname)
        path = strdup(info.dli_fname); /* kept, for the library may be unloaded */
    return path ? path : "";
}

struct pt_fuzzy_routine *pt_fuzzy_routine_add(const char *name, void *real,
                                              enum pt_fuzzy_layer layer)
{
    size_t count = atomic_load(&n_routines);
    for (size_t i = 0; i < count; i++)
        if (routines[i].real == real && strcmp(routines[i].name, name) == 0)
            return &routines[i];
    if (count == ROOM)
        return NULL;
    struct pt_fuzzy_routine *routine = &routines[count];
    snprintf(routine->name, sizeof routine->name, "%s", name);
    routine->library = library_of(real);
    routine->layer = layer;
    routine->real = real;
    atomic_store(&n_routines, count + 1);
    return routine;
}

size_t pt_fuzzy_routines_count(void)
{
    return atomic_load(&n_routines);
}

const struct pt_fuzzy_routine *pt_fuzzy_routine(size_t i)
{
    return &routines[i];
}

static bool was_used(enum pt_fuzzy_way way)
{
    for (size_t i = 0; i < pt_fuzzy_routines_count(); i++)
        if (routines[i].layer == PT_FUZZY_BLAS && atomic_load(&routines[i].calls[way]))
            return true;
    return false;
}

void pt_fuzzy_ways_text(char *text, size_t size)
{
    static const enum pt_fuzzy_way ways[] = {PT_FUZZY_WAY_SR, PT_FUZZY_WAY_MODEL,
                                             PT_FUZZY_WAY_BACKWARD,
                                             PT_FUZZY_WAY_INSIDE};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!was_used(ways[i]) || used >= size)
            continue;
        int n = snprintf(text + used, size - used, "%s%s", used ? "," : "",
                         pt_fuzzy_way_name(ways[i]));
        used += n > 0 ? (size_t)n : 0;
    }
}

const char *pt_fuzzy_way_name(enum pt_fuzzy_way way)
{
    static const char *const names[] = {
        [PT_FUZZY_WAY_BOUNDARY] = "boundary", [PT_FUZZY_WAY_SR] = "sr",
        [PT_FUZZY_WAY_MODEL] = "model",       [PT_FUZZY_WAY_BACKWARD] = "backward",
        [PT_FUZZY_WAY_INSIDE] = "inside",     [PT_FUZZY_WAY_EXACT] = "exact",
        [PT_FUZZY_WAY_LEFT] = "left",
    };
    return names[way];
}
