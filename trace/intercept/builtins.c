/* Functions and methods of compiled modules: builtin functions, method descriptors and
 * Cython's functions, types and the operators of numbers. All are called through a
 * function pointer: in their method definition, or a slot of a type. It is replaced by
 * a thunk when the module has just been executed: a builtin's hash is made of that
 * pointer, and must not change later. */
#include "intercept/builtins.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "capture/parts.h"
#include "cpython/frame.h"
#include "cpython/numpy_abi.h"
#include "cpython/patch.h"
#include "intercept/rounding.h"
#include "intercept/thunks.h"

enum { PARAMETERS = 24, UNNAMED = 16 };

struct builtin {
    void *original;
    enum pt_calling calling;
    int flags;               /* METH_…, of a method */
    const char *const *text; /* where its documentation stands, or will stand */
    enum pt_function_kind kind;
    bool unlisted;       /* never recorded */
    bool rounded;        /* by the layer rounding */
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
static struct pt_name operand_names[] = {{"x", 1, 0}, {"x1", 2, 0}, {"x2", 2, 0}};
static struct pt_name unnamed[UNNAMED] = {
    {"args.0", 6, 0},  {"args.1", 6, 0},  {"args.2", 6, 0},  {"args.3", 6, 0},
    {"args.4", 6, 0},  {"args.5", 6, 0},  {"args.6", 6, 0},  {"args.7", 6, 0},
    {"args.8", 6, 0},  {"args.9", 6, 0},  {"args.10", 7, 0}, {"args.11", 7, 0},
    {"args.12", 7, 0}, {"args.13", 7, 0}, {"args.14", 7, 0}, {"args.15", 7, 0}};

void pt_builtins_start(void)
{
    self_name.id = pt_text_id(self_name.text, self_name.bytes);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(operand_names); i++)
        operand_names[i].id = pt_text_id(operand_names[i].text, operand_names[i].bytes);
    for (size_t i = 0; i < UNNAMED; i++)
        unnamed[i].id = pt_text_id(unnamed[i].text, unnamed[i].bytes);
}

/* numpy writes the texts of its functions after they were made, so that they are read
 * no sooner than at the first call. */
static void read_signature(struct builtin *builtin)
{
    if (builtin->n_names == 0 && builtin->text)
        builtin->n_names =
            pt_signature_names(*builtin->text, builtin->names, PARAMETERS);
    builtin->n_positional = builtin->n_names;
    builtin->n_bound = strchr(builtin->name, '.') && builtin->n_names > 0 &&
                       strcmp(builtin->names[0].text, "self") == 0;
}

static bool is_selected(const struct builtin *builtin, const char *shown)
{
    const struct pt_config *config = pt_runtime.config;

    if (builtin->kind == PT_FUNCTION_SCALAR)
        return pt_selects_operation(config, config->numpy.scalar, shown, builtin->name);
    return pt_selects_function(config, builtin->module, shown, builtin->name);
}

static void decide(struct builtin *builtin)
{
    char shown[256];

    if (builtin->epoch == 0)
        read_signature(builtin);
    builtin->epoch = pt_runtime.epoch;
    builtin->function = NULL;
    pt_exporting_module(builtin->module, builtin->name, shown, sizeof shown);
    if (!is_selected(builtin, shown))
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
    if (!self || (builtin->flags & METH_STATIC) || PyModule_Check(self) ||
        PyType_Check(self))
        return false;
    return builtin->kind != PT_FUNCTION_CYTHON ||
           !strstr(Py_TYPE(self)->tp_name, "cython_function");
}

