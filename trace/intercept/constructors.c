/* The making of objects of compiled types. A call of a type goes to tp_vectorcall where
 * there is one, else to tp_new and then to tp_init; which of the two reads the
 * arguments is the type's affair: Cython's and numpy's types that have a tp_init of
 * their own use that.
 *
 * object.__new__ and its like compare the functions in the slots of a type and of those
 * derived from it, so that a slot is replaced in all of them or in none. */
#include <stdio.h>

#include "intercept/builtins.h"

static void replace_in_derived(PyTypeObject *type, const void *original, void *ours)
{
    PyObject *derived = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);

    for (Py_ssize_t i = 0;
         derived && PyList_Check(derived) && i < PyList_GET_SIZE(derived); i++) {
        PyTypeObject *one = (PyTypeObject *)PyList_GET_ITEM(derived, i);

        if (PyType_Check(one) && *(void **)&one->tp_new == original) {
            *(void **)&one->tp_new = ours;
            replace_in_derived(one, original, ours);
        }
    }
    Py_XDECREF(derived);
    PyErr_Clear();
}

/* True if compiled code makes its objects: a type of Python code goes through its
 * __init__, which is a function. */
static bool has_compiled_init(PyTypeObject *type)
{
    PyObject *mro = type->tp_mro, *found = NULL;

    for (Py_ssize_t i = 0; !found && mro && i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);

        if (base == &PyBaseObject_Type)
            return false;
        if (PyType_Check(base) && base->tp_dict)
            found = PyDict_GetItemString(base->tp_dict, "__init__");
    }
    return found && Py_TYPE(found) == &PyWrapperDescr_Type;
}

static bool brings_compiled_new(PyTypeObject *type)
{
    PyObject *found = PyDict_GetItemString(type->tp_dict, "__new__");

    return found && PyCFunction_CheckExact(found);
}

static bool hook(PyTypeObject *type, const struct pt_builtin_names *of, void **slot,
                 enum pt_calling calling, const char *method)
{
    char name[512];
    struct pt_builtin_names names = {of->module, name, NULL, false};

    snprintf(name, sizeof name, "%s.%s", of->name, method);
    return pt_slot_hook(slot, calling, &names, &type->tp_doc);
}

/* Some types (Cython's, of late) have a way of their own that a call takes past both
 * slots, which then serve derived types and __init__ called by its name. */
static void hook_shortcut(PyTypeObject *type, const struct pt_builtin_names *names,
                          const char *method)
{
    if (type->tp_vectorcall)
        hook(type, names, (void **)&type->tp_vectorcall, PT_CALLING_VECTOR, method);
}

void pt_constructor_hook(PyTypeObject *type, const struct pt_builtin_names *names)
{
    void **make = (void **)&type->tp_new, **init = (void **)&type->tp_init;
    void *original = *make;

    if (PyType_IsSubtype(type, &PyType_Type) ||
        PyType_IsSubtype(type, (PyTypeObject *)PyExc_BaseException))
        return;
    if (has_compiled_init(type)) {
        hook(type, names, init, PT_CALLING_INIT, "__init__");
        hook_shortcut(type, names, "__init__");
    } else if (brings_compiled_new(type)) {
        hook_shortcut(type, names, "__new__");
        if (hook(type, names, make, PT_CALLING_NEW, "__new__")) {
            replace_in_derived(type, original, *make);
            PyType_Modified(type);
        }
    }
}
