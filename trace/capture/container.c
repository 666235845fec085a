/* list, tuple, named tuple, dict, set: their members, within the bounds. */
#include "capture/parts.h"
#include "cpython/attributes.h"

/* The names of a named tuple's fields, or NULL. Borrowed. */
static PyObject *field_names(PyObject *tuple)
{
    PyObject *names;

    if (PyTuple_CheckExact(tuple))
        return NULL;
    names = pt_type_get(Py_TYPE(tuple), "_fields");
    return names && PyTuple_CheckExact(names) &&
                   PyTuple_GET_SIZE(names) == PyTuple_GET_SIZE(tuple)
               ? names
               : NULL;
}

static void walk_sequence(struct pt_capture *capture, PyObject *value, PyObject *names)
{
    Py_ssize_t n = PySequence_Fast_GET_SIZE(value);

    for (Py_ssize_t i = 0; i < n; i++) {
        struct pt_capture_name saved;

        if (i >= (Py_ssize_t)capture->limits.max_items) {
            pt_capture_omit_rest(capture);
            break;
        }
        saved = names ? pt_capture_push_object(capture, PyTuple_GET_ITEM(names, i), i)
                      : pt_capture_push_index(capture, i);
        pt_capture_any(capture, PySequence_Fast_GET_ITEM(value, i));
        pt_capture_pop(capture, saved);
    }
}

static void walk_dict(struct pt_capture *capture, PyObject *value)
{
    PyObject *key, *item;
    Py_ssize_t position = 0, n = 0;

    while (PyDict_Next(value, &position, &key, &item)) {
        struct pt_capture_name saved;

        if (n >= (Py_ssize_t)capture->limits.max_items) {
            pt_capture_omit_rest(capture);
            break;
        }
        saved = pt_capture_push_object(capture, key, n++);
        pt_capture_any(capture, item);
        pt_capture_pop(capture, saved);
    }
}

bool pt_capture_container(struct pt_capture *capture, PyObject *value)
{
    bool changeable = PyList_Check(value) || PyDict_Check(value);
    Py_ssize_t n;

    if (changeable)
        capture->changeable = true;
    else if (!PyTuple_Check(value))
        return false;
    n = PyDict_Check(value) ? PyDict_GET_SIZE(value) : PySequence_Fast_GET_SIZE(value);
    if (n == 0 && !PyList_CheckExact(value) && !PyDict_CheckExact(value) &&
        !PyTuple_CheckExact(value))
        return false; /* an object that only looks like one: scipy's dok_matrix */
    if (n == 0)
        pt_capture_emit_label(capture, Py_TYPE(value)->tp_name, "empty", 5);
    else if (pt_capture_enter(capture, value)) {
        if (PyDict_Check(value))
            walk_dict(capture, value);
        else
            walk_sequence(capture, value,
                          PyTuple_Check(value) ? field_names(value) : NULL);
        pt_capture_leave(capture);
    }
    return true;
}
