#include "fuzzy/floats.h"

#include <math.h>
#include <opcode.h>

#include "fuzzy/evaluation.h"
#include "fuzzy/number_slots.h"

/* The slots that were there. Written under the GIL, before ours are in place. */
static PyNumberMethods own;
static binaryfunc own_integer_divide;

static uint64_t n_calls; /* of our slots, for the proof; under the GIL */

/* The common case in few steps: NaN where it is none. Python looks at no exception
 * flags. */
static inline double common(struct pt_fuzzy_stream *stream, unsigned operation,
                            double a, double b)
{
    pt_fuzzy_single_fn *const *single = pt_fuzzy_runtime.single;
    if (!single)
        return (double)NAN;
    double result = single[operation](a, b, *pt_fuzzy_stream_draw(stream, 1));
    if (!isnan(result))
        pt_fuzzy_stream_count_few(stream, 1);
    return result;
}

double pt_fuzzy_float_operation(struct pt_fuzzy_stream *stream, unsigned operation,
                                double a, double b)
{
    double result = common(stream, operation, a, b);
    return isnan(result) ? pt_fuzzy_scalar(stream, operation, PT_FUZZY_BINARY64, a, b)
                         : result;
}

struct pt_fuzzy_stream *pt_fuzzy_float_stream(void)
{
    n_calls++;
    return pt_fuzzy_evaluation_in_arithmetic()
               ? pt_fuzzy_stream_for_few(PT_FUZZY_PYTHON)
               : NULL;
}

bool pt_fuzzy_float_value(PyObject *object, double *value)
{
    if (PyFloat_Check(object))
        *value = PyFloat_AS_DOUBLE(object);
    else if (PyLong_Check(object))
        *value = PyLong_AsDouble(object);
    else
        return false;
    return *value != -1 || !PyErr_Occurred();
}

static bool is_ours(PyObject *result)
{
    return result && PyFloat_CheckExact(result) && Py_REFCNT(result) == 1 &&
           isfinite(PyFloat_AS_DOUBLE(result));
}

