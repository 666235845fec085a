/* Functions and methods of compiled modules: builtin functions, method descriptors and
 * Cython's functions. All are called through the function pointer in their method
 * definition, which is replaced by a thunk when the module has just been executed: a
 * builtin's hash is made of that pointer, and must not change later. */
#include "intercept/builtins.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "capture/parts.h"
#include "cpython/frame.h"
#include "cpython/patch.h"
#include "intercept/thunks.h"

enum { PARAMETERS = 24, UNNAMED = 16 };

struct builtin {
    PyMethodDef *definition;
    PyCFunction original;
    enum pt_function_kind kind;
    char *module, *name; /* owned: where it is defined, and its qualified name */
    uint64_t epoch;      /* of `function` and of the names' ids */
    struct pt_function *function; /* NULL: not selected */
    /* Names of the parameters: those of the signature, the first n_bound of which (0 or
     * 1) stands for `self`, then keywords that were met without being there. */
    struct pt_name *names; /* owned, PARAMETERS */
    size_t n_names, n_positional, n_bound;
};

static struct {
    struct builtin
        *items; /* by number of the thunk; PT_THUNKS, made at the first use */
    unsigned n;
    bool full; /* has been said */
} builtins;

static struct pt_name self_name = {"self", 4, 0};
static struct pt_name unnamed[UNNAMED] = {
    {"args.0", 6, 0},  {"args.1", 6, 0},  {"args.2", 6, 0},  {"args.3", 6, 0},
    {"args.4", 6, 0},  {"args.5", 6, 0},  {"args.6", 6, 0},  {"args.7", 6, 0},
    {"args.8", 6, 0},  {"args.9", 6, 0},  {"args.10", 7, 0}, {"args.11", 7, 0},
    {"args.12", 7, 0}, {"args.13", 7, 0}, {"args.14", 7, 0}, {"args.15", 7, 0}};

void pt_builtins_start(void)
{
    self_name.id = pt_text_id(self_name.text, self_name.bytes);
    for (size_t i = 0; i < UNNAMED; i++)
        unnamed[i].id = pt_text_id(unnamed[i].text, unnamed[i].bytes);
}

/* numpy writes the texts of its functions after they were made, so that they are read
 * no sooner than at the first call. */
static void read_signature(struct builtin *builtin)
{
    if (builtin->n_names == 0)
        builtin->n_names =
            pt_signature_names(builtin->definition->ml_doc, builtin->names, PARAMETERS);
    builtin->n_positional = builtin->n_names;
    builtin->n_bound = strchr(builtin->name, '.') && builtin->n_names > 0 &&
                       strcmp(builtin->names[0].text, "self") == 0;
}

static void decide(struct builtin *builtin)
{
    char shown[256];

    if (builtin->epoch == 0)
        read_signature(builtin);
    builtin->epoch = pt_runtime.epoch;
    builtin->function = NULL;
    pt_exporting_module(builtin->module, builtin->name, shown, sizeof shown);
    if (!pt_selects_function(pt_runtime.config, builtin->module, shown, builtin->name))
        return;
    builtin->function =
        pt_function_create(builtin->kind, shown, builtin->name, NULL, 0);
    for (size_t i = 0; i < builtin->n_names; i++)
        builtin->names[i].id =
            pt_text_id(builtin->names[i].text, builtin->names[i].bytes);
}

/* ------------------------------------------------------------------- the calls */

static void capture_positional(struct pt_thread *thread, const struct builtin *builtin,
                               PyObject *const *args, Py_ssize_t n)
{
    const struct pt_name *names = builtin->names + builtin->n_bound;
    size_t n_names = builtin->n_positional - builtin->n_bound;

    for (Py_ssize_t i = 0; i < n; i++)
        if ((size_t)i < n_names)
            pt_call_argument(thread, &names[i], args[i]);
        else if (i < UNNAMED)
            pt_call_argument(thread, &unnamed[i], args[i]);
}

static const struct pt_name *keyword_name(struct builtin *builtin, PyObject *key)
{
    char utf8[128];
    size_t bytes;
    char *copy;

    for (size_t i = 0; i < builtin->n_names; i++)
        if (PyUnicode_CompareWithASCIIString(key, builtin->names[i].text) == 0)
            return &builtin->names[i];
    bytes = pt_capture_utf8(key, utf8, sizeof utf8);
    copy = builtin->n_names < PARAMETERS ? strndup(utf8, bytes) : NULL;
    if (!copy)
        return NULL;
    builtin->names[builtin->n_names] =
        (struct pt_name){copy, bytes, pt_text_id(copy, bytes)};
    return &builtin->names[builtin->n_names++];
}

static void capture_named(struct pt_thread *thread, struct builtin *builtin,
                          PyObject *key, PyObject *value)
{
    const struct pt_name *name =
        PyUnicode_Check(key) ? keyword_name(builtin, key) : NULL;

    if (name)
        pt_call_argument(thread, name, value);
}

static void capture_vector(struct pt_thread *thread, struct builtin *builtin,
                           PyObject *const *args, Py_ssize_t n, PyObject *keys)
{
    capture_positional(thread, builtin, args, n);
    for (Py_ssize_t i = 0; keys && i < PyTuple_GET_SIZE(keys); i++)
        capture_named(thread, builtin, PyTuple_GET_ITEM(keys, i), args[n + i]);
}

static void capture_tuple(struct pt_thread *thread, struct builtin *builtin,
                          PyObject *args, PyObject *keywords)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    if (args && PyTuple_Check(args))
        capture_positional(thread, builtin, &PyTuple_GET_ITEM(args, 0),
                           PyTuple_GET_SIZE(args));
    while (keywords && PyDict_Next(keywords, &position, &key, &value))
        capture_named(thread, builtin, key, value);
}

