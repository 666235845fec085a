/* Each code object gets a record of its own: the verdicts on the functions that share
 * it, and on its instructions where patterns speak of its lines. In such code the
 * arithmetic asks at each operation; everywhere else it is told once, when a frame
 * begins. */
#include "intercept/scopes.h"

#include "scope.h"

#include <string.h>

#include "capture/parts.h"
#include "fuzzy/fuzzy.h"
#include "intercept/runtime.h"

enum { UNKNOWN = -1 };

/* A function among those that share the code. */
struct judged {
    PyObject *qualname, *module; /* strong */
    enum pt_scope_verdict verdict;
    struct judged *next;
};

struct scoped_code {
    struct judged *functions;
    bool has_lines, has_calls; /* patterns speak of its lines, of calls from there */
    size_t n_units;
    signed char *lines; /* verdict by instruction, or UNKNOWN */
};

/* Where a thread is: `state` is what the arithmetic was told; `around` holds for lines
 * of which no pattern speaks, IN or OUT. */
struct place {
    enum pt_fuzzy_scope state, around;
};

static const struct pt_scope *scope;
static Py_ssize_t code_index = -1;
static _Thread_local struct place here;

static void release(void *extra)
{
    struct scoped_code *record = extra;

    while (record && record->functions) {
        struct judged *function = record->functions;

        record->functions = function->next;
        Py_DECREF(function->qualname);
        Py_DECREF(function->module);
        PyMem_RawFree(function);
    }
    if (record) {
        PyMem_RawFree(record->lines);
        PyMem_RawFree(record);
    }
}

static void text_of(PyObject *object, char *out, size_t room)
{
    size_t n =
        object && PyUnicode_Check(object) ? pt_capture_utf8(object, out, room - 1) : 0;

    out[n] = '\0';
}

/* The script of __main__ goes by its name too: "program" for /home/me/program.py. */
static void alias_of(struct _PyInterpreterFrame *frame, const char *module,
                     const char *qualname, char *alias, size_t room)
{
    char *slash, *dot;

    if (strcmp(module, "__main__") != 0) {
        pt_public_module(module, qualname, alias, room);
        return;
    }
    text_of(pt_frame_code(frame)->co_filename, alias, room);
    slash = strrchr(alias, '/');
    if (slash)
        memmove(alias, slash + 1, strlen(slash + 1) + 1);
    dot = strrchr(alias, '.');
    if (dot && dot > alias)
        *dot = '\0';
}

/* The bodies of modules and classes are functions without a module. */
static PyObject *module_of(PyFunctionObject *function)
{
    PyObject *module = function->func_module;

    return module && module != Py_None
               ? module
               : PyDict_GetItemString(function->func_globals, "__name__");
}

bool pt_scope_names_of(struct _PyInterpreterFrame *frame, struct pt_scope_names *names)
{
    PyFunctionObject *function = pt_frame_function(frame);

    if (!function)
        return false;
    text_of(module_of(function), names->module, sizeof names->module);
    text_of(function->func_qualname, names->qualname, sizeof names->qualname);
    alias_of(frame, names->module, names->qualname, names->alias, sizeof names->alias);
    return true;
}

static struct scoped_code *record_make(PyCodeObject *code)
{
    struct scoped_code *record = PyMem_RawCalloc(1, sizeof *record);
    char file[2048];
    uint32_t first = code->co_firstlineno > 0 ? (uint32_t)code->co_firstlineno : 0;

    if (!record)
        return NULL;
    text_of(code->co_filename, file, sizeof file);
    record->has_lines = pt_scope_has_lines(scope, file, first, false);
    record->has_calls = pt_scope_has_lines(scope, file, first, true);
    record->n_units = pt_code_units(code);
    if (record->has_lines) {
        record->lines = PyMem_RawMalloc(record->n_units);
        if (record->lines)
            memset(record->lines, UNKNOWN, record->n_units);
        else
            record->has_lines = false;
    }
    if (!pt_code_extra_set(code, code_index, record)) {
        release(record);
        return NULL;
    }
    return record;
}

static struct scoped_code *record_of(PyCodeObject *code)
{
    struct scoped_code *record = pt_code_extra(code, code_index);

    return record ? record : record_make(code);
}

static enum pt_scope_verdict judge(struct scoped_code *record,
                                   struct _PyInterpreterFrame *frame,
                                   PyFunctionObject *function, PyObject *module)
{
    struct judged *made = PyMem_RawCalloc(1, sizeof *made);
    struct pt_scope_names names;
    enum pt_scope_verdict verdict = PT_SCOPE_INHERIT;

    if (pt_scope_names_of(frame, &names))
        verdict =
            pt_scope_of_function(scope, names.module, names.alias, names.qualname);
    if (made) {
        *made = (struct judged){Py_NewRef(function->func_qualname), Py_NewRef(module),
                                verdict, record->functions};
        record->functions = made;
    }
    return verdict;
}

/* The verdict on the function that the frame runs, by the identity of its names. */
static enum pt_scope_verdict verdict_on(struct scoped_code *record,
                                        struct _PyInterpreterFrame *frame)
{
    enum { SHARED = 64 }; /* names made anew at each definition: asked each time */
    PyFunctionObject *function = pt_frame_function(frame);
    PyObject *module;
    int n = 0;

