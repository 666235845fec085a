/* reduce, accumulate, reduceat, outer and at of ufuncs: numpy.sum, x.mean() and the
 * like end there. Their method definitions are static data of numpy that is read at
 * every call; the function pointers in it are replaced before any code has seen them (a
 * builtin's hash is made of that pointer, and must not change later). */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cpython/frame.h"
#include "cpython/numpy_abi.h"
#include "cpython/patch.h"
#include "intercept/runtime.h"

enum { METHODS = 5, PARAMETERS = 7, FUNCTIONS = 1024 };

static struct {
    const char *name;
    const char *parameters[PARAMETERS];
    bool changes_argument;
    PyCFunction original;
    struct pt_name names[PARAMETERS]; /* of the parameters, in the present trace */
} methods[METHODS] = {
    {.name = "reduce",
     .parameters = {"array", "axis", "dtype", "out", "keepdims", "initial", "where"}},
    {.name = "accumulate", .parameters = {"array", "axis", "dtype", "out"}},
    {.name = "reduceat", .parameters = {"array", "indices", "axis", "dtype", "out"}},
    {.name = "outer", .parameters = {"A", "B"}},
    {.name = "at", .parameters = {"a", "indices", "b"}, .changes_argument = true},
};

/* The function that stands for (ufunc, method), in a table that is filled as calls come
 * and searched by linear probing. A full one records no more methods. */
static struct {
    PyObject *ufunc; /* strong */
    uint64_t epoch;
    unsigned method;
    struct pt_function *function; /* NULL: not selected */
} slots[FUNCTIONS];

static struct pt_function *decide(PyObject *ufunc, unsigned method)
{
    char name[256];

    snprintf(name, sizeof name, "%s.%s", pt_numpy_ufunc_shape(ufunc).name,
             methods[method].name);
    if (!pt_selects_operation(pt_runtime.config, pt_runtime.config->numpy.ufunc,
                              "numpy", name))
        return NULL;
    return pt_function_create(PT_FUNCTION_UFUNC_METHOD, "numpy", name, NULL, 0);
}

static struct pt_function *function_of(PyObject *ufunc, unsigned method)
{
    size_t start = ((uintptr_t)ufunc >> 4) * METHODS + method;

    for (size_t i = 0; i < FUNCTIONS; i++) {
        size_t at = (start + i) % FUNCTIONS;
        bool current = slots[at].ufunc && slots[at].epoch == pt_runtime.epoch;

        if (current && (slots[at].ufunc != ufunc || slots[at].method != method))
            continue;
        if (!current) {
            Py_XDECREF(slots[at].ufunc);
            slots[at].ufunc = Py_NewRef(ufunc);
            slots[at].method = method;
            slots[at].epoch = pt_runtime.epoch;
            slots[at].function = decide(ufunc, method);
        }
        return slots[at].function;
    }
    return NULL;
}

void pt_ufunc_methods_start(void)
{
    for (unsigned m = 0; m < METHODS; m++)
        for (unsigned i = 0; i < PARAMETERS && methods[m].parameters[i]; i++) {
            const char *text = methods[m].parameters[i];

            methods[m].names[i] =
                (struct pt_name){text, strlen(text), pt_text_id(text, strlen(text))};
        }
}

/* Opens the call, without its arguments; 0 if it is not recorded. */
static size_t open_call(struct pt_thread **thread, PyObject *ufunc, unsigned method)
{
    struct pt_function *function;

    if (!pt_runtime.running || !pt_numpy_is_ufunc(ufunc))
        return 0;
    function = function_of(ufunc, method);
    *thread = function ? pt_thread_self() : NULL;
    if (!*thread || (*thread)->suspended)
        return 0;
    return pt_call_open(
        *thread, function, NULL, pt_frame_innermost(PyThreadState_GET()),
        methods[method].changes_argument ? PT_CAPTURE_MARKED : PT_CAPTURE_ALL);
}

static void capture_named(struct pt_thread *thread, unsigned method, PyObject *key,
                          PyObject *value)
{
    for (unsigned i = 0; i < PARAMETERS && methods[method].parameters[i]; i++)
        if (PyUnicode_Check(key) &&
            PyUnicode_CompareWithASCIIString(key, methods[method].parameters[i]) == 0) {
            if (strcmp(methods[method].parameters[i], "out") != 0)
                pt_call_argument(thread, &methods[method].names[i], value);
            return;
        }
}

