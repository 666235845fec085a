/* The arithmetic of numpy's scalar objects, which does not go through loops: the number
 * slots of numpy.float64 and numpy.float32. */
#ifndef PT_FUZZY_NUMBERS_H
#define PT_FUZZY_NUMBERS_H

#include <Python.h>
#include <stdbool.h>

#include "base/status.h"
#include "fuzzy/operation.h"

/* The layout that numpy documents for PyDoubleScalarObject and PyFloatScalarObject; the
 * first is that of PyFloatObject too. */
struct pt_fuzzy_float64_object {
    PyObject_HEAD double value;
};
struct pt_fuzzy_float32_object {
    PyObject_HEAD float value;
};

/* Puts slots in place that call numpy's own, for errors, warnings and the type of the
 * result, and round the result anew. A second call changes nothing. Types of other
 * names are PT_E_VERSION. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_numbers_install(PyTypeObject *float64,
                                                      PyTypeObject *float32,
                                                      struct pt_error *error);

/* The value of an operand that numpy takes as it is: a scalar of either type, a Python
 * float, an integer that a double holds. False: none of these. Caller locks (the GIL).
 */
bool pt_fuzzy_number_value(PyObject *object, double *value);

/* The format of a result of either type that was made for us and that nobody else has
 * seen; false: it is none. Caller locks (the GIL). */
bool pt_fuzzy_number_is_fresh(PyObject *result, enum pt_fuzzy_format *format);

#endif
