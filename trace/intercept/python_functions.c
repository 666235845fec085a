/* Python functions, by the frame evaluation hook (PEP 523). A code object that is not
 * traced costs one look at its extra data. A generator or coroutine is one call, from
 * its creation to the moment the generator object is returned; what its body calls is
 * recorded as calls of whoever resumes it. Calls made while a module is imported are
 * not recorded. */
#include "cpython/frame.h"
#include "fuzzy/rounding/workers.h"
#include "intercept/rounding.h"
#include "intercept/runtime.h"
#include "intercept/scopes.h"

static void capture_arguments(struct pt_thread *thread, const struct pt_code *record,
                              struct _PyInterpreterFrame *frame)
{
    const PyCodeObject *code = pt_frame_code(frame);
    uint32_t plain = (uint32_t)(code->co_argcount + code->co_kwonlyargcount);

    for (uint32_t i = 0; i < record->n_names; i++) {
        PyObject *value = frame->localsplus[i];

        if (!value || !record->names[i].text)
            continue;
        if (i < plain)
            pt_call_argument(thread, &record->names[i], value);
        else
            pt_call_members(thread, &record->names[i], value);
    }
}

/* Returns the level of the call, 0 if it is not recorded. */
static size_t enter(PyThreadState *state, struct pt_thread *thread,
                    struct _PyInterpreterFrame *frame)
{
    struct pt_code *record = NULL;
    const struct pt_variant *variant;
    size_t level;

    if (pt_frame_is_resumed(frame))
        return 0;
    variant = pt_code_variant(frame, &record);
    if (!variant || variant->verdict != PT_CODE_TRACED)
        return 0;
    level = pt_call_open(thread, variant->function, frame, pt_frame_innermost(state),
                         PT_CAPTURE_MARKED);
    if (level > 0) {
        capture_arguments(thread, record, frame);
        pt_call_entered(thread);
    }
    return level;
}

/* True for the body of a module that is being imported. */
static bool is_import(PyThreadState *state, const struct _PyInterpreterFrame *frame)
{
    static const char importer[] = "<frozen importlib._bootstrap>";
    const struct _PyInterpreterFrame *caller;

    if (pt_frame_code(frame)->co_flags & CO_OPTIMIZED) /* a function */
        return false;
    if (PyUnicode_CompareWithASCIIString(pt_frame_code(frame)->co_name, "<module>") !=
        0)
        return false;
    caller = pt_frame_innermost(state);
    return caller && PyUnicode_CompareWithASCIIString(
                         pt_frame_code(caller)->co_filename, importer) == 0;
}

/* What modules call while they are imported builds the program and is no part of its
 * work; nor are the names by which users know their functions in place yet. */
static PyObject *run_import(PyThreadState *state, struct _PyInterpreterFrame *frame,
                            int throwing)
{
    PyObject *result;

    pt_intercept_suspend();
    result = pt_frame_run(state, frame, throwing);
    pt_intercept_resume();
    return result;
}

static __attribute__((noinline)) PyObject *
run_recorded(PyThreadState *state, struct _PyInterpreterFrame *frame, int throwing)
{
    struct pt_thread *thread = pt_thread_self();
    uint64_t epoch = pt_runtime.epoch;
    size_t level = 0;
    PyObject *result;

    if (!thread || thread->suspended)
        return pt_frame_run(state, frame, throwing);
    if (is_import(state, frame))
        return run_import(state, frame, throwing);
    level = enter(state, thread, frame);
    result = pt_frame_run(state, frame, throwing);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

static PyObject *hook(PyThreadState *state, struct _PyInterpreterFrame *frame,
                      int throwing)
{
    const struct pt_code *record = pt_code_extra(pt_frame_code(frame), pt_code_index);

    if (record && record->untraced_epoch == pt_runtime.epoch)
        return pt_frame_run(state, frame, throwing);
    return run_recorded(state, frame, throwing);
}

static PyObject *hook_scoped(PyThreadState *state, struct _PyInterpreterFrame *frame,
                             int throwing)
{
    return pt_scope_run(state, frame, throwing, hook);
}

/* Scopes hold whether calls are recorded or not. */
static PyObject *hook_scopes_alone(PyThreadState *state,
                                   struct _PyInterpreterFrame *frame, int throwing)
{
    return pt_scope_run(state, frame, throwing, pt_frame_run);
}

/* Compiled code that computes in a directed mode calls Python functions, too. */
static pt_frame_hook *within_nearest;

static PyObject *hook_in_nearest(PyThreadState *state,
                                 struct _PyInterpreterFrame *frame, int throwing)
{
    enum pt_rounding_mode around = pt_rounding_pause();

    pt_rounding_runs_python = true;
    PyObject *result = within_nearest(state, frame, throwing);
    pt_rounding_resume(around);
    return result;
}

/* NULL: no hook of the others. */
static void set_hook(pt_frame_hook *wanted)
{
    if (pt_rounding_is_on()) {
        within_nearest = wanted ? wanted : pt_frame_run;
        wanted = hook_in_nearest;
    }
    pt_frame_hook_set(wanted);
}

enum pt_status pt_python_functions_start(struct pt_error *error)
{
    enum pt_status status = pt_codes_start(error);

    if (status == PT_OK)
        set_hook(pt_scope_is_set() ? hook_scoped : hook);
    return status;
}

void pt_python_functions_stop(void)
{
    set_hook(pt_scope_is_set() ? hook_scopes_alone : NULL);
}
