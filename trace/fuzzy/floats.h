/* The layer `python`: arithmetic of float and complex objects, builtin sum, math. */
#ifndef PT_FUZZY_FLOATS_H
#define PT_FUZZY_FLOATS_H

#include <Python.h>
#include <stdbool.h>

#include "base/status.h"
#include "fuzzy/scalar.h"

/* Puts the slots in place and proves that additions in a loop reach them; what fails is
 * taken back. A second call changes nothing. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_floats_install(struct pt_error *error);

/* The same for `sum` and the functions of `math`. */
PT_MUST_CHECK enum pt_status pt_fuzzy_builtins_install(struct pt_error *error);

/* Builtin `sum`, and Python's own one, which is to be set before (the GIL). */
typedef PyObject *pt_sum_fn(PyObject *module, PyObject *const *args, Py_ssize_t n,
                            PyObject *names);
extern pt_sum_fn *pt_fuzzy_own_sum;
pt_sum_fn pt_fuzzy_sum_of;

/* The slots of complex objects: puts ours in place, takes them back (the GIL). */
void pt_fuzzy_complex_slots_put(void);
void pt_fuzzy_complex_slots_take_back(void);

/* The stream to draw from for an operation that an instruction of the program asked
 * for; NULL where it was something else: compute as IEEE does. */
struct pt_fuzzy_stream *pt_fuzzy_float_stream(void);

/* As float's own slots convert an operand; false where they refuse it. */
bool pt_fuzzy_float_value(PyObject *object, double *value);

/* `a op b` for the layer's own; `stream` is the thread's. */
double pt_fuzzy_float_operation(struct pt_fuzzy_stream *stream, unsigned operation,
                                double a, double b);

#endif
