/* Changing a pointer in the data of a library that is already loaded. */
#ifndef PT_CPYTHON_PATCH_H
#define PT_CPYTHON_PATCH_H

#include <stdbool.h>

/* Stores `value` at `where` (aligned, mapped). A page that cannot be written is opened
 * for the moment of the store. Returns false, with nothing changed, if it cannot be.
 * Thread: caller locks (the GIL, for what only Python reads). */
bool pt_patch_pointer(void **where, void *value);

#endif
