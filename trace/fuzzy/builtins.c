/* Builtin `sum`, which adds floats by itself, and the functions of `math`. Their method
 * definitions are static: the function in them is replaced in place, so that objects
 * that were taken out before are reached too. */
#include "fuzzy/floats.h"

#include <math.h>
#include <string.h>

#include "cpython/patch.h"
#include "fuzzy/compute.h"
#include "fuzzy/flags.h"

static PyObject *(*own_sum)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

#if PY_VERSION_HEX >= 0x030c0000
/* The running total of a sum of floats, compensated (Neumaier) as Python's own is. */
struct total {
    double sum, compensation;
};

static void total_add(struct pt_fuzzy_stream *s, struct total *total, double x)
{
    double sum = pt_fuzzy_float_operation(s, PT_FUZZY_ADD, total->sum, x);
    bool larger = fabs(total->sum) >= fabs(x);
    double big = larger ? total->sum : x, small = larger ? x : total->sum;
    double lost = pt_fuzzy_float_operation(
        s, PT_FUZZY_ADD, pt_fuzzy_float_operation(s, PT_FUZZY_SUBTRACT, big, sum),
        small);
    total->compensation =
        pt_fuzzy_float_operation(s, PT_FUZZY_ADD, total->compensation, lost);
    total->sum = sum;
}

static double sum_items(struct pt_fuzzy_stream *s, PyObject *items, double start)
{
    struct total total = {start, 0};
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++)
        total_add(s, &total, PyFloat_AsDouble(PySequence_Fast_GET_ITEM(items, i)));
    if (total.compensation == 0 || !isfinite(total.compensation))
        return total.sum;
    return pt_fuzzy_float_operation(s, PT_FUZZY_ADD, total.sum, total.compensation);
}
#else
/* From left to right, in blocks. */
static double sum_items(struct pt_fuzzy_stream *s, PyObject *items, double start)
{
    struct pt_fuzzy_work work = {.stream = s, .operation = PT_FUZZY_ADD};
    double total = start, room[PT_FUZZY_BLOCK];
    Py_ssize_t length = PySequence_Fast_GET_SIZE(items);

    work.format = PT_FUZZY_BINARY64;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (Py_ssize_t i = 0; i < length;) {
        size_t n = 0;
        while (i < length && n < PT_FUZZY_BLOCK)
            room[n++] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(items, i++));
        pt_fuzzy_compute_scan(&work, &total, room, NULL, n);
    }
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(s, work.done - work.nearest, work.nearest);
    return total;
}
#endif

/* Lists and tuples of floats and integers, at least one float, whose sum is asked for
 * with at most a float or an integer to start from: ours. All else is Python's own. */
static bool is_float_sum(PyObject *const *args, Py_ssize_t n, PyObject *names,
                         PyObject **start)
{
    bool any = false;
    if (n < 1 || n > 2 || !(PyList_CheckExact(args[0]) || PyTuple_CheckExact(args[0])))
        return false;
    Py_ssize_t n_names = names ? PyTuple_GET_SIZE(names) : 0;
    if (n + n_names > 2 ||
        (n_names == 1 &&
         PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "start") != 0))
        return false;
    *start = n + n_names == 2 ? args[1] : NULL;
    if (*start && !PyFloat_CheckExact(*start) && !PyLong_CheckExact(*start))
        return false;
    any = *start && PyFloat_CheckExact(*start);
    Py_ssize_t length = PySequence_Fast_GET_SIZE(args[0]);
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(args[0], i);
        if (PyFloat_CheckExact(item))
            any = true;
        else if (!PyLong_CheckExact(item))
            return false;
    }
    return any;
}

static PyObject *float_sum(struct pt_fuzzy_stream *stream, PyObject *items,
                           PyObject *start)
{
    double total = sum_items(stream, items, start ? PyFloat_AsDouble(start) : 0);
    return PyErr_Occurred() ? NULL : PyFloat_FromDouble(total);
}

static PyObject *sum(PyObject *module, PyObject *const *args, Py_ssize_t n,
                     PyObject *names)
{
    PyObject *start;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for(PT_FUZZY_PYTHON);
    if (!stream || !is_float_sum(args, n, names, &start))
        return own_sum(module, args, n, names);
    return float_sum(stream, args[0], start);
}

