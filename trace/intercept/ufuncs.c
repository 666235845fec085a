/* numpy's ufuncs. Each ufunc object holds the function that serves its calls; numpy's
 * operators on arrays go through it as well, so replacing it sees `a + b` and
 * `numpy.add(a, b)` alike, and stored references keep working. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cpython/frame.h"
#include "cpython/numpy_abi.h"
#include "intercept/objects.h"

struct hooked {
    vectorcallfunc original;
    const char *module; /* as users know it; lives as long as the process */
    struct pt_ufunc_shape shape;
    uint64_t epoch;               /* of `function` */
    struct pt_function *function; /* NULL: not selected */
};

static struct pt_objects hooked_ufuncs;

static struct pt_name input_names[] = {{"x", 1, 0},  {"x1", 2, 0}, {"x2", 2, 0},
                                       {"x3", 2, 0}, {"x4", 2, 0}, {"x5", 2, 0},
                                       {"x6", 2, 0}, {"x7", 2, 0}, {"x8", 2, 0}};

static void decide(struct hooked *hooked)
{
    hooked->epoch = pt_runtime.epoch;
    hooked->function = NULL;
    if (pt_selects_operation(pt_runtime.config, pt_runtime.config->numpy.ufunc,
                             hooked->module, hooked->shape.name))
        hooked->function = pt_function_create(PT_FUNCTION_UFUNC, hooked->module,
                                              hooked->shape.name, NULL, 0);
}

void pt_ufuncs_start(void)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(input_names); i++)
        input_names[i].id = pt_text_id(input_names[i].text, input_names[i].bytes);
}

static void capture_inputs(struct pt_thread *thread, const struct hooked *hooked,
                           PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    const struct pt_name *first = &input_names[hooked->shape.n_inputs == 1 ? 0 : 1];
    Py_ssize_t n_inputs = hooked->shape.n_inputs;

    for (Py_ssize_t i = 0; i < n_args && i < n_inputs && i < 8; i++)
        pt_call_argument(thread, &first[i], args[i]);
    for (Py_ssize_t i = 0; names && i < PyTuple_GET_SIZE(names); i++) {
        PyObject *key = PyTuple_GET_ITEM(names, i);
        struct pt_name name = {0};

        if (PyUnicode_CompareWithASCIIString(key, "out") == 0)
            continue; /* an output: what it holds before says nothing */
        name.text = PyUnicode_AsUTF8(key);
        name.bytes = name.text ? strlen(name.text) : 0;
        if (name.text)
            pt_call_argument(thread, &name, args[n_args + i]);
    }
}

static PyObject *call(PyObject *ufunc, PyObject *const *args, size_t flagged,
                      PyObject *names)
{
    struct hooked *hooked = pt_objects_find(&hooked_ufuncs, ufunc);
    struct pt_thread *thread;
    uint64_t epoch = pt_runtime.epoch;
    size_t level = 0;
    PyObject *result;

    if (!pt_runtime.running)
        return hooked->original(ufunc, args, flagged, names);
    if (hooked->epoch != epoch)
        decide(hooked);
    thread = hooked->function ? pt_thread_self() : NULL;
    if (thread && !thread->suspended)
        level = pt_call_open(thread, hooked->function, NULL,
                             pt_frame_innermost(PyThreadState_GET()), PT_CAPTURE_ALL);
    if (level > 0) {
        capture_inputs(thread, hooked, args, PyVectorcall_NARGS(flagged), names);
        pt_call_entered(thread);
    }
    result = hooked->original(ufunc, args, flagged, names);
    if (level > 0)
        pt_call_close(thread, level, epoch, result);
    return result;
}

static bool hook(PyObject *ufunc, const char *module)
{
    vectorcallfunc *entry = pt_numpy_ufunc_entry(ufunc);
    struct hooked *hooked;

    if (pt_objects_find(&hooked_ufuncs, ufunc))
        return true;
    hooked = entry && *entry ? calloc(1, sizeof *hooked) : NULL;
    if (!hooked || !pt_objects_add(&hooked_ufuncs, ufunc, hooked)) {
        free(hooked);
        return false;
    }
    hooked->original = *entry;
    hooked->module = module;
    hooked->shape = pt_numpy_ufunc_shape(ufunc);
    *entry = call;
    return true;
}

/* The name under which users know the ufuncs of a module. Static storage, or a copy
 * that lives as long as the process. */
static const char *public_name(const char *module)
{
    if (pt_numpy_is_core(module))
        return "numpy";
    if (strncmp(module, "scipy.special.", 14) == 0)
        return "scipy.special";
    return strdup(module);
}

void pt_ufuncs_module(PyObject *module, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    struct pt_error error;
    const char *shown = NULL;

    if (pt_numpy_is_core(name)) {
        if (pt_numpy_open(module, &error) != PT_OK)
            pt_log_warning("numpy's values are not recorded: %s", error.text);
        else if (pt_runtime.config->numpy.ufunc)
            pt_ufunc_methods_patch(pt_numpy_ufunc_type());
    }
    if (!pt_numpy_is_open() || !pt_runtime.running || !pt_runtime.config->numpy.ufunc)
        return;
    while (PyDict_Next(PyModule_GetDict(module), &position, &key, &value)) {
        if (!pt_numpy_is_ufunc(value))
            continue;
        if (!shown)
            shown = public_name(name);
        if (shown && !hook(value, shown))
            pt_log_warning("calls of the ufunc %s.%s cannot be recorded", shown,
                           pt_numpy_ufunc_shape(value).name);
    }
}