static void capture_positional(struct pt_thread *thread, unsigned method,
                               PyObject *const *args, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n && i < PARAMETERS; i++) {
        const char *parameter = methods[method].parameters[i];

        if (!parameter)
            break;
        if (strcmp(parameter, "out") != 0)
            pt_call_argument(thread, &methods[method].names[i], args[i]);
    }
}

typedef PyObject *fast_function(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
typedef PyObject *keyword_function(PyObject *, PyObject *, PyObject *);

static PyObject *call_fast(unsigned method, PyObject *self, PyObject *const *args,
                           Py_ssize_t n, PyObject *names)
{
    struct pt_thread *thread = NULL;
    uint64_t epoch = pt_runtime.epoch;
    size_t level = open_call(&thread, self, method);
    fast_function *original = (fast_function *)(void (*)(void))methods[method].original;
    PyObject *result;

    if (level > 0) {
        capture_positional(thread, method, args, n);
        for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++)
            capture_named(thread, method, PyTuple_GET_ITEM(names, i), args[n + i]);
        pt_call_entered(thread);
    }
    result = original(self, args, n, names);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

static PyObject *call_keywords(unsigned method, PyObject *self, PyObject *args,
                               PyObject *keywords)
{
    struct pt_thread *thread = NULL;
    uint64_t epoch = pt_runtime.epoch;
    size_t level = open_call(&thread, self, method);
    keyword_function *original =
        (keyword_function *)(void (*)(void))methods[method].original;
    PyObject *result, *key, *value;
    Py_ssize_t position = 0;

    if (level > 0) {
        capture_positional(thread, method, &PyTuple_GET_ITEM(args, 0),
                           PyTuple_GET_SIZE(args));
        while (keywords && PyDict_Next(keywords, &position, &key, &value))
            capture_named(thread, method, key, value);
        pt_call_entered(thread);
    }
    result = original(self, args, keywords);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

/* A method definition carries no data, so each method has functions of its own: one for
 * each calling convention that numpy's versions use. */
#define METHOD(index)                                                                  \
    static PyObject *fast_##index(PyObject *self, PyObject *const *args, Py_ssize_t n, \
                                  PyObject *names)                                     \
    {                                                                                  \
        return call_fast(index, self, args, n, names);                                 \
    }                                                                                  \
    static PyObject *keywords_##index(PyObject *self, PyObject *args,                  \
                                      PyObject *keywords)                              \
    {                                                                                  \
        return call_keywords(index, self, args, keywords);                             \
    }                                                                                  \
    static PyObject *positional_##index(PyObject *self, PyObject *args)                \
    {                                                                                  \
        return call_keywords(index, self, args, NULL);                                 \
    }
METHOD(0)
METHOD(1)
METHOD(2)
METHOD(3)
METHOD(4)
#undef METHOD

static fast_function *const fast[METHODS] = {fast_0, fast_1, fast_2, fast_3, fast_4};
static keyword_function *const keywords[METHODS] = {keywords_0, keywords_1, keywords_2,
                                                    keywords_3, keywords_4};
static const PyCFunction positional[METHODS] = {
    positional_0, positional_1, positional_2, positional_3, positional_4};

/* The replacement for method `m` under a calling convention, NULL for an unknown one.
 */
static void *replacement(unsigned m, int flags)
{
    void *pointer = NULL;

    switch (flags & (METH_VARARGS | METH_FASTCALL | METH_KEYWORDS)) {
    case METH_FASTCALL | METH_KEYWORDS:
        memcpy(&pointer, &fast[m], sizeof pointer);
        break;
    case METH_VARARGS | METH_KEYWORDS:
        memcpy(&pointer, &keywords[m], sizeof pointer);
        break;
    case METH_VARARGS:
        memcpy(&pointer, &positional[m], sizeof pointer);
        break;
    default:
        break;
    }
    return pointer;
}

void pt_ufunc_methods_patch(PyTypeObject *type)
{
    for (PyMethodDef *definition = type->tp_methods; definition && definition->ml_name;
         definition++)
        for (unsigned m = 0; m < METHODS; m++) {
            void *pointer = replacement(m, definition->ml_flags);

            if (methods[m].original ||
                strcmp(definition->ml_name, methods[m].name) != 0)
                continue;
            methods[m].original = definition->ml_meth;
            if (!pointer || !pt_patch_pointer((void **)&definition->ml_meth, pointer)) {
                methods[m].original = NULL;
                pt_log_warning("calls of numpy's ufunc method %s cannot be recorded",
                               methods[m].name);
            }
        }
}
