/* numpy's arrays, scalars and ufuncs as they lie in memory, for numpy 1.x and 2.x, read
 * without numpy's headers: one binary serves both. numpy is found when its extension
 * module appears; until then nothing is an array. Under the GIL. */
#ifndef PT_CPYTHON_NUMPY_ABI_H
#define PT_CPYTHON_NUMPY_ABI_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Takes numpy's tables from its extension module, known under one of two names
 * ("numpy.core._multiarray_umath", "numpy._core._multiarray_umath"). PT_E_UNSUPPORTED:
 * an ABI that this file does not know; then nothing of numpy is recognised. Leaves no
 * exception. */
PT_MUST_CHECK enum pt_status pt_numpy_open(PyObject *module, struct pt_error *error);
bool pt_numpy_is_core(const char *module_name);
bool pt_numpy_is_open(void);

/* Elements that lie at regular distances in memory: an array, or a numpy scalar (no
 * dimensions). Pointers are borrowed from the object. */
struct pt_elements {
    const char *data;
    int ndim;
    const Py_ssize_t *shape, *strides; /* strides in bytes */
    PyObject *dtype;                   /* the descriptor; NULL for a scalar */
    char kind;                         /* numpy's letter: b i u f c m M O S U V … */
    uint32_t item_bytes;
    bool swapped;    /* not in the machine's byte order */
    bool contiguous; /* C order, without holes */
    bool writeable;
    bool exact; /* of numpy's own array type, and not of objects */
};

/* Fills *elements if `object` is an array (or of a subclass) / a numpy scalar of a
 * number, time or bool type. */
bool pt_numpy_array(PyObject *object, struct pt_elements *elements);
bool pt_numpy_scalar(PyObject *object, struct pt_elements *elements);
bool pt_numpy_is_generic(PyObject *object); /* a numpy scalar of any type */
/* The i-th type of the scalars of real or complex floating-point numbers; NULL behind
 * the last, and until numpy is there. Borrowed. */
PyTypeObject *pt_numpy_float_type(size_t i);

/* Fields of a structured dtype: the number of them (0: not structured), and the i-th
 * one as elements within those of the whole. */
Py_ssize_t pt_numpy_n_fields(const struct pt_elements *elements);
bool pt_numpy_field(const struct pt_elements *elements, Py_ssize_t i, PyObject **name,
                    struct pt_elements *field);

/* Ufuncs. */
bool pt_numpy_is_ufunc(PyObject *object);
PyTypeObject *pt_numpy_ufunc_type(void); /* NULL until numpy is there; borrowed */
struct pt_ufunc_shape {
    int n_inputs, n_outputs;
    const char *name; /* borrowed from the ufunc */
};
struct pt_ufunc_shape pt_numpy_ufunc_shape(PyObject *ufunc);
/* Its loops: the i-th of n is called with data[i], and serves the types (numpy's
 * numbers for them) from types[i * (n_inputs + n_outputs)] on. The tables may be those
 * of other ufuncs too. Borrowed. */
struct pt_ufunc_loops {
    void **functions, **data;
    const char *types;
    int n;
};
struct pt_ufunc_loops pt_numpy_ufunc_loops(PyObject *ufunc);
/* Gives it other tables, of as many; they are never freed. */
void pt_numpy_ufunc_set_loops(PyObject *ufunc, void **functions, void **data);
/* Where the ufunc keeps the function that serves its calls, operators included; NULL if
 * this numpy has no such place. */
vectorcallfunc *pt_numpy_ufunc_entry(PyObject *ufunc);

#endif
