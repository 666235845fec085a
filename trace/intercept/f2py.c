/* Fortran routines wrapped by f2py: BLAS, LAPACK, FITPACK, … Each wrapped library has a
 * type of its own for its routines, and calls go through the type's tp_call. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cpython/frame.h"
#include "intercept/objects.h"
#include "intercept/rounding.h"

enum { PARAMETERS = 32 };

struct routine {
    const char *module; /* as users know it */
    char *name;
    uint64_t epoch;               /* of `function` and of the names' ids */
    struct pt_function *function; /* NULL: not selected */
    size_t n_names;
    struct pt_name names[PARAMETERS];
};

/* Types by their address, with their own tp_call; routines by the object. */
static struct pt_objects types, routines;

struct wrapped_type {
    ternaryfunc original;
    bool rounded; /* by the layer rounding */
};

static void decide(struct routine *routine)
{
    routine->epoch = pt_runtime.epoch;
    routine->function = NULL;
    if (!pt_selects_function(pt_runtime.config, routine->module, routine->module,
                             routine->name))
        return;
    routine->function =
        pt_function_create(PT_FUNCTION_F2PY, routine->module, routine->name, NULL, 0);
    for (size_t i = 0; i < routine->n_names; i++)
        routine->names[i].id =
            pt_text_id(routine->names[i].text, routine->names[i].bytes);
}

static const struct pt_name *name_of(const struct routine *routine, PyObject *key)
{
    for (size_t i = 0; i < routine->n_names; i++)
        if (PyUnicode_Check(key) &&
            PyUnicode_CompareWithASCIIString(key, routine->names[i].text) == 0)
            return &routine->names[i];
    return NULL;
}

static void capture_arguments(struct pt_thread *thread, const struct routine *routine,
                              PyObject *args, PyObject *keywords)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(args); i++)
        if ((size_t)i < routine->n_names)
            pt_call_argument(thread, &routine->names[i], PyTuple_GET_ITEM(args, i));
    while (keywords && PyDict_Next(keywords, &position, &key, &value)) {
        const struct pt_name *name = name_of(routine, key);

        if (name)
            pt_call_argument(thread, name, value);
    }
}

static PyObject *run(const struct wrapped_type *type, PyObject *self, PyObject *args,
                     PyObject *keywords)
{
    if (!type->rounded)
        return type->original(self, args, keywords);
    enum pt_rounding_mode entered = pt_rounding_enter();
    PyObject *result = type->original(self, args, keywords);
    pt_rounding_leave(entered);
    return result;
}

static PyObject *call(PyObject *self, PyObject *args, PyObject *keywords)
{
    enum pt_rounding_mode around = pt_rounding_pause();
    const struct wrapped_type *type =
        pt_objects_find(&types, (PyObject *)Py_TYPE(self));
    struct routine *routine = pt_objects_find(&routines, self);
    struct pt_thread *thread = NULL;
    uint64_t epoch = pt_runtime.epoch;
    size_t level = 0;
    PyObject *result;

    if (routine && pt_runtime.running) {
        if (routine->epoch != epoch)
            decide(routine);
        thread = routine->function ? pt_thread_self() : NULL;
    }
    if (thread && !thread->suspended)
        level =
            pt_call_open(thread, routine->function, NULL,
                         pt_frame_innermost(PyThreadState_GET()), PT_CAPTURE_MARKED);
    if (level > 0) {
        capture_arguments(thread, routine, args, keywords);
        pt_call_entered(thread);
    }
    result = run(type, self, args, keywords);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    pt_rounding_resume(around);
    return result;
}

static bool hook_type(PyTypeObject *type, bool rounded)
{
    struct wrapped_type *wrapped;

    if (pt_objects_find(&types, (PyObject *)type))
        return true;
    wrapped = malloc(sizeof *wrapped);
    if (!wrapped)
        return false;
    wrapped->original = type->tp_call;
    wrapped->rounded = rounded;
    if (!pt_objects_add(&types, (PyObject *)type, wrapped)) {
        free(wrapped);
        return false;
    }
    type->tp_call = call;
    return true;
}

/* The parameters stand in the routine's own documentation: "x,info = dgesv(a,b,…)". */
static void read_names(struct routine *routine, PyObject *object)
{
    PyObject *text = PyObject_GetAttrString(object, "__doc__");
    const char *utf8 = text && PyUnicode_Check(text) ? PyUnicode_AsUTF8(text) : NULL;

    routine->n_names = pt_signature_names(utf8, routine->names, PARAMETERS);
    Py_XDECREF(text);
    PyErr_Clear();
}

static void hook_routine(PyObject *object, const char *module, PyObject *key,
                         bool rounded)
{
    struct routine *routine;
    const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : NULL;

    if (!name || pt_objects_find(&routines, object) ||
        !hook_type(Py_TYPE(object), rounded))
        return;
    routine = calloc(1, sizeof *routine);
    if (!routine)
        return;
    routine->module = module;
    routine->name = strdup(name);
    if (routine->name)
        read_names(routine, object);
    if (!routine->name || !pt_objects_add(&routines, object, routine)) {
        free(routine->name);
        free(routine);
    }
}

/* scipy hands its two big libraries out through modules of their own. */
static const char *public_name(const char *module)
{
    if (strcmp(module, "scipy.linalg._flapack") == 0)
        return "scipy.linalg.lapack";
    if (strcmp(module, "scipy.linalg._fblas") == 0)
        return "scipy.linalg.blas";
    return strdup(module);
}

static bool is_routine(PyObject *object)
{
    return strcmp(Py_TYPE(object)->tp_name, "fortran") == 0 && Py_TYPE(object)->tp_call;
}

void pt_f2py_module(PyObject *module, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    const char *shown = NULL;
    bool rounded = pt_rounding_module(name);

    if (!pt_runtime.running && !rounded)
        return;
    while (PyDict_Next(PyModule_GetDict(module), &position, &key, &value)) {
        if (!is_routine(value))
            continue;
        if (!shown)
            shown = public_name(name);
        if (shown && pt_runtime.running &&
            pt_selects_module(pt_runtime.config, name, shown))
            hook_routine(value, shown, key, rounded);
        else if (rounded && !hook_type(Py_TYPE(value), true))
            pt_log_warning("no memory: routines of %s are not rounded", name);
    }
}
