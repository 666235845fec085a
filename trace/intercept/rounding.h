/* The ways into the layer `rounding` (fuzzy/rounding/rounding.h): which calls of
 * compiled code run in a mode that is drawn. builtins.c and f2py.c ask here; the loops
 * of ufuncs are taken care of here. Guarded by the GIL. */
#ifndef PT_INTERCEPT_ROUNDING_H
#define PT_INTERCEPT_ROUNDING_H

#include <Python.h>

#include "fuzzy/rounding/rounding.h"

/* True once pt_intercept_rounding has been called. */
bool pt_rounding_is_on(void);

/* Whether functions of the module are rounded, and the one of that name. */
bool pt_rounding_module(const char *module);
bool pt_rounding_function(const char *module, const char *function);

#endif
