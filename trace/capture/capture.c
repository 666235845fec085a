#include "capture/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/parts.h"

void pt_capture_init(struct pt_capture *capture, struct pt_trace_writer *writer,
                     const struct pt_capture_limits *limits)
{
    memset(capture, 0, sizeof *capture);
    capture->writer = writer;
    capture->limits = *limits;
    if (capture->limits.max_depth > PT_CAPTURE_NESTING)
        capture->limits.max_depth = PT_CAPTURE_NESTING;
}

void pt_capture_clear(struct pt_capture *capture)
{
    free(capture->scratch);
    capture->scratch = NULL;
    capture->scratch_bytes = 0;
    capture->writer = NULL;
}

void pt_capture_begin(struct pt_capture *capture, enum pt_phase phase,
                      enum pt_capture_mode mode, struct pt_marks *marks,
                      size_t first_mark)
{
    capture->phase = phase;
    capture->mode = mode;
    capture->marks = marks;
    capture->first_mark = capture->next_mark = first_mark;
    capture->values = capture->omitted = capture->bytes = 0;
    capture->depth = 0;
    capture->sparse = false;
}

static void set_name(struct pt_capture *capture, uint32_t name, const char *text,
                     size_t bytes)
{
    if (bytes > sizeof capture->path)
        bytes = sizeof capture->path;
    memcpy(capture->path, text, bytes);
    capture->path_bytes = bytes;
    capture->name = name;
    capture->changeable = false;
}

bool pt_capture_value(struct pt_capture *capture, uint32_t name, const char *text,
                      size_t text_bytes, PyObject *value)
{
    set_name(capture, name, text, text_bytes);
    pt_capture_any(capture, value);
    return capture->changeable;
}

void pt_capture_again(struct pt_capture *capture, const char *text, size_t text_bytes,
                      PyObject *value)
{
    struct pt_elements elements;

    set_name(capture, 0, text, text_bytes);
    if (PyTuple_Check(value) || PyList_Check(value) || PyDict_Check(value) ||
        pt_numpy_array(value, &elements))
        pt_capture_any(capture, value);
    else
        pt_capture_label(capture, value);
}

bool pt_capture_members(struct pt_capture *capture, const char *text, size_t text_bytes,
                        PyObject *value)
{
    bool changeable = false;
    PyObject *key, *item;
    Py_ssize_t i = 0, n = 0;

    set_name(capture, 0, text, text_bytes);
    if (PyTuple_Check(value)) {
        for (; i < PyTuple_GET_SIZE(value); i++) {
            struct pt_capture_name saved = pt_capture_push_index(capture, i);
            capture->changeable = false;
            pt_capture_any(capture, PyTuple_GET_ITEM(value, i));
            changeable |= capture->changeable;
            pt_capture_pop(capture, saved);
        }
    } else if (PyDict_Check(value)) {
        while (PyDict_Next(value, &i, &key, &item)) {
            struct pt_capture_name saved = pt_capture_push_object(capture, key, n++);
            capture->changeable = false;
            pt_capture_any(capture, item);
            changeable |= capture->changeable;
            pt_capture_pop(capture, saved);
        }
    }
    return changeable;
}

void pt_capture_any(struct pt_capture *capture, PyObject *value)
{
    if (capture->values >= PT_CAPTURE_VALUES) {
        if (capture->values == PT_CAPTURE_VALUES)
            pt_capture_omit(capture, PT_REASON_LIMIT, NULL);
        return;
    }
    if (value == Py_None) { /* options that were not given: as frequent as numbers */
        pt_capture_emit_none(capture);
        return;
    }
    /* the most frequent first */
    if (pt_capture_python_number(capture, value) || pt_capture_array(capture, value) ||
        pt_capture_container(capture, value) ||
        pt_capture_numpy_scalar(capture, value) || pt_capture_object(capture, value))
        return;
    pt_capture_label(capture, value);
}

bool pt_capture_enter(struct pt_capture *capture, PyObject *container)
{
    for (uint32_t i = 0; i < capture->depth; i++)
        if (capture->open[i] == container) {
            pt_capture_omit(capture, PT_REASON_CYCLE, NULL);
            return false;
        }
    if (capture->depth >= capture->limits.max_depth) {
        pt_capture_omit(capture, PT_REASON_DEPTH, NULL);
        return false;
    }
    capture->open[capture->depth++] = container;
    return true;
}

void pt_capture_leave(struct pt_capture *capture)
{
    capture->depth--;
}

struct pt_capture_name pt_capture_push(struct pt_capture *capture, const char *text,
                                       size_t bytes)
{
    struct pt_capture_name saved = {capture->path_bytes, capture->name};
    size_t room = sizeof capture->path - capture->path_bytes;

    if (room > 0) {
        capture->path[capture->path_bytes++] = '.';
        room--;
    }
    if (bytes > room)
        bytes = room;
    memcpy(capture->path + capture->path_bytes, text, bytes);
    capture->path_bytes += bytes;
    capture->name = 0;
    return saved;
}

struct pt_capture_name pt_capture_push_index(struct pt_capture *capture, Py_ssize_t i)
{
    char digits[24];
    char *p = digits + sizeof digits;
    size_t rest = (size_t)i;

    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    return pt_capture_push(capture, p, (size_t)(digits + sizeof digits - p));
}

/* Keys that are text or small integers name a member themselves; others are numbered
 * in the order of the dictionary. */
struct pt_capture_name pt_capture_push_object(struct pt_capture *capture, PyObject *key,
                                              Py_ssize_t i)
{
    char text[128];
    size_t bytes;

    if (PyUnicode_Check(key)) {
        bytes = pt_capture_utf8(key, text, sizeof text);
    } else if (PyLong_CheckExact(key)) {
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(key, &overflow);
        int n = overflow ? snprintf(text, sizeof text, "#%zd", i)
                         : snprintf(text, sizeof text, "%lld", number);
        bytes = (size_t)n;
    } else {
        bytes = (size_t)snprintf(text, sizeof text, "#%zd", i);
    }
    return pt_capture_push(capture, text, bytes);
}

void pt_capture_pop(struct pt_capture *capture, struct pt_capture_name saved)
{
    capture->path_bytes = saved.path_bytes;
    capture->name = saved.name;
}

unsigned char *pt_capture_scratch(struct pt_capture *capture, size_t bytes)
{
    enum { KEPT = 1 << 20 };

    if (bytes <= capture->scratch_bytes && capture->scratch_bytes <= KEPT)
        return capture->scratch;
    if (bytes <= capture->scratch_bytes && bytes > KEPT / 2)
        return capture->scratch;
    /* grown for one big value: give that back at the next small one */
    size_t room = bytes < KEPT ? (size_t)KEPT : bytes;
    unsigned char *memory = malloc(room);

    if (!memory)
        return NULL;
    free(capture->scratch);
    capture->scratch = memory;
    capture->scratch_bytes = room;
    return memory;
}
