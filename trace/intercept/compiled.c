/* Finds the functions and methods in a compiled module's namespace. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/parts.h"
#include "cpython/frame.h"
#include "intercept/builtins.h"
#include "intercept/rounding.h"

static bool is_text(PyObject *object, const char *text)
{
    return object && PyUnicode_Check(object) &&
           PyUnicode_CompareWithASCIIString(object, text) == 0;
}

/* Cython's function objects start as CPython's own do. Their types carry Cython's
 * version before the name, or nothing. */
static bool is_cython(PyObject *object, const char *type)
{
    const char *name = Py_TYPE(object)->tp_name;
    const char *dot = strrchr(name, '.');

    return strcmp(dot ? dot + 1 : name, type) == 0;
}

size_t pt_parameter_names(const PyCodeObject *code, struct pt_name *names, size_t room)
{
    size_t n = (size_t)(code->co_argcount + code->co_kwonlyargcount);
    char utf8[256];

    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++) {
        PyObject *text = PyTuple_GET_ITEM(code->co_localsplusnames, (Py_ssize_t)i);
        size_t bytes = pt_capture_utf8(text, utf8, sizeof utf8);
        char *copy = strndup(utf8, bytes);

        if (!copy)
            return i;
        names[i] = (struct pt_name){copy, bytes, 0};
    }
    return n;
}

static void hook_cython(PyObject *function, const char *module, const char *name)
{
    PyObject *code = PyObject_GetAttrString(function, "__code__");
    struct pt_builtin_names names = {module, name, NULL, false};

    if (code && PyCode_Check(code))
        names.parameters = (PyCodeObject *)code;
    pt_builtin_hook(((PyCFunctionObject *)function)->m_ml, &names, PT_FUNCTION_CYTHON);
    Py_XDECREF(code);
    PyErr_Clear();
}

/* A fused function stands for one function per combination of types. */
static void hook_fused(PyObject *function, const char *module, const char *name)
{
    PyObject *signatures = PyObject_GetAttrString(function, "__signatures__");
    PyObject *key, *one;
    Py_ssize_t position = 0;

    while (signatures && PyDict_Check(signatures) &&
           PyDict_Next(signatures, &position, &key, &one))
        hook_cython(one, module, name);
    if (!signatures || !PyDict_Check(signatures) || PyDict_GET_SIZE(signatures) == 0)
        hook_cython(function, module, name);
    Py_XDECREF(signatures);
    PyErr_Clear();
}

/* Not a stored method of some object. pybind11 binds its functions to capsules, or to
 * records of its own; these are not recorded. */
static bool belongs_to_module(const PyCFunctionObject *function, bool *unlisted)
{
    *unlisted = function->m_self && (PyCapsule_CheckExact(function->m_self) ||
                                     strstr(Py_TYPE(function->m_self)->tp_name,
                                            "pybind11_detail_function_record"));
    return !function->m_self || *unlisted || PyModule_Check(function->m_self);
}

static void hook_function(PyObject *function, const char *module, const char *name)
{
    struct pt_builtin_names names = {module, name, NULL, false};

    if (is_cython(function, "cython_function_or_method"))
        hook_cython(function, module, name);
    else if (is_cython(function, "fused_cython_function"))
        hook_fused(function, module, name);
    else if (PyCFunction_Check(function) &&
             is_text(((PyCFunctionObject *)function)->m_module, module) &&
             belongs_to_module((PyCFunctionObject *)function, &names.unlisted))
        pt_builtin_hook(((PyCFunctionObject *)function)->m_ml, &names,
                        PT_FUNCTION_BUILTIN);
}

/* "numpy.ndarray" of a static type is its module and name in one. False if the type
 * belongs to another module than `module` and the package around it. */
static bool type_home(PyTypeObject *type, const char *module, char *home, size_t room,
                      const char **name)
{
    const char *dot = strrchr(type->tp_name, '.');
    size_t package = strcspn(module, ".");

    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        PyObject *text = PyDict_GetItemString(type->tp_dict, "__module__");

        if (!text || !PyUnicode_Check(text))
            return false;
        home[pt_capture_utf8(text, home, room - 1)] = '\0';
    } else {
        snprintf(home, room, "%.*s", dot ? (int)(dot - type->tp_name) : 0,
                 type->tp_name);
    }
    *name = dot ? dot + 1 : type->tp_name;
    return strncmp(home, module, package) == 0 &&
           (home[package] == '.' || home[package] == '\0');
}

static bool is_selected(const char *module)
{
    return pt_runtime.running && pt_selects_module(pt_runtime.config, module, module);
}

static void hook_type(PyTypeObject *type, const char *module)
{
    char home[256], qualified[512];
    struct pt_builtin_names names = {home, qualified, NULL, false};
    const char *name;
    PyObject *key, *value;
    Py_ssize_t position = 0;

    if (!type->tp_dict || !type_home(type, module, home, sizeof home, &name))
        return;
    snprintf(qualified, sizeof qualified, "%s", name);
    if (is_selected(module))
        pt_constructor_hook(type, &names);
    for (PyMethodDef *definition = type->tp_methods; definition && definition->ml_name;
         definition++) {
        snprintf(qualified, sizeof qualified, "%s.%s", name, definition->ml_name);
        pt_builtin_hook(definition, &names, PT_FUNCTION_METHOD_DESCRIPTOR);
    }
    while (PyDict_Next(type->tp_dict, &position, &key, &value)) {
        char method[256];

        if (!PyUnicode_Check(key))
            continue;
        method[pt_capture_utf8(key, method, sizeof method - 1)] = '\0';
        snprintf(qualified, sizeof qualified, "%s.%s", name, method);
        if (is_cython(value, "cython_function_or_method"))
            hook_cython(value, home, qualified);
        else if (PyInstanceMethod_Check(value)) /* pybind11's */
            hook_function(PyInstanceMethod_GET_FUNCTION(value), home, qualified);
    }
}

void pt_compiled_module(PyObject *module, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    if (!is_selected(name) && !pt_rounding_module(name))
        return;
    while (PyDict_Next(PyModule_GetDict(module), &position, &key, &value)) {
        char text[256];

        if (!PyUnicode_Check(key))
            continue;
        text[pt_capture_utf8(key, text, sizeof text - 1)] = '\0';
        if (PyType_Check(value))
            hook_type((PyTypeObject *)value, name);
        else
            hook_function(value, name, text);
    }
}
