#include <time.h>

#include "base/log.h"
#include "cpython/numpy_abi.h"
#include "intercept/runtime.h"

struct pt_runtime pt_runtime;

static int64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What looks for callables in an extension module. The first one finds numpy itself. */
static pt_intercept_module_callback *const finders[] = {
    pt_ufuncs_module, pt_f2py_module, pt_compiled_module, pt_scalars_module,
    pt_multimethods_module};

static void look_at(PyObject *module, const char *name)
{
    pt_ufuncs_module(module, name);
    pt_f2py_module(module, name);
}

/* Extension modules that are there already: a trace that starts late, as in the child
 * of a fork. The definitions of builtins are left as they are then: some code may have
 * their hashes. */
static void look_at_loaded_modules(void)
{
    static const char *const cores[] = {"numpy.core._multiarray_umath",
                                        "numpy._core._multiarray_umath"};
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *key, *module;
    Py_ssize_t position = 0;

    if (!modules || !PyDict_CheckExact(modules))
        return;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(cores); i++) {
        module = PyDict_GetItemString(modules, cores[i]);
        if (module && PyModule_Check(module))
            look_at(module, cores[i]);
    }
    while (PyDict_Next(modules, &position, &key, &module)) {
        const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : NULL;

        if (name && PyModule_Check(module))
            look_at(module, name);
    }
    PyErr_Clear();
}

static enum pt_status start_all(struct pt_error *error)
{
    enum pt_status status = PT_OK;

    pt_calls_start();
    pt_sites_start();
    pt_ufuncs_start();
    pt_ufunc_methods_start();
    pt_builtins_start();
    for (size_t i = 0; i < PT_ARRAY_LENGTH(finders) && status == PT_OK; i++)
        status = pt_intercept_on_module(finders[i], error);
    if (status == PT_OK)
        status = pt_python_functions_start(error);
    return status;
}

enum pt_status pt_intercept_start(const struct pt_config *config,
                                  struct pt_trace_writer *writer,
                                  struct pt_error *error)
{
    struct pt_capture_limits limits = {.max_elements = config->io.max_elements,
                                       .max_depth = config->io.max_depth,
                                       .max_items = config->io.max_items,
                                       .min_size = config->io.min_size,
                                       .summaries = config->io.summaries};
    enum pt_status status;

    if (pt_runtime.running)
        return pt_error_set(error, PT_E_USAGE, "interception has already been started");
    pt_functions_destroy();
    pt_runtime.config = config;
    pt_runtime.writer = writer;
    pt_runtime.epoch++;
    pt_runtime.clock = 0;
    pt_runtime.counts = (struct pt_intercept_counts){0};
    pt_runtime.start_ns = clock_ns();
    pt_capture_init(&pt_runtime.capture, writer, &limits);
    if (writer)
        pt_trace_writer_set_limit(writer, config->io.max_bytes);
    if (!pt_thread_self()) /* number 0 */
        return pt_error_set(error, PT_E_MEMORY, "no memory to start interception");
    pt_runtime.running = true;
    status = start_all(error);
    if (status == PT_OK)
        look_at_loaded_modules();
    else
        pt_intercept_stop();
    return status;
}

static void end(void)
{
    pt_python_functions_stop();
    pt_runtime.running = false;
    pt_runtime.epoch++;
    pt_runtime.writer = NULL;
    pt_capture_clear(&pt_runtime.capture);
}

void pt_intercept_stop(void)
{
    if (!pt_runtime.running)
        return;
    pt_runtime.running = false; /* for code that dropping a reference runs */
    pt_calls_cut();
    end();
}

void pt_intercept_forget(void)
{
    if (pt_runtime.running)
        end();
    pt_threads_forget();
}

void pt_intercept_suspend(void)
{
    struct pt_thread *thread = pt_thread_self();

    if (thread)
        thread->suspended++;
}

void pt_intercept_resume(void)
{
    struct pt_thread *thread = pt_thread_self();

    if (thread && thread->suspended > 0)
        thread->suspended--;
}

void pt_intercept_read_counts(struct pt_intercept_counts *counts)
{
    *counts = pt_runtime.counts;
    counts->bounds = pt_runtime.capture.bounds;
}

void pt_intercept_visit_functions(pt_intercept_function_visitor *visit, void *context)
{
    for (const struct pt_function *f = pt_runtime.first_called; f; f = f->next_called) {
        struct pt_intercept_function function = {.module = f->module,
                                                 .name = f->name,
                                                 .file = f->file,
                                                 .line = f->line,
                                                 .kind = f->kind,
                                                 .calls = f->calls,
                                                 .bytes = f->bytes};

        visit(context, &function);
    }
}
