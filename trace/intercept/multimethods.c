/* scipy.fft's functions are objects of a compiled type, which look for the library that
 * is to compute (uarray). Calls go through the type's tp_call; what a function is
 * called, and its parameters, stand in the Python function it was made of. */
#include <stdlib.h>
#include <string.h>

#include "capture/parts.h"
#include "cpython/frame.h"
#include "intercept/builtins.h"

enum { PARAMETERS = 24 };

struct multimethod {
    uint64_t epoch;               /* of `function` and of the names' ids */
    struct pt_function *function; /* NULL: not selected */
    size_t n_names;
    struct pt_name names[PARAMETERS]; /* texts owned */
};

/* Written when the type appears; the only one of its kind. */
static ternaryfunc original;
static struct pt_objects multimethods;

static void decide(struct multimethod *method, PyFunctionObject *made_of)
{
    const PyCodeObject *code = (PyCodeObject *)made_of->func_code;
    char module[256], shown[256], name[256], file[1024];

    method->epoch = pt_runtime.epoch;
    method->function = NULL;
    if (!made_of->func_module || !PyUnicode_Check(made_of->func_module))
        return;
    module[pt_capture_utf8(made_of->func_module, module, sizeof module - 1)] = '\0';
    name[pt_capture_utf8(made_of->func_qualname, name, sizeof name - 1)] = '\0';
    file[pt_capture_utf8(code->co_filename, file, sizeof file - 1)] = '\0';
    pt_exporting_module(module, name, shown, sizeof shown);
    if (!pt_selects_function(pt_runtime.config, module, shown, name))
        return;
    method->function = pt_function_create(PT_FUNCTION_BUILTIN, shown, name, file,
                                          (uint32_t)code->co_firstlineno);
    for (size_t i = 0; i < method->n_names; i++)
        method->names[i].id = pt_text_id(method->names[i].text, method->names[i].bytes);
}

/* NULL: no memory, or not made of a Python function. */
static struct multimethod *find(PyObject *object)
{
    struct multimethod *method = pt_objects_find(&multimethods, object);
    PyObject *made_of;

    if (method && method->epoch == pt_runtime.epoch)
        return method;
    made_of = PyObject_GetAttrString(object, "__wrapped__");
    if (!made_of || !PyFunction_Check(made_of)) {
        Py_XDECREF(made_of);
        PyErr_Clear();
        return NULL;
    }
    if (!method && (method = calloc(1, sizeof *method)) != NULL) {
        const PyFunctionObject *function = (PyFunctionObject *)made_of;

        method->n_names = pt_parameter_names((PyCodeObject *)function->func_code,
                                             method->names, PARAMETERS);
        if (!pt_objects_add(&multimethods, object, method)) {
            free(method);
            method = NULL;
        }
    }
    if (method)
        decide(method, (PyFunctionObject *)made_of);
    Py_DECREF(made_of);
    return method;
}

static void capture_arguments(struct pt_thread *thread,
                              const struct multimethod *method, PyObject *args,
                              PyObject *keywords)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
        if ((size_t)i < method->n_names)
            pt_call_argument(thread, &method->names[i], PyTuple_GET_ITEM(args, i));
    while (keywords && PyDict_Next(keywords, &position, &key, &value))
        for (size_t i = 0; i < method->n_names; i++)
            if (PyUnicode_Check(key) &&
                PyUnicode_CompareWithASCIIString(key, method->names[i].text) == 0)
                pt_call_argument(thread, &method->names[i], value);
}

static PyObject *call(PyObject *self, PyObject *args, PyObject *keywords)
{
    struct pt_thread *thread = pt_runtime.running ? pt_thread_self() : NULL;
    uint64_t epoch = pt_runtime.epoch;
    const struct multimethod *method;
    size_t level = 0;
    PyObject *result;

    if (thread && !thread->suspended && (method = find(self)) && method->function) {
        level =
            pt_call_open(thread, method->function, NULL,
                         pt_frame_innermost(PyThreadState_GET()), PT_CAPTURE_MARKED);
        if (level > 0) {
            capture_arguments(thread, method, args, keywords);
            pt_call_entered(thread);
        }
    }
    result = original(self, args, keywords);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

/* scipy's copy does not know that it lives in another package. */
static bool is_home(const char *module)
{
    return strcmp(module, "uarray._uarray") == 0 ||
           strcmp(module, "scipy._lib._uarray._uarray") == 0;
}

void pt_multimethods_module(PyObject *module, const char *name)
{
    PyObject *type;

    if (original || !pt_runtime.running || !is_home(name))
        return;
    type = PyDict_GetItemString(PyModule_GetDict(module), "_Function");
    if (!type || !PyType_Check(type) || !((PyTypeObject *)type)->tp_call)
        return;
    original = ((PyTypeObject *)type)->tp_call;
    ((PyTypeObject *)type)->tp_call = call;
}
