/* Functions for method definitions and types' slots. These name a C function and carry
 * no data for it, so each one that is intercepted gets a function of its own, which
 * does nothing but pass its number on: they lie ready in the program's text, so that no
 * memory needs to be made executable. */
#ifndef PT_INTERCEPT_THUNKS_H
#define PT_INTERCEPT_THUNKS_H

#include <Python.h>

enum { PT_THUNKS = 8192 };

/* The address of thunk `number` (from 0), NULL where this machine's code is not known
 * or the number is beyond PT_THUNKS. */
void *pt_thunk(unsigned number);

/* What every thunk calls: its five arguments, as many as the longest of CPython's
 * calling conventions has, and its number. Defined in builtins.c. */
void *pt_thunk_call(void *a, void *b, void *c, void *d, void *e, unsigned number);

#endif
