/* The number slots of numpy.complex128 and numpy.complex64. */
#ifndef PT_FUZZY_COMPLEX_NUMBERS_H
#define PT_FUZZY_COMPLEX_NUMBERS_H

#include <Python.h>

#include "base/status.h"

/* As pt_fuzzy_numbers_install, which is to come before. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_complex_numbers_install(PyTypeObject *complex128,
                                                              PyTypeObject *complex64,
                                                              struct pt_error *error);

#endif
