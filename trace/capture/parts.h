/* What the files of this room share: the walk over nested values, and one function for
 * each kind of value. Each function returns true if it has dealt with the object. */
#ifndef PT_CAPTURE_PARTS_H
#define PT_CAPTURE_PARTS_H

#include "capture/capture.h"
#include "capture/gather.h"
#include "cpython/numpy_abi.h"

/* Any object, under the present name. */
void pt_capture_any(struct pt_capture *capture, PyObject *value);

bool pt_capture_python_number(struct pt_capture *capture, PyObject *value);
bool pt_capture_numpy_scalar(struct pt_capture *capture, PyObject *value);
bool pt_capture_array(struct pt_capture *capture, PyObject *value);
bool pt_capture_container(struct pt_capture *capture, PyObject *value);
bool pt_capture_object(struct pt_capture *capture, PyObject *value);
void pt_capture_label(struct pt_capture *capture, PyObject *value);

/* Going down into a container: false, with an omission recorded, where a bound or a
 * cycle forbids it. Each true is followed by a leave. */
bool pt_capture_enter(struct pt_capture *capture, PyObject *container);
void pt_capture_leave(struct pt_capture *capture);

/* One member: its name is put behind the path, and taken away again. `saved` is the
 * path's length before. */
struct pt_capture_name {
    size_t path_bytes;
    uint32_t name;
};
struct pt_capture_name pt_capture_push(struct pt_capture *capture, const char *text,
                                       size_t bytes);
struct pt_capture_name pt_capture_push_index(struct pt_capture *capture, Py_ssize_t i);
struct pt_capture_name pt_capture_push_object(struct pt_capture *capture, PyObject *key,
                                              Py_ssize_t i);
void pt_capture_pop(struct pt_capture *capture, struct pt_capture_name saved);

/* Numbers: at `data`, contiguous, little-endian, without undefined padding; or, where
 * that is NULL, those of the array `from`, to be gathered: all or a sample. */
struct pt_numbers {
    const void *data;
    struct pt_gather from;
    char dtype; /* b i u f c */
    uint8_t item_bytes;
    uint16_t form;           /* enum pt_value_form */
    int ndim;                /* at most PT_TRACE_MAX_DIMENSIONS */
    const Py_ssize_t *shape; /* NULL where ndim is 0 */
    uint64_t n_elements;
};
void pt_capture_emit(struct pt_capture *capture, const struct pt_numbers *numbers);

/* A label: type name, NUL, short text. */
void pt_capture_emit_label(struct pt_capture *capture, const char *type,
                           const char *text, size_t text_bytes);
/* The label of None. */
void pt_capture_emit_none(struct pt_capture *capture);

/* An omission; `numbers` (may be NULL) tells what is known of it, its data are not
 * read. */
void pt_capture_omit(struct pt_capture *capture, enum pt_value_reason reason,
                     const struct pt_numbers *numbers);

/* The members of a container beyond the bound, as one omission named "x.*". */
void pt_capture_omit_rest(struct pt_capture *capture);

/* Scratch memory of at least `bytes`, valid until the next call; NULL: no memory. */
unsigned char *pt_capture_scratch(struct pt_capture *capture, size_t bytes);

/* A str as UTF-8 (lone surrogates as they are), cut to `room` bytes at a character's
 * end. Returns the length; no NUL is added. Allocates nothing, raises nothing. */
size_t pt_capture_utf8(PyObject *text, char *out, size_t room);

#endif
