/* Leaves the module `random` alone: what it draws is a program's data, which rounding
 * is not to change. It is Python code of the standard library on top of the type
 * _random.Random, and tells nobody when it is loaded: so the first time that this type
 * makes an object, the methods of the classes between the two are given a way in that
 * pauses the arithmetic. The evaluation loop of 3.12 and later takes no shortcut around
 * such a way; that of 3.11 takes none while there is a frame hook, which costs calls
 * some time: it is set when the program first asks for numbers that repeat, with a
 * seed. */
#include <Python.h>

#include <string.h>

#include "cpython/patch.h"
#include "fuzzy/fuzzy.h"

static newfunc own_new;
static vectorcallfunc own_call; /* of all functions of Python */

static PyObject *call_paused(PyObject *function, PyObject *const *args, size_t n,
                             PyObject *names)
{
    pt_fuzzy_pause();
    PyObject *result = own_call(function, args, n, names);
    pt_fuzzy_resume();
    return result;
}

static void leave_methods(PyTypeObject *type)
{
    Py_ssize_t at = 0;
    PyObject *name, *value;

    while (PyDict_Next(type->tp_dict, &at, &name, &value)) {
        PyFunctionObject *function = (PyFunctionObject *)value;
        if (!PyFunction_Check(value) || function->vectorcall == call_paused)
            continue;
        own_call = function->vectorcall;
#if PY_VERSION_HEX < 0x030C0000
        function->func_version = 0; /* as below */
        function->vectorcall = call_paused;
#else
        PyFunction_SetVectorcall(function, call_paused);
#endif
    }
}

static bool is_of_random(PyTypeObject *type)
{
    PyObject *module = PyDict_GetItemString(type->tp_dict, "__module__");

    return module && PyUnicode_Check(module) &&
           PyUnicode_CompareWithASCIIString(module, "random") == 0;
}

static void leave_classes(PyTypeObject *type)
{
    for (; type; type = type->tp_base)
        if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) && is_of_random(type))
            leave_methods(type);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *names)
{
    static PyTypeObject *last; /* borrowed, for comparing only; under the GIL */

    if (type != last)
        leave_classes(type);
    last = type;
    return own_new(type, args, names);
}

/* The module may have been loaded already, while the interpreter started. */
static void leave_loaded(void)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed, as the next */
    PyObject *module = PyDict_GetItemString(modules, "random");
    PyObject *type = module ? PyObject_GetAttrString(module, "SystemRandom") : NULL;

    if (type && PyType_Check(type))
        leave_classes((PyTypeObject *)type);
    Py_XDECREF(type);
}

#if PY_VERSION_HEX < 0x030C0000
typedef PyObject *seed_fn(PyObject *self, PyObject *const *args, Py_ssize_t n);
static seed_fn *own_seed;

static PyObject *run_frame(PyThreadState *thread, struct _PyInterpreterFrame *frame,
                           int throwing)
{
    return _PyEval_EvalFrameDefault(thread, frame, throwing);
}

static PyObject *seed(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    bool repeats = n > 0 && args[0] != Py_None;

    if (repeats &&
        _PyInterpreterState_GetEvalFrameFunc(interpreter) == _PyEval_EvalFrameDefault)
        _PyInterpreterState_SetEvalFrameFunc(interpreter, run_frame);
    return own_seed(self, args, n);
}

static void watch_seeds(PyObject *type)
{
    PyObject *method = PyDict_GetItemString(((PyTypeObject *)type)->tp_dict, "seed");

    if (!method || !Py_IS_TYPE(method, &PyMethodDescr_Type))
        return;
    PyMethodDef *definition = ((PyMethodDescrObject *)method)->d_method;
    seed_fn *ours = seed;
    if (definition->ml_flags != METH_FASTCALL)
        return;
    memcpy(&own_seed, &definition->ml_meth, sizeof own_seed);
    void *with;
    memcpy(&with, &ours, sizeof with);
    pt_patch_pointer((void **)(void *)&definition->ml_meth, with);
}
#else
static void watch_seeds(PyObject *type)
{
    (void)type;
}
#endif

void pt_fuzzy_random_leave(void)
{
    PyObject *module = own_new ? NULL : PyImport_ImportModule("_random");
    PyObject *type = module ? PyObject_GetAttrString(module, "Random") : NULL;

    if (type && PyType_Check(type)) {
        own_new = ((PyTypeObject *)type)->tp_new;
        ((PyTypeObject *)type)->tp_new = make;
        watch_seeds(type);
        leave_loaded();
    }
    PyErr_Clear();
    Py_XDECREF(type);
    Py_XDECREF(module);
}
