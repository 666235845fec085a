/* Python's numbers and numpy's scalars. */
#include <float.h>
#include <string.h>

#include "base/bytes.h"
#include "capture/parts.h"

static void emit_scalar(struct pt_capture *capture, char dtype, size_t bytes,
                        const void *data, uint16_t form)
{
    struct pt_numbers numbers = {.data = data,
                                 .dtype = dtype,
                                 .item_bytes = (uint8_t)bytes,
                                 .form = form,
                                 .n_elements = 1};

    pt_capture_emit(capture, &numbers);
}

static void put_double(unsigned char *out, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    pt_put64(out, bits);
}

/* An integer beyond 64 bits: its size and its value in base 16, as far as it goes. */
static void emit_big(struct pt_capture *capture, PyObject *value)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[48];
    char text[2 * sizeof bytes + 3];
    size_t n = 0, used = 0;
    size_t bits = _PyLong_NumBits(value);
    bool negative = _PyLong_Sign(value) < 0;
    PyObject *type, *error, *trace;

    if (bits >= 8 * sizeof bytes - 1) {
        used = (size_t)PyOS_snprintf(text, sizeof text, "%s%zu bits",
                                     negative ? "-" : "", bits);
        pt_capture_emit_label(capture, "int", text, used);
        return;
    }
    PyErr_Fetch(&type, &error, &trace);
#if PY_VERSION_HEX >= 0x030d0000
    (void)_PyLong_AsByteArray((PyLongObject *)value, bytes, sizeof bytes, 0, 1, 1);
#else
    (void)_PyLong_AsByteArray((PyLongObject *)value, bytes, sizeof bytes, 0, 1);
#endif
    PyErr_Restore(type, error, trace);
    if (negative) { /* two's complement to magnitude */
        unsigned carry = 1;

        for (size_t i = sizeof bytes; i-- > 0; carry >>= 8) {
            carry += (unsigned char)~bytes[i];
            bytes[i] = (unsigned char)carry;
        }
        text[used++] = '-';
    }
    text[used++] = '0';
    text[used++] = 'x';
    while (n < sizeof bytes && !bytes[n])
        n++;
    for (; n < sizeof bytes; n++) {
        text[used++] = digits[bytes[n] >> 4];
        text[used++] = digits[bytes[n] & 15];
    }
    pt_capture_emit_label(capture, "int", text, used);
}

static void emit_int(struct pt_capture *capture, PyObject *value)
{
    unsigned char data[8];
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);

    if (overflow) {
        emit_big(capture, value);
        return;
    }
    pt_put64(data, (uint64_t)number);
    emit_scalar(capture, 'i', sizeof data, data, PT_FORM_PYTHON);
}

/* A numpy scalar, in little-endian order and without the padding of a long double. */
static void emit_numpy(struct pt_capture *capture, const struct pt_elements *scalar)
{
    unsigned char data[32] = {0};
    size_t bytes = scalar->item_bytes;
    char kind = scalar->kind == 'M' || scalar->kind == 'm' ? 'i' : scalar->kind;

    memcpy(data, scalar->data, bytes);
#if LDBL_MANT_DIG == 64
    if ((kind == 'f' && bytes == 16) || (kind == 'c' && bytes == 32))
        for (size_t i = 10; i < bytes; i += 16)
            memset(data + i, 0, 6);
#endif
    emit_scalar(capture, kind, bytes, data, PT_FORM_NUMPY_SCALAR);
}

/* Numbers of Python's own types, exactly; those of derived types come later. */
bool pt_capture_python_number(struct pt_capture *capture, PyObject *value)
{
    unsigned char data[16];

    if (PyFloat_CheckExact(value)) {
        put_double(data, PyFloat_AS_DOUBLE(value));
        emit_scalar(capture, 'f', 8, data, PT_FORM_PYTHON);
    } else if (PyBool_Check(value)) {
        data[0] = value == Py_True;
        emit_scalar(capture, 'b', 1, data, PT_FORM_PYTHON);
    } else if (PyLong_CheckExact(value)) {
        emit_int(capture, value);
    } else {
        return false;
    }
    return true;
}

/* numpy's scalars, and what else is derived from a number: numpy.float64 is a float. */
bool pt_capture_numpy_scalar(struct pt_capture *capture, PyObject *value)
{
    unsigned char data[16];
    struct pt_elements scalar;

    if (pt_numpy_scalar(value, &scalar)) {
        emit_numpy(capture, &scalar);
    } else if (PyLong_Check(value)) {
        emit_int(capture, value);
    } else if (PyFloat_Check(value)) {
        put_double(data, PyFloat_AS_DOUBLE(value));
        emit_scalar(capture, 'f', 8, data, PT_FORM_PYTHON);
    } else if (PyComplex_Check(value)) {
        put_double(data, ((PyComplexObject *)value)->cval.real);
        put_double(data + 8, ((PyComplexObject *)value)->cval.imag);
        emit_scalar(capture, 'c', 16, data, PT_FORM_PYTHON);
    } else {
        return false;
    }
    return true;
}