/* X(name, NAME): functions of one argument */
#define FUNCTIONS(X)                                                                   \
    X(exp, EXP)                                                                        \
    X(expm1, EXPM1)                                                                    \
    X(log2, LOG2)                                                                      \
    X(log10, LOG10)                                                                    \
    X(log1p, LOG1P)                                                                    \
    X(sin, SIN)                                                                        \
    X(cos, COS)                                                                        \
    X(tan, TAN)                                                                        \
    X(asin, ARCSIN)                                                                    \
    X(acos, ARCCOS)                                                                    \
    X(atan, ARCTAN)                                                                    \
    X(sinh, SINH)                                                                      \
    X(cosh, COSH)                                                                      \
    X(tanh, TANH)                                                                      \
    X(asinh, ARCSINH)                                                                  \
    X(acosh, ARCCOSH)                                                                  \
    X(atanh, ARCTANH)                                                                  \
    X(radians, RADIANS)                                                                \
    X(degrees, DEGREES)

/* Moves a result of math; steals and returns it. */
static PyObject *moved(enum pt_fuzzy_function function, double x, double y,
                       PyObject *result)
{
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for(PT_FUZZY_PYTHON);
    if (stream && PyFloat_CheckExact(result) && Py_REFCNT(result) == 1)
        ((PyFloatObject *)result)->ob_fval = pt_fuzzy_scalar_function(
            stream, function, PT_FUZZY_BINARY64, x, y, PyFloat_AS_DOUBLE(result));
    return result;
}

/* The argument as the function has read it; false where only it can. */
static bool argument_of(PyObject *object, double *x)
{
    if (!PyFloat_Check(object) && !PyLong_Check(object))
        return false;
    *x = PyFloat_AsDouble(object);
    return true;
}

#define X(name, NAME)                                                                  \
    static PyCFunction own_##name;                                                     \
    static PyObject *math_##name(PyObject *module, PyObject *argument)                 \
    {                                                                                  \
        double x;                                                                      \
        PyObject *result = own_##name(module, argument);                               \
        return result && argument_of(argument, &x)                                     \
                   ? moved(PT_FUZZY_##NAME, x, x, result)                              \
                   : result;                                                           \
    }
FUNCTIONS(X)
#undef X

static PyCFunction own_sqrt;

static PyObject *math_sqrt(PyObject *module, PyObject *argument)
{
    double x;
    PyObject *result = own_sqrt(module, argument);
    struct pt_fuzzy_stream *stream =
        result ? pt_fuzzy_stream_for(PT_FUZZY_PYTHON) : NULL;
    if (stream && argument_of(argument, &x) && PyFloat_CheckExact(result) &&
        Py_REFCNT(result) == 1)
        ((PyFloatObject *)result)->ob_fval =
            pt_fuzzy_scalar(stream, PT_FUZZY_SQRT, PT_FUZZY_BINARY64, x, x);
    return result;
}

/* Replaces the function behind module.name, which takes its arguments as `flags` say.
 */
static bool replace(PyObject *module, const char *name, int flags, void *with,
                    void **old)
{
    bool done = false;
    PyObject *function = PyObject_GetAttrString(module, name);
    if (function && PyCFunction_CheckExact(function)) {
        PyMethodDef *definition = ((PyCFunctionObject *)function)->m_ml;
        void **where = (void **)(void *)&definition->ml_meth;
        if (*where == with)
            done = true;
        else if (definition->ml_flags == flags) {
            *old = *where;
            done = pt_patch_pointer(where, with);
        }
    }
    Py_XDECREF(function);
    PyErr_Clear();
    return done;
}

/* Function pointers as the data that a definition is to replace() */
static void *address(PyCFunction function)
{
    void *data;
    memcpy(&data, &function, sizeof data);
    return data;
}

enum pt_status pt_fuzzy_builtins_install(struct pt_error *error)
{
    PyObject *builtins = PyImport_ImportModule("builtins");
    PyObject *math = PyImport_ImportModule("math");
    const char *missing = NULL;
    PyErr_Clear();
    if (!builtins ||
        !replace(builtins, "sum", METH_FASTCALL | METH_KEYWORDS,
                 address((PyCFunction)(void (*)(void))sum), (void **)&own_sum))
        missing = "sum";
    if (!math || !replace(math, "sqrt", METH_O, address(math_sqrt), (void **)&own_sqrt))
        missing = "math.sqrt";
#define X(name, NAME)                                                                  \
    if (!missing &&                                                                    \
        !replace(math, #name, METH_O, address(math_##name), (void **)&own_##name))     \
        missing = "math." #name;
    FUNCTIONS(X)
#undef X
    Py_XDECREF(builtins);
    Py_XDECREF(math);
    if (missing)
        return pt_error_set(
            error, PT_E_UNSUPPORTED,
            "%s of this Python cannot be replaced: it stays unperturbed", missing);
    return PT_OK;
}