/* True if the call is one of a method on `self`. Functions of a module get the module,
 * Cython's get themselves. */
static bool is_object(PyObject *self, const struct builtin *builtin)
{
    if (!self || (builtin->definition->ml_flags & METH_STATIC) ||
        PyModule_Check(self) || PyType_Check(self))
        return false;
    return builtin->kind != PT_FUNCTION_CYTHON ||
           !strstr(Py_TYPE(self)->tp_name, "cython_function");
}

/* The arguments of a thunk, by the calling convention of the definition. */
static void capture_arguments(struct pt_thread *thread, struct builtin *builtin,
                              void *const argument[5])
{
    int flags = builtin->definition->ml_flags;
    PyObject *self = argument[0];
    PyObject *one = argument[1];

    if (is_object(self, builtin))
        pt_call_argument(thread, &self_name, self);
    switch (flags &
            (METH_VARARGS | METH_FASTCALL | METH_KEYWORDS | METH_O | METH_METHOD)) {
    case METH_O:
        capture_positional(thread, builtin, &one, 1);
        break;
    case METH_VARARGS:
        capture_tuple(thread, builtin, one, NULL);
        break;
    case METH_VARARGS | METH_KEYWORDS:
        capture_tuple(thread, builtin, one, argument[2]);
        break;
    case METH_FASTCALL:
        capture_vector(thread, builtin, argument[1], (Py_ssize_t)argument[2], NULL);
        break;
    case METH_FASTCALL | METH_KEYWORDS:
        capture_vector(thread, builtin, argument[1], (Py_ssize_t)argument[2],
                       argument[3]);
        break;
    case METH_FASTCALL | METH_KEYWORDS | METH_METHOD: /* self, class, arguments, … */
        capture_vector(thread, builtin, argument[2], (Py_ssize_t)argument[3],
                       argument[4]);
        break;
    default: /* METH_NOARGS */
        break;
    }
}

typedef PyObject *any_function(void *, void *, void *, void *, void *);

/* More arguments than a function takes do it no harm: they are in registers. */
PyObject *pt_thunk_call(void *a, void *b, void *c, void *d, void *e, unsigned number)
{
    struct builtin *builtin = &builtins.items[number];
    any_function *original = (any_function *)(void (*)(void))builtin->original;
    struct pt_thread *thread = NULL;
    uint64_t epoch = pt_runtime.epoch;
    size_t level = 0;
    PyObject *result;

    if (pt_runtime.running)
        thread = pt_thread_self();
    if (thread && !thread->suspended) {
        if (builtin->epoch != epoch)
            decide(builtin);
        if (builtin->function)
            level = pt_call_open(thread, builtin->function, NULL,
                                 pt_frame_innermost(PyThreadState_GET()),
                                 PT_CAPTURE_MARKED);
    }
    if (level > 0) {
        void *const arguments[5] = {a, b, c, d, e};

        capture_arguments(thread, builtin, arguments);
        pt_call_entered(thread);
    }
    result = original(a, b, c, d, e);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

/* ----------------------------------------------------------------- the definitions */

bool pt_builtin_is_hooked(const PyMethodDef *definition)
{
    void *pointer;

    memcpy(&pointer, &definition->ml_meth, sizeof pointer);
    return (uintptr_t)pointer - (uintptr_t)pt_thunk(0) < 16 * (uintptr_t)PT_THUNKS;
}

static bool make_room(void)
{
    if (!builtins.items)
        builtins.items = calloc(PT_THUNKS, sizeof *builtins.items);
    if (builtins.items && builtins.n < PT_THUNKS && pt_thunk(0))
        return true;
    if (!builtins.full)
        pt_log_warning("not all functions of compiled modules can be recorded: this "
                       "build has room for %d of them",
                       pt_thunk(0) ? PT_THUNKS : 0);
    builtins.full = true;
    return false;
}

/* Dunders are the interpreter's business, and names with an underscore the module's. */
static bool is_public(const char *qualified)
{
    const char *dot = strrchr(qualified, '.');
    const char *name = dot ? dot + 1 : qualified;

    return name[0] != '_' && strcmp(name, "implement_array_function") != 0;
}

static void clear(struct builtin *builtin)
{
    for (size_t i = 0; i < builtin->n_names; i++)
        free((char *)builtin->names[i].text);
    free(builtin->names);
    free(builtin->module);
    free(builtin->name);
    memset(builtin, 0, sizeof *builtin);
}

static bool describe(struct builtin *builtin, const struct pt_builtin_names *names)
{
    builtin->module = strdup(names->module);
    builtin->name = strdup(names->name);
    builtin->names = calloc(PARAMETERS, sizeof *builtin->names);
    if (!builtin->module || !builtin->name || !builtin->names)
        return false;
    if (names->parameters)
        builtin->n_names =
            pt_parameter_names(names->parameters, builtin->names, PARAMETERS);
    return true;
}

bool pt_builtin_hook(PyMethodDef *definition, const struct pt_builtin_names *names,
                     enum pt_function_kind kind)
{
    struct builtin *builtin;

    if (!definition->ml_meth || !is_public(names->name) ||
        pt_builtin_is_hooked(definition) || !make_room())
        return false;
    builtin = &builtins.items[builtins.n];
    builtin->definition = definition;
    builtin->original = definition->ml_meth;
    builtin->kind = kind;
    if (!describe(builtin, names) ||
        !pt_patch_pointer((void **)&definition->ml_meth, pt_thunk(builtins.n))) {
        pt_log_warning("calls of %s.%s cannot be recorded", names->module, names->name);
        clear(builtin);
        return false;
    }
    builtins.n++;
    return true;
}
