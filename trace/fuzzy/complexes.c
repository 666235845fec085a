/* Arithmetic of Python's complex objects: the real operations that CPython computes
 * them by, each of them rounded. */
#include "fuzzy/floats.h"

#include <math.h>

#include "fuzzy/number_slots.h"

/* The slots that were there. Written under the GIL, before ours are in place. */
static PyNumberMethods own;

static bool complex_of(PyObject *object, Py_complex *value)
{
    value->imag = 0;
    if (!PyComplex_Check(object))
        return pt_fuzzy_float_value(object, &value->real);
    *value = ((PyComplexObject *)object)->cval;
    return true;
}

static bool is_ours(PyObject *result)
{
    if (!result || !PyComplex_CheckExact(result) || Py_REFCNT(result) != 1)
        return false;
    Py_complex value = ((PyComplexObject *)result)->cval;
    return isfinite(value.real) && isfinite(value.imag);
}

static double op(struct pt_fuzzy_stream *s, unsigned operation, double x, double y)
{
    return pt_fuzzy_float_operation(s, operation, x, y);
}

static Py_complex product(struct pt_fuzzy_stream *s, Py_complex a, Py_complex b)
{
    const unsigned times = PT_FUZZY_MULTIPLY;
    Py_complex r;
    r.real = op(s, PT_FUZZY_SUBTRACT, op(s, times, a.real, b.real),
                op(s, times, a.imag, b.imag));
    r.imag =
        op(s, PT_FUZZY_ADD, op(s, times, a.real, b.imag), op(s, times, a.imag, b.real));
    return r;
}

/* Smith's method, as CPython has it; b is not zero. */
static Py_complex quotient(struct pt_fuzzy_stream *s, Py_complex a, Py_complex b)
{
    const unsigned plus = PT_FUZZY_ADD, minus = PT_FUZZY_SUBTRACT;
    const unsigned times = PT_FUZZY_MULTIPLY, by = PT_FUZZY_DIVIDE;
    Py_complex r;
    if (fabs(b.real) >= fabs(b.imag)) {
        double ratio = op(s, by, b.imag, b.real);
        double divisor = op(s, plus, b.real, op(s, times, b.imag, ratio));
        r.real = op(s, by, op(s, plus, a.real, op(s, times, a.imag, ratio)), divisor);
        r.imag = op(s, by, op(s, minus, a.imag, op(s, times, a.real, ratio)), divisor);
    } else {
        double ratio = op(s, by, b.real, b.imag);
        double divisor = op(s, plus, op(s, times, b.real, ratio), b.imag);
        r.real = op(s, by, op(s, plus, op(s, times, a.real, ratio), a.imag), divisor);
        r.imag = op(s, by, op(s, minus, op(s, times, a.imag, ratio), a.real), divisor);
    }
    return r;
}

static Py_complex result_of(struct pt_fuzzy_stream *s, unsigned operation, Py_complex a,
                            Py_complex b)
{
    Py_complex r;
    if (operation == PT_FUZZY_MULTIPLY)
        return product(s, a, b);
    if (operation == PT_FUZZY_DIVIDE)
        return quotient(s, a, b);
    r.real = op(s, operation, a.real, b.real);
    r.imag = op(s, operation, a.imag, b.imag);
    return r;
}

/* Rounds the result of `a op b` anew; steals and returns it. */
static PyObject *rounded(unsigned operation, PyObject *a, PyObject *b, PyObject *result)
{
    Py_complex x, y;
    if (!is_ours(result) || !complex_of(a, &x) || !complex_of(b, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_float_stream();
    if (!stream)
        return result;
    ((PyComplexObject *)result)->cval = result_of(stream, operation, x, y);
    if (operation == PT_FUZZY_DIVIDE)
        pt_fuzzy_divided(hypot(y.real, y.imag));
    return result;
}

static PyObject *add(PyObject *a, PyObject *b)
{
    return rounded(PT_FUZZY_ADD, a, b, own.nb_add(a, b));
}

static PyObject *subtract(PyObject *a, PyObject *b)
{
    return rounded(PT_FUZZY_SUBTRACT, a, b, own.nb_subtract(a, b));
}

static PyObject *multiply(PyObject *a, PyObject *b)
{
    return rounded(PT_FUZZY_MULTIPLY, a, b, own.nb_multiply(a, b));
}

static PyObject *divide(PyObject *a, PyObject *b)
{
    return rounded(PT_FUZZY_DIVIDE, a, b, own.nb_true_divide(a, b));
}

static double moved(struct pt_fuzzy_stream *s, double r)
{
    return pt_fuzzy_scalar_function(s, PT_FUZZY_SIN, PT_FUZZY_BINARY64, r, r, r);
}

/* Small powers of integers are exact. */
static bool is_exact_power(Py_complex x, Py_complex y)
{
    double size = fabs(x.real) + fabs(x.imag);
    return x.real == trunc(x.real) && x.imag == trunc(x.imag) && y.imag == 0 &&
           y.real == trunc(y.real) && y.real >= 0 && y.real <= 100 &&
           (size <= 1 || y.real * log2(size) <= 52);
}

static PyObject *power(PyObject *a, PyObject *b, PyObject *modulus)
{
    PyObject *result = own.nb_power(a, b, modulus);
    Py_complex x, y;
    if (!is_ours(result) || !complex_of(a, &x) || !complex_of(b, &y) ||
        is_exact_power(x, y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_float_stream();
    if (stream) {
        Py_complex *value = &((PyComplexObject *)result)->cval;
        value->real = moved(stream, value->real);
        value->imag = moved(stream, value->imag);
    }
    return result;
}

/* Only the builtin function `abs` asks for it, not the compiler. */
static PyObject *absolute(PyObject *a)
{
    PyObject *result = own.nb_absolute(a);
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for(PT_FUZZY_PYTHON);
    if (result && stream && PyFloat_CheckExact(result) && Py_REFCNT(result) == 1) {
        Py_complex x = ((PyComplexObject *)a)->cval;
        ((PyFloatObject *)result)->ob_fval =
            pt_fuzzy_scalar_function(stream, PT_FUZZY_HYPOT, PT_FUZZY_BINARY64, x.real,
                                     x.imag, PyFloat_AS_DOUBLE(result));
    }
    return result;
}

static const PyNumberMethods our_slots = {
    .nb_add = add,
    .nb_subtract = subtract,
    .nb_multiply = multiply,
    .nb_true_divide = divide,
    .nb_power = power,
    .nb_absolute = absolute,
};

void pt_fuzzy_complex_slots_put(void)
{
    pt_fuzzy_number_slots_put(&PyComplex_Type, &our_slots, &own);
}

void pt_fuzzy_complex_slots_take_back(void)
{
    *PyComplex_Type.tp_as_number = own;
}
