#include <string.h>

#include "capture/parts.h"
#include "cpython/frame.h"
#include "intercept/builtins.h"

/* One record for all code of this epoch of which nothing is known but that it is not
 * traced. A few bytes that stay for each start. */
static struct pt_code *shared_untraced;

Py_ssize_t pt_code_index = -1;

static void clear(struct pt_code *record)
{
    struct pt_variant *variant = record->variants;

    while (variant) {
        struct pt_variant *next = variant->next;

        Py_DECREF(variant->qualname);
        Py_DECREF(variant->module);
        PyMem_RawFree(variant);
        variant = next;
    }
    for (uint32_t i = 0; i < record->n_names; i++)
        PyMem_RawFree((char *)record->names[i].text);
    PyMem_RawFree(record->names);
    PyMem_RawFree(record->sites);
    memset(record, 0, sizeof *record);
}

/* Called by the interpreter when a code object dies. */
static void release(void *extra)
{
    struct pt_code *record = extra;

    if (!record || record->shared)
        return;
    clear(record);
    PyMem_RawFree(record);
}

enum pt_status pt_codes_start(struct pt_error *error)
{
    struct pt_code *record = PyMem_RawCalloc(1, sizeof *record);

    if (!record)
        return pt_error_set(error, PT_E_MEMORY, "no memory to start interception");
    *record = (struct pt_code){.untraced_epoch = pt_runtime.epoch, .shared = true};
    shared_untraced = record;
    if (pt_code_index < 0)
        pt_code_index = pt_code_extra_open(release, shared_untraced);
    if (pt_code_index < 0)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "cannot attach data to the code objects of Python %s",
                            Py_GetVersion());
    return PT_OK;
}

struct pt_code *pt_code_record(PyCodeObject *code)
{
    struct pt_code *record = pt_code_extra(code, pt_code_index);
    uint64_t untraced_epoch = record ? record->untraced_epoch : 0;

    if (!record || record->shared) {
        record = PyMem_RawCalloc(1, sizeof *record);
        if (!record)
            return NULL;
        if (!pt_code_extra_set(code, pt_code_index, record)) {
            PyMem_RawFree(record);
            return NULL;
        }
        record->epoch = pt_runtime.epoch;
        record->untraced_epoch = untraced_epoch;
    } else if (record->epoch != pt_runtime.epoch) {
        clear(record);
        record->epoch = pt_runtime.epoch;
    }
    return record;
}

static void name_argument(struct pt_name *name, PyObject *text)
{
    char utf8[512];
    size_t bytes = PyUnicode_Check(text) ? pt_capture_utf8(text, utf8, sizeof utf8) : 0;
    char *copy = PyMem_RawMalloc(bytes + 1);

    if (!copy)
        return;
    memcpy(copy, utf8, bytes);
    copy[bytes] = '\0';
    *name = (struct pt_name){copy, bytes, pt_text_id(copy, bytes)};
}

static void name_arguments(struct pt_code *record, const PyCodeObject *code)
{
    uint32_t n = (uint32_t)(code->co_argcount + code->co_kwonlyargcount) +
                 !!(code->co_flags & CO_VARARGS) + !!(code->co_flags & CO_VARKEYWORDS);

    if (record->names || n == 0)
        return;
    record->names = PyMem_RawCalloc(n, sizeof *record->names);
    if (!record->names)
        return;
    record->n_names = n;
    for (uint32_t i = 0; i < n; i++)
        name_argument(&record->names[i], PyTuple_GET_ITEM(code->co_localsplusnames, i));
}

static bool same_text(PyObject *a, PyObject *b)
{
    return a == b ||
           (PyUnicode_Check(a) && PyUnicode_Check(b) && PyUnicode_Compare(a, b) == 0);
}

/* Modules, class bodies and comprehensions are code, but no functions that a user
 * calls. */
static bool is_function(const PyCodeObject *code)
{
    static const char *const pieces[] = {"<listcomp>", "<setcomp>", "<dictcomp>",
                                         "<genexpr>"};

    if (!(code->co_flags & CO_OPTIMIZED) || !(code->co_flags & CO_NEWLOCALS))
        return false;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(pieces); i++)
        if (PyUnicode_CompareWithASCIIString(code->co_name, pieces[i]) == 0)
            return false;
    return true;
}

/* A decorator's wrapper goes by the name of the function it wraps (functools.wraps).
 * One that comes from another module than that function is plumbing: the call inside
 * is the one to record, with its parameters' names. */
static bool is_foreign_wrapper(PyFunctionObject *function)
{
    PyObject *inner = function->func_dict
                          ? PyDict_GetItemString(function->func_dict, "__wrapped__")
                          : NULL;
    PyObject *home = PyDict_GetItemString(function->func_globals, "__name__");

    if (!inner || !home || same_text(home, function->func_module))
        return false;
    if (PyCFunction_Check(inner))
        return pt_builtin_is_hooked(((PyCFunctionObject *)inner)->m_ml);
    return PyFunction_Check(inner) &&
           same_text(((PyFunctionObject *)inner)->func_qualname,
                     function->func_qualname);
}

static void script_stem(PyFunctionObject *function, char *out, size_t room)
{
    PyObject *file = PyDict_GetItemString(function->func_globals, "__file__");
    size_t bytes =
        file && PyUnicode_Check(file) ? pt_capture_utf8(file, out, room - 1) : 0;
    char *slash, *dot;

    out[bytes] = '\0';
    slash = strrchr(out, '/');
    if (slash)
        memmove(out, slash + 1, strlen(slash + 1) + 1);
    dot = strrchr(out, '.');
    if (dot)
        *dot = '\0';
}