/* Rounds the result of `a op b` anew; steals and returns it. */
static PyObject *rounded(unsigned operation, PyObject *a, PyObject *b, PyObject *result)
{
    double x, y;
    if (!is_ours(result) || !pt_fuzzy_float_value(a, &x) ||
        !pt_fuzzy_float_value(b, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_float_stream();
    if (!stream)
        return result;
    ((PyFloatObject *)result)->ob_fval =
        pt_fuzzy_float_operation(stream, operation, x, y);
    if (operation == PT_FUZZY_DIVIDE)
        pt_fuzzy_divided(y);
    return result;
}

/* Slots are called by the operators below, and for the compiler and the C API. */
static PyObject *operation_of(unsigned operation, binaryfunc own_slot, PyObject *a,
                              PyObject *b)
{
    return rounded(operation, a, b, own_slot(a, b));
}

static PyObject *add(PyObject *a, PyObject *b)
{
    return operation_of(PT_FUZZY_ADD, own.nb_add, a, b);
}

static PyObject *subtract(PyObject *a, PyObject *b)
{
    return operation_of(PT_FUZZY_SUBTRACT, own.nb_subtract, a, b);
}

static PyObject *multiply(PyObject *a, PyObject *b)
{
    return operation_of(PT_FUZZY_MULTIPLY, own.nb_multiply, a, b);
}

static PyObject *divide(PyObject *a, PyObject *b)
{
    return operation_of(PT_FUZZY_DIVIDE, own.nb_true_divide, a, b);
}

/* The quotient of two integers, where doubles hold them. */
static PyObject *integer_divide(PyObject *a, PyObject *b)
{
    static const double most = 0x1p53;
    PyObject *result = own_integer_divide(a, b);
    double x, y;
    if (!is_ours(result) || !pt_fuzzy_float_value(a, &x) ||
        !pt_fuzzy_float_value(b, &y)) {
        if (result)
            PyErr_Clear(); /* an operand too large for a double */
        return result;
    }
    struct pt_fuzzy_stream *stream = pt_fuzzy_float_stream();
    if (stream && fabs(x) <= most && fabs(y) <= most)
        ((PyFloatObject *)result)->ob_fval =
            pt_fuzzy_float_operation(stream, PT_FUZZY_DIVIDE, x, y);
    return result;
}

static PyObject *power(PyObject *a, PyObject *b, PyObject *modulus)
{
    PyObject *result = own.nb_power(a, b, modulus);
    double x, y;
    if (!is_ours(result) || !pt_fuzzy_float_value(a, &x) ||
        !pt_fuzzy_float_value(b, &y))
        return result;
    struct pt_fuzzy_stream *stream = pt_fuzzy_float_stream();
    if (stream)
        ((PyFloatObject *)result)->ob_fval = pt_fuzzy_scalar_function(
            stream, PT_FUZZY_POWER, PT_FUZZY_BINARY64, x, y, PyFloat_AS_DOUBLE(result));
    return result;
}

/* A new reference to `value`. An operand that nobody but the instruction holds, which
 * is about to give it up, becomes the result. */
static inline PyObject *object_of(double value, PyObject *a, PyObject *b)
{
    PyObject *object = Py_REFCNT(a) == 1 ? a : b;
    if (Py_REFCNT(object) != 1)
        return PyFloat_FromDouble(value);
    ((PyFloatObject *)object)->ob_fval = value;
    return Py_NewRef(object);
}

/* What the instruction calls: two floats are done with here, in most cases. */
#define OPERATOR(name, operation, generic)                                             \
    static PyObject *operator_##name(PyObject *a, PyObject *b)                         \
    {                                                                                  \
        if (PyFloat_CheckExact(a) && PyFloat_CheckExact(b)) {                          \
            struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for_few(PT_FUZZY_PYTHON); \
            double result = stream ? common(stream, operation, PyFloat_AS_DOUBLE(a),   \
                                            PyFloat_AS_DOUBLE(b))                      \
                                   : (double)NAN;                                      \
            if (!isnan(result)) {                                                      \
                if ((operation) == PT_FUZZY_DIVIDE)                                    \
                    pt_fuzzy_divided(PyFloat_AS_DOUBLE(b));                            \
                return object_of(result, a, b);                                        \
            }                                                                          \
        }                                                                              \
        return generic(a, b);                                                          \
    }
OPERATOR(add, PT_FUZZY_ADD, PyNumber_Add)
OPERATOR(subtract, PT_FUZZY_SUBTRACT, PyNumber_Subtract)
OPERATOR(multiply, PT_FUZZY_MULTIPLY, PyNumber_Multiply)
OPERATOR(divide, PT_FUZZY_DIVIDE, PyNumber_TrueDivide)
OPERATOR(add_to, PT_FUZZY_ADD, PyNumber_InPlaceAdd)
OPERATOR(subtract_from, PT_FUZZY_SUBTRACT, PyNumber_InPlaceSubtract)
OPERATOR(multiply_by, PT_FUZZY_MULTIPLY, PyNumber_InPlaceMultiply)
OPERATOR(divide_by, PT_FUZZY_DIVIDE, PyNumber_InPlaceTrueDivide)
#undef OPERATOR

static const struct pt_fuzzy_operator our_operators[] = {
    {NB_ADD, operator_add},
    {NB_SUBTRACT, operator_subtract},
    {NB_MULTIPLY, operator_multiply},
    {NB_TRUE_DIVIDE, operator_divide},
    {NB_INPLACE_ADD, operator_add_to},
    {NB_INPLACE_SUBTRACT, operator_subtract_from},
    {NB_INPLACE_MULTIPLY, operator_multiply_by},
    {NB_INPLACE_TRUE_DIVIDE, operator_divide_by},
};

static const PyNumberMethods our_slots = {
    .nb_add = add,
    .nb_subtract = subtract,
    .nb_multiply = multiply,
    .nb_true_divide = divide,
    .nb_power = power,
};

static void put_slots(void)
{
    pt_fuzzy_number_slots_put(&PyFloat_Type, &our_slots, &own);
    own_integer_divide = PyLong_Type.tp_as_number->nb_true_divide;
    PyLong_Type.tp_as_number->nb_true_divide = integer_divide;
    pt_fuzzy_complex_slots_put();
}

static void take_slots_back(void)
{
    *PyFloat_Type.tp_as_number = own;
    PyLong_Type.tp_as_number->nb_true_divide = own_integer_divide;
    pt_fuzzy_complex_slots_take_back();
    own.nb_add = NULL;
}

/* Runs a loop for as long as its instructions take to be specialised, and says whether
 * each of its operations came to our slots. */
static bool loops_reach_slots(void)
{
    static const char code[] = "def prove():\n"
                               "    x = 0.5\n"
                               "    for i in range(200):\n"
                               "        x = (x + 0.5 - 0.25) * 0.5\n"
                               "prove()\n";
    PyObject *globals = PyDict_New(), *result = NULL;
    uint64_t before = n_calls;
    pt_fuzzy_pause();
    if (globals &&
        PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) == 0)
        result = PyRun_String(code, Py_file_input, globals, globals);
    pt_fuzzy_resume();
    bool reached = result && n_calls - before >= 600;
    Py_XDECREF(result);
    Py_XDECREF(globals);
    PyErr_Clear();
    return reached;
}

enum pt_status pt_fuzzy_floats_install(struct pt_error *error)
{
    if (own.nb_add)
        return PT_OK;
    enum pt_status status = pt_fuzzy_evaluation_generic(error);
    if (status != PT_OK)
        return status;
    put_slots();
    if (loops_reach_slots()) {
        /* The slots would do alone: where there is no such table it is only slower. */
        (void)!pt_fuzzy_evaluation_operators_put(our_operators,
                                                 PT_ARRAY_LENGTH(our_operators));
        return PT_OK;
    }
    take_slots_back();
    pt_fuzzy_evaluation_restore();
    return pt_error_set(error, PT_E_UNSUPPORTED,
                        "additions in a loop of this Python do not reach its number "
                        "slots: the layer python is not available");
}
