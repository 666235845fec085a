#include "fuzzy/numbers.h"

#include <math.h>
#include <string.h>

#include "fuzzy/number_slots.h"
#include "fuzzy/scalar.h"

/* Written under the GIL, before the slots that read it are in place. */
static struct {
    PyTypeObject *type;
    PyNumberMethods slots;
} own[PT_FUZZY_N_FORMATS];

bool pt_fuzzy_number_value(PyObject *object, double *value)
{
    if (Py_TYPE(object) == own[PT_FUZZY_BINARY32].type) {
        *value = (double)((struct pt_fuzzy_float32_object *)object)->value;
    } else if (Py_TYPE(object) == own[PT_FUZZY_BINARY64].type ||
               PyFloat_CheckExact(object)) {
        *value = ((struct pt_fuzzy_float64_object *)object)->value;
    } else if (PyLong_CheckExact(object)) {
        int overflow;
        long long integer = PyLong_AsLongLongAndOverflow(object, &overflow);
        if (overflow || integer > 1LL << 53 || integer < -(1LL << 53))
            return false;
        *value = (double)integer;
    } else {
        return false;
    }
    return true;
}

bool pt_fuzzy_number_is_fresh(PyObject *result, enum pt_fuzzy_format *format)
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
        ((struct pt_fuzzy_float64_object *)result)->value = value;
    else
        ((struct pt_fuzzy_float32_object *)result)->value = (float)value;
}

static double get(PyObject *result, enum pt_fuzzy_format format)
{
    return format == PT_FUZZY_BINARY64
               ? ((struct pt_fuzzy_float64_object *)result)->value
               : (double)((struct pt_fuzzy_float32_object *)result)->value;
}

/* Operands of a result that is ours to change. A Python number is converted to float32
 * before an operation in it. */
static bool is_ours(PyObject *a, PyObject *b, PyObject *result,
                    enum pt_fuzzy_format *format, double *x, double *y)
{
    if (!result || !pt_fuzzy_number_is_fresh(result, format) ||
        !pt_fuzzy_number_value(a, x) || !pt_fuzzy_number_value(b, y))
        return false;
    if (*format == PT_FUZZY_BINARY32) {
        *x = (double)(float)*x;
        *y = (double)(float)*y;
    }
    return true;
}

/* Rounds numpy's result of `a op b` anew where it is finite; steals and returns it. */
static PyObject *rounded(unsigned operation, PyObject *a, PyObject *b, PyObject *result)
{
    enum pt_fuzzy_format format;
    double x, y;
    if (!is_ours(a, b, result, &format, &x, &y))
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
    if (!is_ours(a, b, result, &format, &x, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_get();
    if (stream)
        put(result, format,
            pt_fuzzy_scalar_function(stream, PT_FUZZY_POWER, format, x, y,
                                     get(result, format)));
    return result;
}

/* One set of slots for each type, as a slot is not told whose it is. */
#define SLOT(name, OPERATION, bits)                                                    \
    static PyObject *name##_##bits(PyObject *a, PyObject *b)                           \
    {                                                                                  \
        return rounded(OPERATION, a, b,                                                \
                       own[PT_FUZZY_BINARY##bits].slots.nb_##name(a, b));              \
    }
#define SLOTS(bits)                                                                    \
    SLOT(add, PT_FUZZY_ADD, bits)                                                      \
    SLOT(subtract, PT_FUZZY_SUBTRACT, bits)                                            \
    SLOT(multiply, PT_FUZZY_MULTIPLY, bits)                                            \
    SLOT(true_divide, PT_FUZZY_DIVIDE, bits)                                           \
    static PyObject *power_##bits(PyObject *a, PyObject *b, PyObject *modulus)         \
    {                                                                                  \
        return moved_power(a, b,                                                       \
                           own[PT_FUZZY_BINARY##bits].slots.nb_power(a, b, modulus));  \
    }                                                                                  \
    static const PyNumberMethods ours_##bits = {                                       \
        .nb_add = add_##bits,                                                          \
        .nb_subtract = subtract_##bits,                                                \
        .nb_multiply = multiply_##bits,                                                \
        .nb_true_divide = true_divide_##bits,                                          \
        .nb_power = power_##bits,                                                      \
    };
SLOTS(64)
SLOTS(32)

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

enum pt_status pt_fuzzy_numbers_install(PyTypeObject *float64, PyTypeObject *float32,
                                        struct pt_error *error)
{
    enum pt_status status = check_type(float64, "numpy.float64", error);
    if (status == PT_OK)
        status = check_type(float32, "numpy.float32", error);
    if (status != PT_OK || own[PT_FUZZY_BINARY64].type == float64)
        return status;
    own[PT_FUZZY_BINARY64].type = float64;
    own[PT_FUZZY_BINARY32].type = float32;
    pt_fuzzy_number_slots_put(float64, &ours_64, &own[PT_FUZZY_BINARY64].slots);
    pt_fuzzy_number_slots_put(float32, &ours_32, &own[PT_FUZZY_BINARY32].slots);
    PyType_Modified(float64);
    PyType_Modified(float32);
    return PT_OK;
}