static void decide(struct pt_variant *variant, PyFunctionObject *function,
                   const PyCodeObject *code)
{
    char module[512], shown[512], alias[512], name[512], file[1024];

    variant->verdict = PT_CODE_UNTRACED;
    if (!PyUnicode_Check(variant->module) || !PyUnicode_Check(variant->qualname))
        return;
    module[pt_capture_utf8(variant->module, module, sizeof module - 1)] = '\0';
    name[pt_capture_utf8(variant->qualname, name, sizeof name - 1)] = '\0';
    pt_public_module(module, name, shown, sizeof shown);
    memcpy(alias, shown, sizeof alias);
    if (strcmp(module, "__main__") == 0)
        script_stem(function, alias, sizeof alias);
    if (!pt_selects_function(pt_runtime.config, module, alias, name))
        return;
    if (is_foreign_wrapper(function)) {
        variant->verdict = PT_CODE_TRANSPARENT;
        return;
    }
    file[pt_capture_utf8(code->co_filename, file, sizeof file - 1)] = '\0';
    variant->function = pt_function_create(PT_FUNCTION_PYTHON, shown, name, file,
                                           (uint32_t)code->co_firstlineno);
    if (variant->function)
        variant->verdict = PT_CODE_TRACED;
}

/* `decided` is what is known already, or empty. */
static struct pt_variant *add_variant(struct pt_code *record,
                                      PyFunctionObject *function,
                                      const PyCodeObject *code,
                                      const struct pt_variant *decided)
{
    struct pt_variant *variant = PyMem_RawCalloc(1, sizeof *variant);

    if (!variant)
        return NULL;
    if (decided)
        *variant = *decided;
    variant->qualname = Py_NewRef(function->func_qualname);
    variant->module =
        Py_NewRef(function->func_module ? function->func_module : Py_None);
    if (!decided || decided->verdict == PT_CODE_UNDECIDED)
        decide(variant, function, code);
    variant->next = record->variants;
    record->variants = variant;
    if (variant->verdict == PT_CODE_TRANSPARENT)
        record->made_of_wrappers = true;
    if (variant->verdict == PT_CODE_TRACED)
        name_arguments(record, code);
    return variant;
}

/* True if only functions of this one's name can share its code: one verdict then serves
 * the code object. */
static bool is_unrenamed(PyFunctionObject *function, const PyCodeObject *code)
{
    PyObject *home = PyDict_GetItemString(function->func_globals, "__name__");

    return home && function->func_module && same_text(home, function->func_module) &&
           same_text(function->func_qualname, code->co_qualname);
}

static struct pt_variant *find_variant(struct pt_code *record,
                                       PyFunctionObject *function)
{
    PyObject *module = function->func_module ? function->func_module : Py_None;

    for (struct pt_variant *v = record->variants; v; v = v->next)
        if (v->qualname == function->func_qualname && v->module == module)
            return v;
    for (struct pt_variant *v = record->variants; v; v = v->next)
        if (same_text(v->qualname, function->func_qualname) &&
            same_text(v->module, module))
            return v;
    return NULL;
}

/* Notes that nothing of this code is traced. */
static void set_untraced(PyCodeObject *code)
{
    struct pt_code *record = pt_code_extra(code, pt_code_index);

    if (record && !record->shared)
        record->untraced_epoch = pt_runtime.epoch;
    else /* without memory it is asked again at the next call */
        (void)pt_code_extra_set(code, pt_code_index, shared_untraced);
}

/* The first function met with this code, as a rule the only one. */
static const struct pt_variant *
first_variant(PyFunctionObject *function, PyCodeObject *code, struct pt_code **record)
{
    struct pt_variant variant = {.qualname = function->func_qualname,
                                 .module = function->func_module};

    if (is_unrenamed(function, code)) {
        decide(&variant, function, code);
        if (variant.verdict == PT_CODE_UNTRACED) {
            set_untraced(code);
            return NULL;
        }
    }
    *record = pt_code_record(code);
    return *record ? add_variant(*record, function, code, &variant) : NULL;
}

static const struct pt_variant *find_or_decide(PyFunctionObject *function,
                                               PyCodeObject *code, struct pt_code **out)
{
    struct pt_code *record = pt_code_extra(code, pt_code_index);
    const struct pt_variant *variant;

    if (record && !record->shared && record->epoch != pt_runtime.epoch)
        record = pt_code_record(code);
    if (!record || record->shared || !record->variants)
        return first_variant(function, code, out);
    *out = record;
    variant = find_variant(record, function);
    return variant ? variant : add_variant(record, function, code, NULL);
}

const struct pt_variant *pt_code_variant(struct _PyInterpreterFrame *frame,
                                         struct pt_code **record)
{
    PyCodeObject *code = pt_frame_code(frame);
    PyFunctionObject *function = pt_frame_function(frame);
    const struct pt_code *known = pt_code_extra(code, pt_code_index);
    PyObject *type, *error, *trace;
    const struct pt_variant *variant = NULL;

    if (known && !known->shared && known->epoch == pt_runtime.epoch &&
        known->variants && function &&
        known->variants->qualname == function->func_qualname &&
        known->variants->module == function->func_module) {
        *record = (struct pt_code *)known;
        return known->variants;
    }
    PyErr_Fetch(&type, &error, &trace);
    if (!function || !is_function(code))
        set_untraced(code);
    else
        variant = find_or_decide(function, code, record);
    PyErr_Restore(type, error, trace);
    return variant;
}
