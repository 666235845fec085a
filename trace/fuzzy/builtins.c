/* The functions of `math`, and what puts them and builtin `sum` in place. Their method
 * definitions are static: the function in them is replaced in place, so that objects
 * that were taken out before are reached too. */
#include "fuzzy/floats.h"

#include <math.h>
#include <string.h>

#include "cpython/patch.h"
#include "fuzzy/compute.h"
#include "fuzzy/flags.h"

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
    X(cbrt, CBRT)                                                                      \
    X(exp2, EXP2)                                                                      \
    X(erf, EXP)                                                                        \
    X(erfc, EXP)                                                                       \
    X(lgamma, LOG)                                                                     \
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
    if (*x != -1 || !PyErr_Occurred())
        return true;
    PyErr_Clear(); /* an integer too large for a double */
    return false;
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

/* Gamma of small integers is a factorial. */
static PyCFunction own_gamma;

static PyObject *math_gamma(PyObject *module, PyObject *argument)
{
    double x;
    PyObject *result = own_gamma(module, argument);
    if (!result || !argument_of(argument, &x) || (x == trunc(x) && x <= 23))
        return result;
    return moved(PT_FUZZY_EXP, x, x, result);
}

typedef PyObject *fastcall(PyObject *module, PyObject *const *args, Py_ssize_t n);

/* All arguments as numbers, the last of them in *x and *y; false where they are others.
 */
static bool two_of(PyObject *const *args, Py_ssize_t n, double *x, double *y)
{
    return n == 2 && argument_of(args[0], x) && argument_of(args[1], y);
}

/* X(name, NAME): functions of two arguments */
#define PAIRS(X)                                                                       \
    X(pow, POWER)                                                                      \
    X(atan2, ARCTAN2)

#define X(name, NAME)                                                                  \
    static fastcall *own_##name;                                                       \
    static PyObject *math_##name(PyObject *module, PyObject *const *args,              \
                                 Py_ssize_t n)                                         \
    {                                                                                  \
        double x, y;                                                                   \
        PyObject *result = own_##name(module, args, n);                                \
        return result && two_of(args, n, &x, &y)                                       \
                   ? moved(PT_FUZZY_##NAME, x, y, result)                              \
                   : result;                                                           \
    }
PAIRS(X)
#undef X

/* Of two coordinates as numpy's; of more, what is exact is not recognised but where all
 * but one or two are zero. */
static fastcall *own_hypot;

static PyObject *math_hypot(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    PyObject *result = own_hypot(module, args, n);
    double all[2] = {0, 0}, x;
    Py_ssize_t others = 0;
    for (Py_ssize_t i = 0; result && i < n; i++) {
        if (!argument_of(args[i], &x))
            return result;
        if (x != 0 && others < 2)
            all[others] = x;
        others += x != 0;
    }
    if (!result)
        return NULL;
    return others <= 2 ? moved(PT_FUZZY_HYPOT, all[0], all[1], result)
                       : moved(PT_FUZZY_EXP, all[0], all[0], result);
}

/* log takes a base too: integral logarithms of powers of it are kept. */
static PyObject *moved_log(PyObject *const *args, Py_ssize_t n, PyObject *result)
{
    double x, base;
    if (!result || n < 1 || !argument_of(args[0], &x))
        return result;
    if (n == 2 && argument_of(args[1], &base)) {
        double r = PyFloat_AsDouble(result);
        if (r == trunc(r) && pow(base, r) == x)
            return result;
    }
    return moved(PT_FUZZY_LOG, x, x, result);
}

/* Python 3.11 hands it a tuple, later ones an array. */
static fastcall *own_log_of_array;
static PyCFunction own_log_of_tuple;

static PyObject *math_log_of_array(PyObject *module, PyObject *const *args,
                                   Py_ssize_t n)
{
    return moved_log(args, n, own_log_of_array(module, args, n));
}

static PyObject *math_log_of_tuple(PyObject *module, PyObject *args)
{
    PyObject *result = own_log_of_tuple(module, args);
    return moved_log(PySequence_Fast_ITEMS(args), PyTuple_GET_SIZE(args), result);
}

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

/* Of Python 3.13 and later. */
static fastcall *own_fma;

static PyObject *math_fma(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    double x, y, z;
    PyObject *result = own_fma(module, args, n);
    struct pt_fuzzy_stream *stream =
        result ? pt_fuzzy_stream_for(PT_FUZZY_PYTHON) : NULL;
    if (stream && argument_of(args[2], &z) && two_of(args, 2, &x, &y) &&
        PyFloat_CheckExact(result) && Py_REFCNT(result) == 1)
        ((PyFloatObject *)result)->ob_fval = pt_fuzzy_scalar_fma(
            stream, PT_FUZZY_BINARY64, x, y, z, PyFloat_AS_DOUBLE(result));
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
    if (!builtins || !replace(builtins, "sum", METH_FASTCALL | METH_KEYWORDS,
                              address((PyCFunction)(void (*)(void))pt_fuzzy_sum_of),
                              (void **)&pt_fuzzy_own_sum))
        missing = "sum";
    if (!math || !replace(math, "sqrt", METH_O, address(math_sqrt), (void **)&own_sqrt))
        missing = "math.sqrt";
#define X(name, NAME)                                                                  \
    if (!missing &&                                                                    \
        !replace(math, #name, METH_O, address(math_##name), (void **)&own_##name))     \
        missing = "math." #name;
    FUNCTIONS(X)
#undef X
#define X(name, NAME)                                                                  \
    if (!missing && !replace(math, #name, METH_FASTCALL,                               \
                             address((PyCFunction)(void (*)(void))math_##name),        \
                             (void **)&own_##name))                                    \
        missing = "math." #name;
    PAIRS(X)
    X(hypot, HYPOT)
#undef X
    if (!missing &&
        !replace(math, "gamma", METH_O, address(math_gamma), (void **)&own_gamma))
        missing = "math.gamma";
    if (!missing &&
        !replace(math, "log", METH_FASTCALL,
                 address((PyCFunction)(void (*)(void))math_log_of_array),
                 (void **)&own_log_of_array) &&
        !replace(math, "log", METH_VARARGS, address(math_log_of_tuple),
                 (void **)&own_log_of_tuple))
        missing = "math.log";
    if (!missing && PyObject_HasAttrString(math, "fma") &&
        !replace(math, "fma", METH_FASTCALL,
                 address((PyCFunction)(void (*)(void))math_fma), (void **)&own_fma))
        missing = "math.fma";
    Py_XDECREF(builtins);
    Py_XDECREF(math);
    if (missing)
        return pt_error_set(
            error, PT_E_UNSUPPORTED,
            "%s of this Python cannot be replaced: it stays unperturbed", missing);
    return PT_OK;
}