    if (!function)
        return PT_SCOPE_INHERIT;
    module = function->func_module ? function->func_module : Py_None;
    for (struct judged *j = record->functions; j; j = j->next, n++)
        if (j->qualname == function->func_qualname && j->module == module)
            return j->verdict;
    if (n < SHARED)
        return judge(record, frame, function, module);
    struct pt_scope_names names;
    return pt_scope_names_of(frame, &names)
               ? pt_scope_of_function(scope, names.module, names.alias, names.qualname)
               : PT_SCOPE_INHERIT;
}

static uint32_t line_of(struct _PyInterpreterFrame *frame)
{
    int line = PyCode_Addr2Line(pt_frame_code(frame), pt_frame_instruction(frame) *
                                                          (int)sizeof(_Py_CODEUNIT));

    return line > 0 ? (uint32_t)line : 0;
}

/* The verdict on the line where the frame stands. Needs no GIL: it reads what is the
 * thread's own or does not change. */
static enum pt_scope_verdict line_verdict(struct scoped_code *record,
                                          struct _PyInterpreterFrame *frame)
{
    int instruction = pt_frame_instruction(frame);
    char file[2048];

    if (!record->has_lines || instruction < 0 || (size_t)instruction >= record->n_units)
        return PT_SCOPE_INHERIT;
    if (record->lines[instruction] == UNKNOWN) {
        text_of(pt_frame_code(frame)->co_filename, file, sizeof file);
        record->lines[instruction] =
            (signed char)pt_scope_of_line(scope, file, line_of(frame));
    }
    return (enum pt_scope_verdict)record->lines[instruction];
}

static enum pt_fuzzy_scope apply(enum pt_scope_verdict verdict,
                                 enum pt_fuzzy_scope around)
{
    return verdict == PT_SCOPE_INHERIT ? around
           : verdict == PT_SCOPE_ON    ? PT_FUZZY_SCOPE_IN
                                       : PT_FUZZY_SCOPE_OUT;
}

/* Where an operation of the frame that the thread runs is. */
static enum pt_fuzzy_scope resolve(struct _PyInterpreterFrame *frame)
{
    struct scoped_code *record =
        frame ? pt_code_extra(pt_frame_code(frame), code_index) : NULL;

    if (here.state != PT_FUZZY_SCOPE_BY_LINE)
        return here.around;
    return record ? apply(line_verdict(record, frame), here.around) : here.around;
}

/* The arithmetic's question. numpy's loops run without the GIL: the thread's own state
 * is looked up, not the one that holds it. */
static bool ask(void)
{
    PyThreadState *state = PyGILState_GetThisThreadState();

    return state && resolve(pt_frame_innermost(state)) == PT_FUZZY_SCOPE_IN;
}

/* The verdict on this call as one from the caller's line. A generator goes on from
 * anywhere: only its function counts. */
static enum pt_scope_verdict call_verdict(struct _PyInterpreterFrame *caller,
                                          struct _PyInterpreterFrame *frame)
{
    struct scoped_code *record =
        caller ? pt_code_extra(pt_frame_code(caller), code_index) : NULL;
    struct pt_scope_names names;
    char file[2048];

    if (!record || !record->has_calls || pt_frame_is_resumed(frame) ||
        !pt_scope_names_of(frame, &names))
        return PT_SCOPE_INHERIT;
    text_of(pt_frame_code(caller)->co_filename, file, sizeof file);
    return pt_scope_of_call(scope, file, line_of(caller), names.module, names.alias,
                            names.qualname);
}

/* Where the frame's own operations are. An exception that is set (a generator that is
 * thrown into) is kept out of the way. */
static struct place place_of(PyThreadState *state, struct _PyInterpreterFrame *frame)
{
    struct _PyInterpreterFrame *caller = pt_frame_innermost(state);
    PyObject *type, *value, *trace;
    struct place place = here;
    enum pt_scope_verdict verdict;

    if (place.state == PT_FUZZY_SCOPE_FIRST)
        place.around = pt_scope_default(scope) ? PT_FUZZY_SCOPE_IN : PT_FUZZY_SCOPE_OUT;
    else
        place.around = resolve(caller);
    PyErr_Fetch(&type, &value, &trace);
    struct scoped_code *record = record_of(pt_frame_code(frame));
    if (record) {
        verdict = call_verdict(caller, frame);
        if (verdict == PT_SCOPE_INHERIT)
            verdict = verdict_on(record, frame);
        place.around = apply(verdict, place.around);
    }
    PyErr_Restore(type, value, trace);
    place.state = record && record->has_lines ? PT_FUZZY_SCOPE_BY_LINE : place.around;
    return place;
}

PyObject *pt_scope_run(PyThreadState *state, struct _PyInterpreterFrame *frame,
                       int throwing, pt_frame_hook *inner)
{
    struct place before = here;
    PyObject *result;

    here = place_of(state, frame);
    (void)pt_fuzzy_scope_set(here.state);
    result = inner(state, frame, throwing);
    here = before;
    (void)pt_fuzzy_scope_set(before.state);
    return result;
}

bool pt_scope_is_set(void)
{
    return scope != NULL;
}

enum pt_status pt_intercept_scope(const struct pt_scope *wanted, struct pt_error *error)
{
    struct scoped_code *probe = PyMem_RawCalloc(1, sizeof *probe);

    if (code_index < 0 && probe)
        code_index = pt_code_extra_open(release, probe); /* which releases it */
    if (code_index < 0)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "cannot attach data to the code objects of Python %s",
                            Py_GetVersion());
    scope = wanted;
    pt_fuzzy_scope_start(pt_scope_default(wanted), ask);
    pt_python_functions_stop(); /* the hook that watches scopes alone */
    return PT_OK;
}
