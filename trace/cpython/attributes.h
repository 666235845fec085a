/* The attributes that an object holds itself (its instance dictionary and its slots),
 * read without running any of the program's code and without changing how the
 * interpreter stores them. Under the GIL. */
#ifndef PT_CPYTHON_ATTRIBUTES_H
#define PT_CPYTHON_ATTRIBUTES_H

#include <Python.h>

#include <stdbool.h>

/* One walk over an object's attributes. All references are borrowed and hold as long as
 * the object is not changed. */
struct pt_attributes {
    PyObject *object;
    PyObject *dictionary; /* NULL: no dictionary made yet */
    void *keys;           /* private: shared keys of inline values */
    PyObject **values;    /* private: inline values */
    Py_ssize_t position, n_values;
    Py_ssize_t class_index, slot_index; /* next slot to look at */
};

/* Returns false if the object can hold no attributes of its own. */
bool pt_attributes_start(struct pt_attributes *walk, PyObject *object);

/* The next attribute, dictionary first, then slots from the base classes down. */
bool pt_attributes_next(struct pt_attributes *walk, PyObject **name, PyObject **value);

/* The value of the attribute `name` in the instance dictionary, or NULL. Borrowed. */
PyObject *pt_attributes_get(PyObject *object, const char *name);

/* The object found under `name` in the type or its bases, without descriptors being
 * called; borrowed, or NULL. */
PyObject *pt_type_get(PyTypeObject *type, const char *name);

#endif
