#include "fuzzy/numbers.h"

#include <math.h>
#include <string.h>

#include "fuzzy/scalar.h"

/* The layout that numpy documents for PyDoubleScalarObject and PyFloatScalarObject; the
 * first is that of PyFloatObject too. */
struct float64_object {
    PyObject_HEAD double value;
};
struct float32_object {
    PyObject_HEAD float value;
};

/* Written under the GIL, before the slots that read it are in place. */
static struct {
    PyTypeObject *type;
    binaryfunc add, subtract, multiply, divide;
    ternaryfunc power;
} own[PT_FUZZY_N_FORMATS];

/* The value of an operand that numpy takes as it is: a scalar of either type, a Python
 * float, an integer that a double holds. `in32`: the result is a float32, to which a
 * Python number is converted before. */
static bool value_of(PyObject *object, bool in32, double *value)
{
    if (Py_TYPE(object) == own[PT_FUZZY_BINARY32].type) {
        *value = (double)((struct float32_object *)object)->value;
        return true;
    }
    if (Py_TYPE(object) == own[PT_FUZZY_BINARY64].type || PyFloat_CheckExact(object)) {
        *value = ((struct float64_object *)object)->value;
    } else if (PyLong_CheckExact(object)) {
        int overflow;
        long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
        if (overflow || integer > 1LL << 53 || integer < -(1LL << 53))
            return false;
        *value = (double)integer;
    } else {
        return false;
    }
    if (in32)
        *value = (double)(float)*value;
    return true;
}

/* The format of a result that was made for us and that nobody else has seen. */
static bool is_fresh(PyObject *result, enum pt_fuzzy_format *format)
{
    if (Py_REFCNT(result) != 1)
        return false;
    *format = Py_TYPE(result) == own[PT_FUZZY_BINARY64].type ? PT_FUZZY_BINARY64
                                                             : PT_FUZZY_BINARY32;
    return Py_TYPE(result) == own[*format].type;
}

static void put(PyObject *result, enum pt_fuzzy_format format, double value)
{
    if (format == PT_FUZZY_BINARY64)
        ((struct float64_object *)result)->value = value;
    else
        ((struct float32_object *)result)->value = (float)value;
}

static double get(PyObject *result, enum pt_fuzzy_format format)
{
    return format == PT_FUZZY_BINARY64
               ? ((struct float64_object *)result)->value
               : (double)((struct float32_object *)result)->value;
}

/* Rounds numpy's result of `a op b` anew where it is finite and ours to change; steals
 * and returns it. */
static PyObject *rounded(unsigned operation, PyObject *a, PyObject *b, PyObject *result)
{
    enum pt_fuzzy_format format;
    double x, y;
    if (!result || !is_fresh(result, &format))
        return result;
    bool in32 = format == PT_FUZZY_BINARY32;
    if (!value_of(a, in32, &x) || !value_of(b, in32, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_get();
    if (!stream || !isfinite(get(result, format)))
        return result;
    put(result, format, pt_fuzzy_scalar(stream, operation, format, x, y));
    if (operation == PT_FUZZY_DIVIDE)
        pt_fuzzy_divided(y);
    return result;
}

static PyObject *moved_power(PyObject *a, PyObject *b, PyObject *result)
{
    enum pt_fuzzy_format format;
    double x, y;
    if (!result || !is_fresh(result, &format))
        return result;
    bool in32 = format == PT_FUZZY_BINARY32;
    if (!value_of(a, in32, &x) || !value_of(b, in32, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_get();
    if (stream)
        put(result, format,
            pt_fuzzy_scalar_function(stream, PT_FUZZY_POWER, format, x, y,
                                     get(result, format)));
    return result;
}

/* One set of slots for each type, as a slot is not told whose it is. */
#define SLOTS(bits, format)                                                            \
    static PyObject *add_##bits(PyObject *a, PyObject *b)                              \
    {                                                                                  \
        return rounded(PT_FUZZY_ADD, a, b, own[format].add(a, b));                     \
    }                                                                                  \
    static PyObject *subtract_##bits(PyObject *a, PyObject *b)                         \
    {                                                                                  \
        return rounded(PT_FUZZY_SUBTRACT, a, b, own[format].subtract(a, b));           \
    }                                                                                  \
    static PyObject *multiply_##bits(PyObject *a, PyObject *b)                         \
    {                                                                                  \
        return rounded(PT_FUZZY_MULTIPLY, a, b, own[format].multiply(a, b));           \
    }                                                                                  \
    static PyObject *divide_##bits(PyObject *a, PyObject *b)                           \
    {                                                                                  \
        return rounded(PT_FUZZY_DIVIDE, a, b, own[format].divide(a, b));               \
    }                                                                                  \
    static PyObject *power_##bits(PyObject *a, PyObject *b, PyObject *modulus)         \
    {                                                                                  \
        return moved_power(a, b, own[format].power(a, b, modulus));                    \
    }
SLOTS(64, PT_FUZZY_BINARY64)
SLOTS(32, PT_FUZZY_BINARY32)

static enum pt_status check_type(PyTypeObject *type, const char *name,
                                 struct pt_error *error)
{
    if (!type || strcmp(type->tp_name, name) != 0 || !type->tp_as_number ||
        !type->tp_as_number->nb_power)
        return pt_error_set(error, PT_E_VERSION,
                            "this numpy's %s is not where it was: its arithmetic stays "
                            "unperturbed",
                            name);
    return PT_OK;
}

static void keep(enum pt_fuzzy_format format, PyTypeObject *type)
{
    const PyNumberMethods *slots = type->tp_as_number;
    own[format].type = type;
    own[format].add = slots->nb_add;
    own[format].subtract = slots->nb_subtract;
    own[format].multiply = slots->nb_multiply;
    own[format].divide = slots->nb_true_divide;
    own[format].power = slots->nb_power;
}

enum pt_status pt_fuzzy_numbers_install(PyTypeObject *float64, PyTypeObject *float32,
                                        struct pt_error *error)
{
    enum pt_status status = check_type(float64, "numpy.float64", error);
    if (status == PT_OK)
        status = check_type(float32, "numpy.float32", error);
    if (status != PT_OK || own[PT_FUZZY_BINARY64].type == float64)
        return status;
    keep(PT_FUZZY_BINARY64, float64);
    keep(PT_FUZZY_BINARY32, float32);
    PyNumberMethods *wide = float64->tp_as_number, *narrow = float32->tp_as_number;
    wide->nb_add = add_64;
    wide->nb_subtract = subtract_64;
    wide->nb_multiply = multiply_64;
    wide->nb_true_divide = divide_64;
    wide->nb_power = power_64;
    narrow->nb_add = add_32;
    narrow->nb_subtract = subtract_32;
    narrow->nb_multiply = multiply_32;
    narrow->nb_true_divide = divide_32;
    narrow->nb_power = power_32;
    PyType_Modified(float64);
    PyType_Modified(float32);
    return PT_OK;
}
