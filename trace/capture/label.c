/* What is not numbers: the name of its type and, for text and named things, a short
 * text. Nothing of the program is called for it: no __repr__, no __str__. */
#include "capture/parts.h"

enum { TEXT_BYTES = 64 };

static size_t encode(Py_UCS4 c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t pt_capture_utf8(PyObject *text, char *out, size_t room)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text);
    size_t used = 0;

    for (Py_ssize_t i = 0; i < n; i++) {
        char bytes[4];
        size_t size = encode(PyUnicode_READ_CHAR(text, i), bytes);

        if (used + size > room)
            break;
        for (size_t k = 0; k < size; k++)
            out[used++] = bytes[k];
    }
    return used;
}

static PyObject *name_of(PyObject *value)
{
    if (PyFunction_Check(value))
        return ((PyFunctionObject *)value)->func_qualname;
    if (PyMethod_Check(value))
        return name_of(PyMethod_GET_FUNCTION(value));
    if (PyType_Check(value) &&
        (((PyTypeObject *)value)->tp_flags & Py_TPFLAGS_HEAPTYPE))
        return ((PyHeapTypeObject *)value)->ht_qualname;
    return NULL;
}

static size_t copy_text(const char *from, size_t bytes, char *out)
{
    if (bytes > TEXT_BYTES)
        bytes = TEXT_BYTES;
    for (size_t i = 0; i < bytes; i++)
        out[i] = from[i];
    return bytes;
}

static size_t describe(PyObject *value, char *out)
{
    PyObject *name = name_of(value);

    if (name && PyUnicode_Check(name))
        return pt_capture_utf8(name, out, TEXT_BYTES);
    if (PyUnicode_Check(value))
        return pt_capture_utf8(value, out, TEXT_BYTES);
    if (PyBytes_Check(value))
        return copy_text(PyBytes_AS_STRING(value), (size_t)PyBytes_GET_SIZE(value),
                         out);
    if (PyType_Check(value))
        return copy_text(((PyTypeObject *)value)->tp_name,
                         strlen(((PyTypeObject *)value)->tp_name), out);
    if (PyCFunction_Check(value)) {
        const char *method = ((PyCFunctionObject *)value)->m_ml->ml_name;

        return copy_text(method, strlen(method), out);
    }
    return 0;
}

void pt_capture_label(struct pt_capture *capture, PyObject *value)
{
    char text[TEXT_BYTES];
    size_t bytes = describe(value, text);

    pt_capture_emit_label(capture, Py_TYPE(value)->tp_name, text, bytes);
}
