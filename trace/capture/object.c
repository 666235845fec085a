/* Objects, by the attributes they hold themselves. Properties are code of the program,
 * so they are not asked for. scipy's sparse matrices are objects whose arrays are
 * marked as such. */
#include <string.h>

#include "capture/parts.h"
#include "cpython/attributes.h"

/* Objects with attributes that say nothing of values; numpy's mark of an argument that
 * was not given is one, and stands in each of its reductions several times. */
static bool is_plumbing(PyObject *value)
{
    return strcmp(Py_TYPE(value)->tp_name, "_NoValueType") == 0 ||
           PyType_Check(value) || PyModule_Check(value) || PyFunction_Check(value) ||
           PyCFunction_Check(value) || PyMethod_Check(value) ||
           PyUnicode_Check(value) || PyBytes_Check(value) ||
           PyExceptionInstance_Check(value);
}

static bool is_sparse(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro;

    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);

        if (strcmp(base->tp_name, "spmatrix") == 0 ||
            strcmp(base->tp_name, "_spbase") == 0)
            return true;
    }
    return false;
}

static void walk_attributes(struct pt_capture *capture, struct pt_attributes *walk)
{
    PyObject *name, *value;
    Py_ssize_t n = 0;

    while (pt_attributes_next(walk, &name, &value)) {
        struct pt_capture_name saved;

        if (n >= (Py_ssize_t)capture->limits.max_items) {
            pt_capture_omit_rest(capture);
            break;
        }
        saved = pt_capture_push_object(capture, name, n++);
        pt_capture_any(capture, value);
        pt_capture_pop(capture, saved);
    }
}

/* The shape and what holds the elements, whatever the format calls it. */
static void walk_sparse(struct pt_capture *capture, struct pt_attributes *walk)
{
    struct pt_elements elements;
    PyObject *name, *value;

    capture->sparse = true;
    while (pt_attributes_next(walk, &name, &value)) {
        struct pt_capture_name saved;

        if (!PyUnicode_Check(name))
            continue;
        if (PyUnicode_CompareWithASCIIString(name, "_shape") == 0)
            saved = pt_capture_push(capture, "shape", 5);
        else if (pt_numpy_array(value, &elements) || PyTuple_Check(value) ||
                 PyDict_Check(value))
            saved = pt_capture_push_object(capture, name, 0);
        else
            continue;
        pt_capture_any(capture, value);
        pt_capture_pop(capture, saved);
    }
    capture->sparse = false;
}

bool pt_capture_object(struct pt_capture *capture, PyObject *value)
{
    struct pt_attributes walk;

    if (is_plumbing(value) || !pt_attributes_start(&walk, value))
        return false;
    capture->changeable = true;
    if (pt_capture_enter(capture, value)) {
        pt_capture_label(capture, value);
        if (is_sparse(Py_TYPE(value)))
            walk_sparse(capture, &walk);
        else
            walk_attributes(capture, &walk);
        pt_capture_leave(capture);
    }
    return true;
}
