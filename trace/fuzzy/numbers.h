/* The arithmetic of numpy's scalar objects, which does not go through loops: the number
 * slots of numpy.float64 and numpy.float32. */
#ifndef PT_FUZZY_NUMBERS_H
#define PT_FUZZY_NUMBERS_H

#include <Python.h>

#include "base/status.h"

/* Puts slots in place that call numpy's own, for errors, warnings and the type of the
 * result, and round the result anew. A second call changes nothing. Types of other
 * names are PT_E_VERSION. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_numbers_install(PyTypeObject *float64,
                                                      PyTypeObject *float32,
                                                      struct pt_error *error);

#endif
