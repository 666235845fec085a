/* Replaces the loops of numpy's ufuncs. Needs no header of numpy: the two capsules and
 * the numbers used here have one meaning in numpy 1 and 2. */
#include <Python.h>

#include "fuzzy/fuzzy.h"
#include "fuzzy/loops.h"
#include "fuzzy/runtime.h"

enum { /* indices into the tables behind the capsules, and numbers of types */
       ARRAY_VERSION = 0,
       UFUNC_TYPE = 0,
       UFUNC_REPLACE_LOOP = 30,
       TYPE_FLOAT = 11,
       TYPE_DOUBLE = 12
};

/* PyArray_GetNDArrayCVersion of numpy 1.x and 2.x. */
enum { ABI_1 = 0x01000009, ABI_2 = 0x02000000 };

typedef int replace_loop_fn(PyObject *ufunc, pt_fuzzy_loop *loop, const int *signature,
                            pt_fuzzy_loop **old);

static const struct entry {
    const char *name;
    enum pt_fuzzy_operation operation;

} entries[] = {
    {"add", PT_FUZZY_ADD},           {"subtract", PT_FUZZY_SUBTRACT},
    {"multiply", PT_FUZZY_MULTIPLY}, {"divide", PT_FUZZY_DIVIDE},
    {"sqrt", PT_FUZZY_SQRT},
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

static enum pt_status replace(replace_loop_fn *replace_loop, PyObject *ufunc,
                              const struct entry *entry, enum pt_fuzzy_format format,
                              struct pt_error *error)
{
    int type = format == PT_FUZZY_BINARY64 ? TYPE_DOUBLE : TYPE_FLOAT;
    const int signature[] = {type, type, type};
    pt_fuzzy_loop *loop = pt_fuzzy_loop_of(entry->operation, format), *old = NULL;

    if (replace_loop(ufunc, loop, signature, &old) != 0 || !old)
        return pt_error_set(
            error, PT_E_VERSION, "numpy.%s has no loop for %s: it stays unperturbed",
            entry->name, format == PT_FUZZY_BINARY64 ? "float64" : "float32");
    /* Ours was there already: the original is known, and must not become ours. */
    if (old != loop)
        pt_fuzzy_loop_set_original(entry->operation, format, old);
    return PT_OK;
}

static enum pt_status replace_both(replace_loop_fn *replace_loop, PyTypeObject *type,
                                   PyObject *module, const struct entry *entry,
                                   struct pt_error *error)
{
    enum pt_status status = PT_OK;
    PyObject *ufunc = PyObject_GetAttrString(module, entry->name);
    PyErr_Clear();
    if (!ufunc || !PyObject_TypeCheck(ufunc, type))
        status = pt_error_set(error, PT_E_VERSION,
                              "this numpy has no ufunc %s: it stays unperturbed",
                              entry->name);
    if (status == PT_OK)
        status = replace(replace_loop, ufunc, entry, PT_FUZZY_BINARY64, error);
    if (status == PT_OK)
        status = replace(replace_loop, ufunc, entry, PT_FUZZY_BINARY32, error);
    Py_XDECREF(ufunc);
    return status;
}

static enum pt_status check_version(PyObject *module, struct pt_error *error)
{
    void **array = capsule_table(module, "_ARRAY_API", error);
    if (!array)
        return PT_E_VERSION;
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
    enum pt_status status = check_version(umath_module, error);
    void **table =
        status == PT_OK ? capsule_table(umath_module, "_UFUNC_API", error) : NULL;
    if (!table)
        return PT_E_VERSION;
    PyTypeObject *type = table[UFUNC_TYPE];
    replace_loop_fn *replace_loop;
    *(void **)&replace_loop = table[UFUNC_REPLACE_LOOP];
    for (size_t i = 0; i < PT_ARRAY_LENGTH(entries) && status == PT_OK; i++)
        status = replace_both(replace_loop, type, umath_module, &entries[i], error);
    if (status == PT_OK)
        pt_fuzzy_layer_installed(PT_FUZZY_NUMPY);
    return status;
}
