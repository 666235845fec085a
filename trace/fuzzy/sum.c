/* Builtin `sum`, which adds floats by itself: every addition rounded. Items that are
 * not float, complex or integer are added as Python does. */
#include "fuzzy/floats.h"

#include <math.h>

#include "fuzzy/compute.h"
#include "fuzzy/flags.h"

pt_sum_fn *pt_fuzzy_own_sum;

/* The running total: an object until the first float or complex number, then numbers.
 */
struct total {
    enum { TOTAL_OBJECT, TOTAL_FLOAT, TOTAL_COMPLEX } kind;
    PyObject *object;    /* new */
    double re, im;       /* of the sum */
    double compensation; /* from Python 3.12 on */
};

static struct pt_fuzzy_stream *stream_of_layer(void)
{
    return pt_fuzzy_stream_for(PT_FUZZY_PYTHON);
}

/* x + y; as IEEE arithmetic where the stream is off. */
static double add(double x, double y)
{
    struct pt_fuzzy_stream *stream = stream_of_layer();
    return stream ? pt_fuzzy_float_operation(stream, PT_FUZZY_ADD, x, y) : x + y;
}

/* Adds to a sum of floats: from Python 3.12 on compensated (Neumaier), as its own is.
 */
static void add_float(struct total *total, double x)
{
    double sum = add(total->re, x);
#if PY_VERSION_HEX >= 0x030c0000
    bool larger = fabs(total->re) >= fabs(x);
    double big = larger ? total->re : x, small = larger ? x : total->re;
    total->compensation = add(total->compensation, add(add(big, -sum), small));
#endif
    total->re = sum;
}

static double float_value(const struct total *total)
{
    if (total->compensation == 0 || !isfinite(total->compensation))
        return total->re;
    return add(total->re, total->compensation);
}

/* The total as an object; new. */
static PyObject *object_of(struct total *total)
{
    if (total->kind == TOTAL_FLOAT)
        return PyFloat_FromDouble(float_value(total));
    if (total->kind == TOTAL_COMPLEX)
        return PyComplex_FromDoubles(total->re, total->im);
    PyObject *object = total->object;
    total->object = NULL;
    return object;
}

/* As the object says: numbers from here on, or not. Steals it. */
static void total_set(struct total *total, PyObject *object)
{
    *total = (struct total){.kind = TOTAL_OBJECT, .object = object};
    if (object && PyFloat_CheckExact(object))
        *total = (struct total){.kind = TOTAL_FLOAT, .re = PyFloat_AS_DOUBLE(object)};
    else if (object && PyComplex_CheckExact(object))
        *total = (struct total){.kind = TOTAL_COMPLEX,
                                .re = PyComplex_RealAsDouble(object),
                                .im = PyComplex_ImagAsDouble(object)};
    if (total->kind != TOTAL_OBJECT)
        Py_DECREF(object);
}

/* An item that floats can be added to; integers as far as a double holds them. */
static bool real_value(PyObject *item, double *x)
{
    int overflow;
    if (PyFloat_CheckExact(item)) {
        *x = PyFloat_AS_DOUBLE(item);
        return true;
    }
    if (!PyLong_Check(item))
        return false;
    *x = (double)PyLong_AsLongAndOverflow(item, &overflow);
    return overflow == 0;
}

/* Adds an item, which stays the caller's; false where an exception was raised. */
static bool total_add(struct total *total, PyObject *item)
{
    double x;
    bool is_complex = PyComplex_CheckExact(item);
    bool is_real = !is_complex && real_value(item, &x);
    if (total->kind == TOTAL_OBJECT && total->object &&
        PyLong_CheckExact(total->object) && (is_complex || PyFloat_CheckExact(item)) &&
        real_value(total->object, &x)) {
        /* 0 + the first one */
        Py_CLEAR(total->object);
        *total =
            (struct total){.kind = is_complex ? TOTAL_COMPLEX : TOTAL_FLOAT, .re = x};
        return total_add(total, item);
    }
    if (total->kind == TOTAL_FLOAT && is_real) {
        add_float(total, x);
        return true;
    }
    if (total->kind == TOTAL_COMPLEX && (is_real || is_complex)) {
        total->re = add(total->re, is_real ? x : PyComplex_RealAsDouble(item));
        total->im = add(total->im, is_real ? 0 : PyComplex_ImagAsDouble(item));
        return true;
    }
    if (total->kind == TOTAL_FLOAT && is_complex) {
        *total = (struct total){.kind = TOTAL_COMPLEX, .re = float_value(total)};
        return total_add(total, item);
    }
    PyObject *before = object_of(total);
    PyObject *after = before ? PyNumber_Add(before, item) : NULL;
    Py_XDECREF(before);
    total_set(total, after);
    return after != NULL;
}