/* The arguments of a method, by the calling convention of its definition. */
static void capture_method(struct pt_thread *thread, struct builtin *builtin,
                           void *const argument[5])
{
    PyObject *self = argument[0];
    PyObject *one = argument[1];

    if (is_object(self, builtin))
        pt_call_argument(thread, &self_name, self);
    switch (builtin->flags &
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

static void capture_arguments(struct pt_thread *thread, struct builtin *builtin,
                              void *const argument[5])
{
    switch (builtin->calling) {
    case PT_CALLING_METHOD:
        capture_method(thread, builtin, argument);
        break;
    case PT_CALLING_NEW: /* type, arguments, keywords */
    case PT_CALLING_INIT:
        capture_tuple(thread, builtin, argument[1], argument[2]);
        break;
    case PT_CALLING_VECTOR: /* type, arguments, their number with a flag, keywords */
        capture_vector(thread, builtin, argument[1],
                       PyVectorcall_NARGS((size_t)argument[2]), argument[3]);
        break;
    case PT_CALLING_UNARY:
        pt_call_argument(thread, &operand_names[0], argument[0]);
        break;
    case PT_CALLING_BINARY:
        pt_call_argument(thread, &operand_names[1], argument[0]);
        pt_call_argument(thread, &operand_names[2], argument[1]);
        break;
    }
}

/* An operator is asked for operands of all types, and declines those that are not its
 * business: then the call is another's. */
static bool is_declined(const struct builtin *builtin, PyObject *const operands[2])
{
    if (builtin->calling != PT_CALLING_BINARY)
        return false;
    for (int i = 0; i < 2; i++)
        if (!PyFloat_Check(operands[i]) && !PyLong_Check(operands[i]) &&
            !PyComplex_Check(operands[i]) && !pt_numpy_is_generic(operands[i]))
            return true;
    return false;
}

/* Opens the call, with its arguments; 0 if it is not recorded. */
static size_t open_call(struct pt_thread **found, struct builtin *builtin,
                        void *const argument[5])
{
    struct pt_thread *thread;
    size_t level;

    if (!pt_runtime.running || builtin->unlisted)
        return 0;
    if (builtin->epoch != pt_runtime.epoch)
        decide(builtin);
    thread = builtin->function ? pt_thread_self() : NULL;
    if (!thread || thread->suspended ||
        is_declined(builtin, (PyObject *const *)argument))
        return 0;
    level = pt_call_open(thread, builtin->function, NULL,
                         pt_frame_innermost(PyThreadState_GET()), PT_CAPTURE_MARKED);
    if (level > 0) {
        capture_arguments(thread, builtin, argument);
        pt_call_entered(thread);
    }
    *found = thread;
    return level;
}

typedef void *any_function(void *, void *, void *, void *, void *);

/* What the call made: of a constructor's second half it is the object, unless the
 * status (an int) tells of an exception. */
static PyObject *result_of(const struct builtin *builtin, void *self, void *returned)
{
    if (builtin->calling != PT_CALLING_INIT)
        return returned;
    return (int)(intptr_t)returned == 0 ? self : NULL;
}

/* More arguments than a function takes do it no harm: they are in registers. */
void *pt_thunk_call(void *a, void *b, void *c, void *d, void *e, unsigned number)
{
    struct builtin *builtin = &builtins.items[number];
    any_function *original = (any_function *)builtin->original;
    void *const arguments[5] = {a, b, c, d, e};
    struct pt_thread *thread = NULL;
    uint64_t epoch = pt_runtime.epoch;
    enum pt_rounding_mode around = pt_rounding_pause();
    size_t level = open_call(&thread, builtin, arguments);
    enum pt_rounding_mode entered =
        builtin->rounded ? pt_rounding_enter() : PT_ROUNDING_NEAREST;
    void *returned = original(a, b, c, d, e);
    pt_rounding_leave(entered);
    if (level > 0)
        pt_call_close(thread, level, epoch, result_of(builtin, a, returned));
    pt_rounding_resume(around);
    return returned;
}

/* ----------------------------------------------------------------- the definitions */

static bool is_thunk(const void *pointer)
{
    return (uintptr_t)pointer - (uintptr_t)pt_thunk(0) < 16 * (uintptr_t)PT_THUNKS;
}

bool pt_builtin_is_hooked(const PyMethodDef *definition)
{
    return is_thunk(*(void *const *)&definition->ml_meth);
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

/* What is called in the end through the function at `place`. Types that inherit an
 * __init__ inherit its thunk too, which goes by the name of another type. */
static void *behind(void *const *place, enum pt_calling calling)
{
    if (!is_thunk(*place))
        return *place;
    if (calling != PT_CALLING_INIT)
        return NULL;
    return builtins.items[((uintptr_t)*place - (uintptr_t)pt_thunk(0)) / 16].original;
}

/* The thunk takes the place of the function at `place`. */
static bool hook(void **place, const struct builtin *what,
                 const struct pt_builtin_names *names)
{
    void *original = behind(place, what->calling);
    struct builtin *builtin;

    if (!original || !make_room())
        return false;
    builtin = &builtins.items[builtins.n];
    *builtin = *what;
    builtin->original = original;
    if (!describe(builtin, names) || !pt_patch_pointer(place, pt_thunk(builtins.n))) {
        pt_log_warning("calls of %s.%s cannot be recorded", names->module, names->name);
        clear(builtin);
        return false;
    }
    builtins.n++;
    return true;
}

bool pt_builtin_hook(PyMethodDef *definition, const struct pt_builtin_names *names,
                     enum pt_function_kind kind)
{
    struct builtin what = {.calling = PT_CALLING_METHOD,
                           .flags = definition->ml_flags,
                           .text = &definition->ml_doc,
                           .kind = kind,
                           .unlisted = names->unlisted || !is_public(names->name),
                           .rounded = pt_rounding_function(names->module, names->name)};

    return (!what.unlisted || what.rounded) &&
           hook((void **)&definition->ml_meth, &what, names);
}

bool pt_slot_hook(void **slot, enum pt_calling calling,
                  const struct pt_builtin_names *names, const char *const *text)
{
    struct builtin what = {.calling = calling,
                           .text = text,
                           .kind = calling == PT_CALLING_UNARY ||
                                           calling == PT_CALLING_BINARY
                                       ? PT_FUNCTION_SCALAR
                                       : PT_FUNCTION_TYPE};

    return hook(slot, &what, names);
}
