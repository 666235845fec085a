/* Frames, code objects and thread states of the interpreter this is compiled for. What
 * differs between CPython 3.11, 3.12 and 3.13 is here and in the files beside it.
 *
 * The accessors of a frame take a `struct _PyInterpreterFrame` of a running thread,
 * under the GIL, and return borrowed references. */
#ifndef PT_CPYTHON_FRAME_H
#define PT_CPYTHON_FRAME_H

#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include <Python.h>

#if PY_VERSION_HEX < 0x030b0000 || PY_VERSION_HEX >= 0x030e0000
#error "pytracer traces CPython 3.11, 3.12 and 3.13"
#endif
#ifdef Py_GIL_DISABLED
#error "pytracer does not trace free-threaded builds of CPython"
#endif

#include "internal/pycore_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _PyInterpreterFrame;

static inline PyCodeObject *pt_frame_code(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return (PyCodeObject *)frame->f_executable;
#else
    return frame->f_code;
#endif
}

/* The function that the frame runs, or NULL. */
static inline PyFunctionObject *
pt_frame_function(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyObject *function = frame->f_funcobj;
#else
    PyObject *function = (PyObject *)frame->f_func;
#endif
    return function && PyFunction_Check(function) ? (PyFunctionObject *)function : NULL;
}

/* True for the frame of a generator or coroutine that was created before and goes on
 * now; its creation itself runs in a frame of the thread. */
static inline bool pt_frame_is_resumed(const struct _PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_GENERATOR;
}

/* Index in code units of the instruction under way. */
static inline int pt_frame_instruction(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return (int)(frame->instr_ptr - _PyCode_CODE(pt_frame_code(frame)));
#else
    return (int)(frame->prev_instr - _PyCode_CODE(frame->f_code));
#endif
}

/* The address of that instruction; and of the one that the thread is at, whichever the
 * frame. */
static inline const void *
pt_frame_instruction_at(const struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    return frame->instr_ptr;
#else
    return frame->prev_instr;
#endif
}

static inline const void *pt_frame_at(const PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
    const struct _PyInterpreterFrame *frame = thread->current_frame;
#else
    const struct _PyInterpreterFrame *frame = thread->cframe->current_frame;
#endif
    return frame ? pt_frame_instruction_at(frame) : NULL;
}

/* `frame` or the first one below it that runs Python code a user can see; NULL at the
 * bottom of the stack. */
static inline struct _PyInterpreterFrame *
pt_frame_visible(struct _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX >= 0x030c0000
    while (frame &&
           (frame->owner == FRAME_OWNED_BY_CSTACK || _PyFrame_IsIncomplete(frame)))
        frame = frame->previous;
#else
    while (frame && _PyFrame_IsIncomplete(frame))
        frame = frame->previous;
#endif
    return frame;
}

static inline struct _PyInterpreterFrame *
pt_frame_below(const struct _PyInterpreterFrame *frame)
{
    return pt_frame_visible(frame->previous);
}

/* The innermost running frame of the thread. In the frame hook this is the caller of
 * the frame about to run. */
static inline struct _PyInterpreterFrame *pt_frame_innermost(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030d0000
    return pt_frame_visible(thread->current_frame);
#else
    return pt_frame_visible(thread->cframe->current_frame);
#endif
}

/* The type of the exception that is set, or NULL. */
static inline PyObject *pt_thread_raised(PyThreadState *thread)
{
#if PY_VERSION_HEX >= 0x030c0000
    return thread->current_exception ? (PyObject *)Py_TYPE(thread->current_exception)
                                     : NULL;
#else
    return thread->curexc_type;
#endif
}

/* Number of code units of a code object. */
static inline size_t pt_code_units(const PyCodeObject *code)
{
    return (size_t)Py_SIZE(code);
}

/* Data of ours on a code object, by the index of pt_code_extra_open. The layout of
 * co_extra is private to CPython's codeobject.c and the same in all three versions;
 * pt_code_extra_open proves it before anything relies on it. */
struct pt_code_extras {
    Py_ssize_t n;
    void *items[1];
};

static inline void *pt_code_extra(const PyCodeObject *code, Py_ssize_t index)
{
    const struct pt_code_extras *extras = (const struct pt_code_extras *)code->co_extra;

    return extras && index < extras->n ? extras->items[index] : NULL;
}

/* Asks for an index, once per process; `release` is called on the data of a code object
 * that dies or gets other data, and on `probe`, with which the layout above is proved.
 * Returns -1, and leaves no exception, if there is no index or the layout is another.
 */
Py_ssize_t pt_code_extra_open(freefunc release, void *probe);

/* Returns false, and leaves no exception, if there is no memory. */
bool pt_code_extra_set(PyCodeObject *code, Py_ssize_t index, void *data);

/* The frame hook. Passing NULL puts the interpreter's own evaluation back. */
typedef PyObject *pt_frame_hook(PyThreadState *thread,
                                struct _PyInterpreterFrame *frame, int throwing);
void pt_frame_hook_set(pt_frame_hook *hook);

/* What runs a frame, for the hook. Each level of Python calls is a level of C calls
 * while a hook is set; on 3.12 and later the interpreter counts those apart and gives
 * up early, so the count is kept out of it (the stack is large, and the program's own
 * recursion limit still holds). */
static inline PyObject *pt_frame_run(PyThreadState *thread,
                                     struct _PyInterpreterFrame *frame, int throwing)
{
#if PY_VERSION_HEX >= 0x030c0000
    enum {
        UNITS = 2
    }; /* what one evaluation takes: PY_EVAL_C_STACK_UNITS of ceval.c */
    int saved = thread->c_recursion_remaining;
    PyObject *result;

    thread->c_recursion_remaining = saved + UNITS;
    result = _PyEval_EvalFrameDefault(thread, frame, throwing);
    thread->c_recursion_remaining = saved;
    return result;
#else
    return _PyEval_EvalFrameDefault(thread, frame, throwing);
#endif
}

#endif
