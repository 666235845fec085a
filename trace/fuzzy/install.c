/* Replaces the loops of numpy's ufuncs. Needs no header of numpy: the two capsules and
 * the numbers used here have one meaning in numpy 1 and 2. */
#include <Python.h>

#include "fuzzy/complex.h"
#include "fuzzy/complex_functions.h"
#include "fuzzy/complex_numbers.h"
#include "fuzzy/functions.h"
#include "fuzzy/fuzzy.h"
#include "fuzzy/loops.h"
#include "fuzzy/numbers.h"
#include "fuzzy/runtime.h"

enum { /* indices into the tables behind the capsules, and numbers of types */
       ARRAY_VERSION = 0,
       ARRAY_FLOAT_SCALAR = 30, /* the types numpy.float32 and numpy.float64 */
       ARRAY_DOUBLE_SCALAR = 31,
       ARRAY_CFLOAT_SCALAR = 33, /* numpy.complex64 and numpy.complex128 */
       ARRAY_CDOUBLE_SCALAR = 34,
       UFUNC_TYPE = 0,
       UFUNC_REPLACE_LOOP = 30,
       TYPE_FLOAT = 11,
       TYPE_DOUBLE = 12,
       TYPE_CFLOAT = 14,
       TYPE_CDOUBLE = 15
};

/* PyArray_GetNDArrayCVersion of numpy 1.x and 2.x. */
enum { ABI_1 = 0x01000009, ABI_2 = 0x02000000 };

typedef int replace_loop_fn(PyObject *ufunc, pt_fuzzy_loop *loop, const int *signature,
                            pt_fuzzy_loop **old);

/* What is needed of a numpy; all borrowed. */
struct numpy {
    PyObject *module;
    PyTypeObject *ufunc_type;
    replace_loop_fn *replace_loop;
};

/* The table behind a capsule of the module; NULL and a message where it is not there.
 * Borrowed from the module. */
static void **capsule_table(PyObject *module, const char *name, struct pt_error *error)
{
    void **table = NULL;
    PyObject *capsule = PyObject_GetAttrString(module, name);
    if (capsule && PyCapsule_CheckExact(capsule))
        table = PyCapsule_GetPointer(capsule, NULL);
    Py_XDECREF(capsule);
    PyErr_Clear();
    if (!table)
        pt_error_set(error, PT_E_VERSION,
                     "this numpy has no %s: its loops stay unperturbed", name);
    return table;
}

/* A loop of ours, and the types of its operands and its result. */
struct replacement {
    const char *ufunc;
    pt_fuzzy_loop *loop;
    int operands, type, result;
};

static const int real_types[] = {TYPE_DOUBLE, TYPE_FLOAT};
static const int complex_types[] = {TYPE_CDOUBLE, TYPE_CFLOAT};

/* Puts the loop in the place of the ufunc's own, which is returned through *old; it is
 * the same one where ours was there already. */
static enum pt_status replace(struct numpy *numpy, const struct replacement *with,
                              pt_fuzzy_loop **old, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    const int signature[] = {
        with->type, with->operands == 2 ? with->type : with->result, with->result};
    PyObject *ufunc = PyObject_GetAttrString(numpy->module, with->ufunc);

    PyErr_Clear();
    *old = NULL;
    if (!ufunc || !PyObject_TypeCheck(ufunc, numpy->ufunc_type))
        status = pt_error_set(error, PT_E_VERSION,
                              "this numpy has no ufunc %s: it stays unperturbed",
                              with->ufunc);
    else if (numpy->replace_loop(ufunc, with->loop, signature, old) != 0 || !*old)
        status = pt_error_set(error, PT_E_VERSION,
                              "numpy.%s has no loop for type %d: it stays unperturbed",
                              with->ufunc, with->type);
    Py_XDECREF(ufunc);
    return status;
}

static int operands_of(unsigned ufunc)
{
    return ufunc == PT_FUZZY_SQRT || ufunc == PT_FUZZY_SQUARE ||
                   ufunc == PT_FUZZY_RECIPROCAL
               ? 1
               : 2;
}

