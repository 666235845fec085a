/* Callable objects of compiled code that are recorded, found by their address when they
 * are called. Guarded by the GIL. */
#ifndef PT_INTERCEPT_OBJECTS_H
#define PT_INTERCEPT_OBJECTS_H

#include "intercept/runtime.h"

/* What is known of one object; `data` is the user's. */
struct pt_object {
    PyObject *object; /* strong: what is hooked lives as long as the process */
    void *data;
};

/* Open addressing, by address. Start with zeros. */
struct pt_objects {
    struct pt_object *slots;
    size_t n, capacity; /* a power of two */
};

/* The data of `object`, NULL if it is not there. */
void *pt_objects_find(const struct pt_objects *objects, const PyObject *object);
/* Adds one that is not there. False: no memory. */
bool pt_objects_add(struct pt_objects *objects, PyObject *object, void *data);

/* The parameters of a signature as texts write it: "dgesv(a,b,[overwrite_a])" or
 * "x,info = dgesv(…)" or "dot(a, b, /, out=None)". Names into `names` (copies that live
 * as long as the process), at most `room`; returns their number. */
size_t pt_signature_names(const char *text, struct pt_name *names, size_t room);

#endif
