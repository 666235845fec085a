#include "intercept/rounding.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cpython/numpy_abi.h"
#include "fuzzy/rounding/workers.h"
#include "intercept/runtime.h"

static bool is_on;

bool pt_rounding_is_on(void)
{
    return is_on;
}

static bool is_of_standard_library(const char *module)
{
    PyObject *names = PySys_GetObject("stdlib_module_names"); /* borrowed */
    PyObject *package =
        PyUnicode_FromStringAndSize(module, (Py_ssize_t)strcspn(module, "."));
    bool found = names && package && PySet_Contains(names, package) == 1;

    Py_XDECREF(package);
    PyErr_Clear();
    return found;
}

bool pt_rounding_module(const char *module)
{
    return is_on && pt_rounding_reaches(module, NULL) &&
           !is_of_standard_library(module);
}

bool pt_rounding_function(const char *module, const char *function)
{
    return is_on && pt_rounding_reaches(module, function) &&
           !is_of_standard_library(module);
}

/* ---------------------------------------------------------------- loops of ufuncs */

typedef void loop_fn(char **arguments, const Py_ssize_t *sizes, const Py_ssize_t *steps,
                     void *data);

struct loop {
    loop_fn *original;
    void *data;
};

static void rounded_loop(char **arguments, const Py_ssize_t *sizes,
                         const Py_ssize_t *steps, void *data)
{
    const struct loop *loop = data;
    enum pt_rounding_mode entered = pt_rounding_enter();

    loop->original(arguments, sizes, steps, loop->data);
    pt_rounding_leave(entered);
}

/* Whether the code is of the library that this is in: loops of the layer numpy. */
static bool is_our_own(void *code)
{
    Dl_info one, other;
    loop_fn *ours = rounded_loop;
    void *here;

    memcpy(&here, &ours, sizeof here);
    return dladdr(code, &one) && dladdr(here, &other) &&
           one.dli_fbase == other.dli_fbase;
}

/* The ufunc gets tables of its own: some share theirs. They live as long as the
 * process, as ufuncs do. */
static bool round_ufunc(PyObject *ufunc)
{
    struct pt_ufunc_shape shape = pt_numpy_ufunc_shape(ufunc);
    struct pt_ufunc_loops loops = pt_numpy_ufunc_loops(ufunc);
    size_t n = (size_t)loops.n;
    int n_types = shape.n_inputs + shape.n_outputs;
    loop_fn *rounded = rounded_loop;
    void **tables = calloc(n + 1, 2 * sizeof *tables);
    struct loop *kept = calloc(n + 1, sizeof *kept);

    if (!tables || !kept) {
        free(tables);
        free(kept);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        tables[i] = loops.functions[i];
        tables[n + i] = loops.data[i];
        if (!loops.functions[i] || is_our_own(loops.functions[i]) ||
            !pt_rounding_reaches_ufunc(shape.name, loops.types + i * (size_t)n_types,
                                       n_types))
            continue;
        memcpy(&kept[i].original, &loops.functions[i], sizeof kept[i].original);
        kept[i].data = loops.data[i];
        memcpy(&tables[i], &rounded, sizeof rounded);
        tables[n + i] = &kept[i];
    }
    pt_numpy_ufunc_set_loops(ufunc, tables, tables + n);
    return true;
}

static void round_ufuncs(PyObject *module)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;

    while (PyDict_Next(PyModule_GetDict(module), &position, &key, &value))
        if (pt_numpy_is_ufunc(value) && !round_ufunc(value))
            pt_log_warning("no memory: loops of the ufunc %s are not rounded",
                           pt_numpy_ufunc_shape(value).name);
}

void pt_intercept_round_module(PyObject *module, const char *name)
{
    struct pt_error error;

    if (!is_on)
        return;
    if (pt_numpy_is_core(name) && !pt_numpy_is_open() &&
        pt_numpy_open(module, &error) != PT_OK)
        pt_log_warning("the loops of ufuncs are not rounded: %s", error.text);
    if (pt_numpy_is_open() && pt_rounding_module(name))
        round_ufuncs(module);
    pt_compiled_module(module, name);
    pt_f2py_module(module, name);
}

void pt_intercept_rounding(void)
{
    is_on = true;
    pt_rounding_workers_start();
    pt_python_functions_stop(); /* the hook that puts nearest back, alone */
}
