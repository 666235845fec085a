#include "fuzzy/complex_numbers.h"

#include <math.h>
#include <string.h>

#include "fuzzy/complex.h"
#include "fuzzy/complex_functions.h"
#include "fuzzy/flags.h"
#include "fuzzy/number_slots.h"
#include "fuzzy/numbers.h"

/* The layouts that numpy documents for its scalars. */
struct complex128_object {
    PyObject_HEAD double part[2];
};
struct complex64_object {
    PyObject_HEAD float part[2];
};

/* Written under the GIL, before the slots that read it are in place. */
static struct {
    PyTypeObject *type;
    PyNumberMethods slots;
} own[PT_FUZZY_N_FORMATS];

/* The value of an operand that numpy takes as it is: a scalar, a number of Python's. */
static bool value_of(PyObject *object, double *value)
{
    value[1] = 0;
    if (Py_TYPE(object) == own[PT_FUZZY_BINARY64].type) {
        memcpy(value, ((struct complex128_object *)object)->part, 2 * sizeof *value);
    } else if (Py_TYPE(object) == own[PT_FUZZY_BINARY32].type) {
        value[0] = (double)((struct complex64_object *)object)->part[0];
        value[1] = (double)((struct complex64_object *)object)->part[1];
    } else if (PyComplex_CheckExact(object)) {
        value[0] = PyComplex_RealAsDouble(object);
        value[1] = PyComplex_ImagAsDouble(object);
    } else {
        return pt_fuzzy_number_value(object, value);
    }
    return true;
}

/* One element of the loop; its flags are not those of the operation that was asked for.
 */
static void compute(unsigned operation, enum pt_fuzzy_format format, const void *a,
                    const void *b, void *result)
{
    const intptr_t one = 1, step = 2 * (intptr_t)pt_fuzzy_format_bytes(format);
    const intptr_t steps[] = {step, step, step};
    char *args[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b, result};
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    pt_fuzzy_complex_loop_of(operation, format)(args, &one, steps, NULL);
    pt_fuzzy_environment_leave(before, 0);
}

static void round_64(unsigned operation, const double *a, const double *b,
                     struct complex128_object *result)
{
    if (isfinite(result->part[0]) && isfinite(result->part[1]))
        compute(operation, PT_FUZZY_BINARY64, a, b, result->part);
}

static void round_32(unsigned operation, const double *a, const double *b,
                     struct complex64_object *result)
{
    float x[2] = {(float)a[0], (float)a[1]}, y[2] = {(float)b[0], (float)b[1]};
    if (isfinite(result->part[0]) && isfinite(result->part[1]))
        compute(operation, PT_FUZZY_BINARY32, x, y, result->part);
}

/* Rounds numpy's result of `a op b` anew where it is finite and nobody else has seen
 * it; steals and returns it. */
static PyObject *rounded(unsigned operation, PyObject *a, PyObject *b, PyObject *result)
{
    double x[2], y[2];
    if (!result || Py_REFCNT(result) != 1 || !value_of(a, x) || !value_of(b, y) ||
        !pt_fuzzy_stream_get())
        return result;
    if (operation == PT_FUZZY_DIVIDE)
        pt_fuzzy_divided(hypot(y[0], y[1]));
    if (Py_TYPE(result) == own[PT_FUZZY_BINARY64].type)
        round_64(operation, x, y, (struct complex128_object *)result);
    else if (Py_TYPE(result) == own[PT_FUZZY_BINARY32].type)
        round_32(operation, x, y, (struct complex64_object *)result);
    return result;
}

/* Where a result is finite, both of its parts are moved. */
static PyObject *moved_power(PyObject *a, PyObject *b, PyObject *result)
{
    const enum pt_fuzzy_complex_function power = PT_FUZZY_COMPLEX_POWER;
    double x[2], y[2];
    if (!result || Py_REFCNT(result) != 1 || !value_of(a, x) || !value_of(b, y))
        return result;
    if (Py_TYPE(result) == own[PT_FUZZY_BINARY64].type) {
        pt_fuzzy_complex_function_move(power, PT_FUZZY_BINARY64, x, y,
                                       ((struct complex128_object *)result)->part);
    } else if (Py_TYPE(result) == own[PT_FUZZY_BINARY32].type) {
        const float p[2] = {(float)x[0], (float)x[1]},
                    q[2] = {(float)y[0], (float)y[1]};
        pt_fuzzy_complex_function_move(power, PT_FUZZY_BINARY32, p, q,
                                       ((struct complex64_object *)result)->part);
    }
    return result;
}

static PyObject *moved_absolute(enum pt_fuzzy_format format, PyObject *a,
                                PyObject *result)
{
    const enum pt_fuzzy_complex_function absolute = PT_FUZZY_COMPLEX_ABSOLUTE;
    enum pt_fuzzy_format real;
    if (!result || !pt_fuzzy_number_is_fresh(result, &real) || real != format ||
        Py_TYPE(a) != own[format].type)
        return result;
    if (format == PT_FUZZY_BINARY64) {
        const double *x = ((struct complex128_object *)a)->part;
        pt_fuzzy_complex_function_move(
            absolute, format, x, x, &((struct pt_fuzzy_float64_object *)result)->value);
    } else {
        const float *x = ((struct complex64_object *)a)->part;
        pt_fuzzy_complex_function_move(
            absolute, format, x, x, &((struct pt_fuzzy_float32_object *)result)->value);
    }
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
    static PyObject *absolute_##bits(PyObject *a)                                      \
    {                                                                                  \
        return moved_absolute(PT_FUZZY_BINARY##bits, a,                                \
                              own[PT_FUZZY_BINARY##bits].slots.nb_absolute(a));        \
    }                                                                                  \
    static const PyNumberMethods ours_##bits = {                                       \
        .nb_add = add_##bits,                                                          \
        .nb_subtract = subtract_##bits,                                                \
        .nb_multiply = multiply_##bits,                                                \
        .nb_true_divide = true_divide_##bits,                                          \
        .nb_power = power_##bits,                                                      \
        .nb_absolute = absolute_##bits,                                                \
    };
SLOTS(64)
SLOTS(32)

static bool is_type(const PyTypeObject *type, const char *name)
{
    return type && strcmp(type->tp_name, name) == 0 && type->tp_as_number &&
           type->tp_as_number->nb_true_divide && type->tp_as_number->nb_power &&
           type->tp_as_number->nb_absolute;
}

enum pt_status pt_fuzzy_complex_numbers_install(PyTypeObject *complex128,
                                                PyTypeObject *complex64,
                                                struct pt_error *error)
{
    if (!is_type(complex128, "numpy.complex128") ||
        !is_type(complex64, "numpy.complex64"))
        return pt_error_set(error, PT_E_VERSION,
                            "this numpy's complex scalars are not where they were: "
                            "their arithmetic stays unperturbed");
    if (own[PT_FUZZY_BINARY64].type == complex128)
        return PT_OK;
    own[PT_FUZZY_BINARY64].type = complex128;
    own[PT_FUZZY_BINARY32].type = complex64;
    pt_fuzzy_number_slots_put(complex128, &ours_64, &own[PT_FUZZY_BINARY64].slots);
    pt_fuzzy_number_slots_put(complex64, &ours_32, &own[PT_FUZZY_BINARY32].slots);
    PyType_Modified(complex128);
    PyType_Modified(complex64);
    return PT_OK;
}