/* Any iterable. */
static PyObject *sum_iterable(PyObject *items, PyObject *start)
{
    struct total total;
    PyObject *item, *iterator = PyObject_GetIter(items);
    if (!iterator)
        return NULL;
    total_set(&total, start ? Py_NewRef(start) : PyLong_FromLong(0));
    while ((item = PyIter_Next(iterator)) != NULL) {
        bool added = total_add(&total, item);
        Py_DECREF(item);
        if (!added)
            break;
    }
    Py_DECREF(iterator);
    PyObject *result = object_of(&total);
    if (PyErr_Occurred())
        Py_CLEAR(result);
    return result;
}

#if PY_VERSION_HEX < 0x030c0000
/* A list or tuple of floats alone from left to right, in blocks; false at anything
 * else, of which *done are before. */
static double sum_floats(struct pt_fuzzy_stream *s, PyObject *items, double total)
{
    enum { CHUNK = 64 }; /* short enough to be read while the chain before is added */
    struct pt_fuzzy_work work = {.stream = s, .operation = PT_FUZZY_ADD};
    double room[CHUNK];
    Py_ssize_t length = PySequence_Fast_GET_SIZE(items);

    work.format = PT_FUZZY_BINARY64;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (Py_ssize_t i = 0; i < length;) {
        size_t n = 0;
        while (i < length && n < CHUNK)
            room[n++] = PyFloat_AS_DOUBLE(PySequence_Fast_GET_ITEM(items, i++));
        pt_fuzzy_compute_scan(&work, &total, room, NULL, n);
    }
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(s, work.done - work.nearest, work.nearest);
    return total;
}

static bool are_floats(PyObject *items)
{
    if (!PyList_CheckExact(items) && !PyTuple_CheckExact(items))
        return false;
    PyObject **item = PySequence_Fast_ITEMS(items);
    Py_ssize_t length = PySequence_Fast_GET_SIZE(items), i = 0;
    while (i < length && PyFloat_CheckExact(item[i]))
        i++;
    return length > 0 && i == length;
}
#endif

/* A list or tuple of integers, or of what else Python sums by itself; most are told by
 * their first item. */
static bool is_of_integers(PyObject *items, PyObject *start)
{
    if ((!PyList_CheckExact(items) && !PyTuple_CheckExact(items)) ||
        (start && !PyLong_CheckExact(start)))
        return PyRange_Check(items);
    Py_ssize_t length = PySequence_Fast_GET_SIZE(items), i = 0;
    while (i < length && PyLong_CheckExact(PySequence_Fast_GET_ITEM(items, i)))
        i++;
    return i == length;
}

/* Calls that Python refuses, or are not for us, go to its own function. */
static bool is_plain_call(PyObject *const *args, Py_ssize_t n, PyObject *names,
                          PyObject **start)
{
    Py_ssize_t n_names = names ? PyTuple_GET_SIZE(names) : 0;
    if (n < 1 || n + n_names > 2 ||
        (n_names == 1 &&
         PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "start") != 0))
        return false;
    *start = n + n_names == 2 ? args[1] : NULL;
    return !*start || !(PyUnicode_Check(*start) || PyBytes_Check(*start) ||
                        PyByteArray_Check(*start));
}

PyObject *pt_fuzzy_sum_of(PyObject *module, PyObject *const *args, Py_ssize_t n,
                          PyObject *names)
{
    PyObject *start;
    struct pt_fuzzy_stream *stream = stream_of_layer();
    if (!stream || !is_plain_call(args, n, names, &start) ||
        is_of_integers(args[0], start))
        return pt_fuzzy_own_sum(module, args, n, names);
#if PY_VERSION_HEX < 0x030c0000
    double first = 0;
    if (are_floats(args[0]) && (!start || real_value(start, &first)))
        return PyFloat_FromDouble(sum_floats(stream, args[0], first));
#endif
    return sum_iterable(args[0], start);
}
