/* The layer `python`: arithmetic of float and complex objects, builtin sum, math. */
#ifndef PT_FUZZY_FLOATS_H
#define PT_FUZZY_FLOATS_H

#include <Python.h>

#include "base/status.h"
#include "fuzzy/scalar.h"

/* Puts the slots in place and proves that additions in a loop reach them; what fails is
 * taken back. A second call changes nothing. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_floats_install(struct pt_error *error);

/* The same for `sum` and the functions of `math`. */
PT_MUST_CHECK enum pt_status pt_fuzzy_builtins_install(struct pt_error *error);

/* `a op b` for the layer's own; `stream` is the thread's. */
double pt_fuzzy_float_operation(struct pt_fuzzy_stream *stream, unsigned operation,
                                double a, double b);

#endif