static enum pt_status replace_operations(struct numpy *numpy, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (unsigned u = 0; u < PT_FUZZY_N_UFUNCS; u++)
        for (unsigned f = 0; f < PT_FUZZY_N_FORMATS && status == PT_OK; f++) {
            struct replacement with = {pt_fuzzy_loop_name(u), pt_fuzzy_loop_of(u, f),
                                       operands_of(u), real_types[f], real_types[f]};
            pt_fuzzy_loop *old;
            status = replace(numpy, &with, &old, error);
            if (status == PT_OK && old != with.loop)
                pt_fuzzy_loop_set_original(u, f, old);
            with.loop = pt_fuzzy_complex_loop_of(u, f);
            with.type = with.result = complex_types[f];
            if (status != PT_OK || !with.loop)
                continue;
            status = replace(numpy, &with, &old, error);
            if (status == PT_OK && old != with.loop)
                pt_fuzzy_complex_set_original(u, f, old);
        }
    return status;
}

static enum pt_status replace_functions(struct numpy *numpy, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (unsigned u = 0; u < PT_FUZZY_N_FUNCTIONS; u++)
        for (unsigned f = 0; f < PT_FUZZY_N_FORMATS && status == PT_OK; f++) {
            struct replacement with = {
                pt_fuzzy_function_name(u), pt_fuzzy_function_loop(u, f),
                pt_fuzzy_function_operands(u), real_types[f], real_types[f]};
            pt_fuzzy_loop *old;
            /* numpy computes it in float64 whatever the operands. */
            if (u == PT_FUZZY_FLOAT_POWER && f == PT_FUZZY_BINARY32)
                continue;
            status = replace(numpy, &with, &old, error);
            if (status == PT_OK && old != with.loop)
                pt_fuzzy_function_set_original(u, f, old);
        }
    return status;
}

static enum pt_status replace_complex_functions(struct numpy *numpy,
                                                struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (unsigned u = 0; u < PT_FUZZY_N_COMPLEX_FUNCTIONS; u++)
        for (unsigned f = 0; f < PT_FUZZY_N_FORMATS && status == PT_OK; f++) {
            struct replacement with = {
                pt_fuzzy_complex_function_name(u), pt_fuzzy_complex_function_loop(u, f),
                pt_fuzzy_complex_function_operands(u), complex_types[f],
                u == PT_FUZZY_COMPLEX_ABSOLUTE ? real_types[f] : complex_types[f]};
            pt_fuzzy_loop *old;
            if (u == PT_FUZZY_COMPLEX_FLOAT_POWER && f == PT_FUZZY_BINARY32)
                continue;
            status = replace(numpy, &with, &old, error);
            if (status == PT_OK && old != with.loop)
                pt_fuzzy_complex_function_set_original(u, f, old);
        }
    return status;
}

static enum pt_status check_version(void **array, struct pt_error *error)
{
    unsigned (*version)(void);
    *(void **)&version = array[ARRAY_VERSION];
    unsigned abi = version();
    if (abi != ABI_1 && abi != ABI_2)
        return pt_error_set(error, PT_E_VERSION,
                            "numpy's binary interface %#x is not known here: its loops "
                            "stay unperturbed",
                            abi);
    return PT_OK;
}

enum pt_status pt_fuzzy_numpy_ready(PyObject *umath_module, struct pt_error *error)
{
    if (!(pt_fuzzy_runtime.options.layers & PT_FUZZY_NUMPY))
        return PT_OK;
    void **array = capsule_table(umath_module, "_ARRAY_API", error);
    void **table = array ? capsule_table(umath_module, "_UFUNC_API", error) : NULL;
    if (!table)
        return PT_E_VERSION;
    enum pt_status status = check_version(array, error);
    struct numpy numpy = {.module = umath_module, .ufunc_type = table[UFUNC_TYPE]};
    *(void **)&numpy.replace_loop = table[UFUNC_REPLACE_LOOP];
    if (status == PT_OK)
        status = replace_operations(&numpy, error);
    if (status == PT_OK)
        status = replace_functions(&numpy, error);
    if (status == PT_OK)
        status = replace_complex_functions(&numpy, error);
    if (status == PT_OK)
        status = pt_fuzzy_numbers_install(array[ARRAY_DOUBLE_SCALAR],
                                          array[ARRAY_FLOAT_SCALAR], error);
    if (status == PT_OK)
        status = pt_fuzzy_complex_numbers_install(array[ARRAY_CDOUBLE_SCALAR],
                                                  array[ARRAY_CFLOAT_SCALAR], error);
    if (status == PT_OK)
        pt_fuzzy_layer_installed(PT_FUZZY_NUMPY);
    return status;
}
