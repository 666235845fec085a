#include "intercept/objects.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static size_t slot_of(const PyObject *object, size_t capacity)
{
    uint64_t mixed = (uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);

    return (size_t)(mixed >> 32) & (capacity - 1);
}

static struct pt_object *probe(struct pt_object *slots, size_t capacity,
                               const PyObject *object)
{
    size_t i = slot_of(object, capacity);

    while (slots[i].object && slots[i].object != object)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

void *pt_objects_find(const struct pt_objects *objects, const PyObject *object)
{
    return objects->capacity > 0
               ? probe(objects->slots, objects->capacity, object)->data
               : NULL;
}

static bool make_room(struct pt_objects *objects)
{
    size_t capacity = objects->capacity ? 2 * objects->capacity : 1024;
    struct pt_object *slots;

    if (2 * (objects->n + 1) <= objects->capacity)
        return true;
    slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < objects->capacity; i++)
        if (objects->slots[i].object)
            *probe(slots, capacity, objects->slots[i].object) = objects->slots[i];
    free(objects->slots);
    objects->slots = slots;
    objects->capacity = capacity;
    return true;
}

bool pt_objects_add(struct pt_objects *objects, PyObject *object, void *data)
{
    if (!make_room(objects))
        return false;
    *probe(objects->slots, objects->capacity, object) =
        (struct pt_object){Py_NewRef(object), data};
    objects->n++;
    return true;
}

static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* One name per parameter: what follows it up to the next comma of the same depth is its
 * default, or an annotation. */
size_t pt_signature_names(const char *text, struct pt_name *names, size_t room)
{
    const char *p = text ? text + strspn(text, " \n") : "";
    size_t n = 0;
    int depth = 0;

    p = strpbrk(p, "(\n");
    if (!p || *p != '(')
        return 0;
    for (p++; *p && *p != '\n' && n < room; p++) {
        size_t bytes = 0;

        while (*p == ' ' || *p == '[' || *p == '*' || *p == '$')
            p++;
        while (is_letter(p[bytes]))
            bytes++;
        if (bytes > 0) {
            char *copy = strndup(p, bytes);

            if (!copy)
                break;
            names[n++] = (struct pt_name){copy, bytes, 0};
        }
        for (p += bytes; *p && *p != '\n' && (depth > 0 || (*p != ',' && *p != ')'));
             p++)
            depth += (*p == '(') - (*p == ')' && depth > 0);
        if (*p != ',')
            break;
    }
    return n;
}
