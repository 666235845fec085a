#include "embed/suggest.h"

#include <Python.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "intercept/intercept.h"
#include "pattern.h"

enum { SHOWN = 15 };

/* New memory for the configured modules and the standard library's; texts borrowed from
 * the configuration and from the interpreter. */
static enum pt_status excluded_modules(const struct pt_config *config,
                                       struct pt_strings *modules,
                                       struct pt_error *error)
{
    PyObject *names = PySys_GetObject("stdlib_module_names"); /* borrowed */
    PyObject *list = names != NULL ? PySequence_List(names) : NULL;
    Py_ssize_t n = list != NULL ? PyList_GET_SIZE(list) : 0;
    const struct pt_strings *given = &config->modules_to_exclude;

    PyErr_Clear();
    modules->items = calloc(given->n + (size_t)n + 1, sizeof *modules->items);
    if (modules->items == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    for (size_t i = 0; i < given->n; i++)
        modules->items[modules->n++] = given->items[i];
    for (Py_ssize_t i = 0; i < n; i++) {
        const char *name = PyUnicode_AsUTF8(PyList_GET_ITEM(list, i));
        if (name != NULL)
            modules->items[modules->n++] = (char *)name;
    }
    modules->items[modules->n++] = (char *)"pytracer";
    PyErr_Clear();
    return PT_OK; /* the list is kept: it holds the names */
}

enum pt_status pt_suggest_everything(const struct pt_config *config,
                                     const struct pt_config **all,
                                     struct pt_error *error)
{
    static char any[] = "*", *modules[] = {any};
    static struct pt_config everything;

    everything = *config;
    everything.modules_to_load = (struct pt_strings){modules, 1};
    everything.modules_to_exclude = (struct pt_strings){NULL, 0};
    everything.include = (struct pt_patterns){NULL, 0};
    everything.numpy.ufunc = true;
    *all = &everything;
    return excluded_modules(config, &everything.modules_to_exclude, error);
}

struct candidates {
    const struct pt_config *config;
    struct pt_intercept_function *items;
    size_t n, room;
};

static bool is_traced(const struct pt_config *config,
                      const struct pt_intercept_function *function)
{
    if (function->kind == PT_FUNCTION_UFUNC ||
        function->kind == PT_FUNCTION_UFUNC_METHOD)
        return config->numpy.ufunc;
    return pt_config_wants(config, function->module, function->name);
}

static void consider(void *context, const struct pt_intercept_function *function)
{
    struct candidates *all = context;

    if (is_traced(all->config, function))
        return;
    if (all->n == all->room) {
        size_t room = all->room > 0 ? 2 * all->room : 256;
        struct pt_intercept_function *items = realloc(all->items, room * sizeof *items);
        if (items == NULL)
            return;
        all->items = items;
        all->room = room;
    }
    all->items[all->n++] = *function;
}

static int by_calls(const void *left, const void *right)
{
    const struct pt_intercept_function *a = left, *b = right;
    return (a->calls < b->calls) - (a->calls > b->calls);
}

static int by_bytes(const void *left, const void *right)
{
    const struct pt_intercept_function *a = left, *b = right;
    return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

static void print_first(struct candidates *all, const char *title,
                        int order(const void *, const void *))
{
    qsort(all->items, all->n, sizeof *all->items, order);
    fprintf(stderr, "%s\n%12s %16s  function\n", title, "calls", "bytes");
    for (size_t i = 0; i < all->n && i < SHOWN; i++) {
        const struct pt_intercept_function *function = &all->items[i];
        fprintf(stderr, "%12" PRIu64 " %16" PRIu64 "  %s.%s\n", function->calls,
                function->bytes, function->module, function->name);
    }
}

void pt_suggest_print(const struct pt_config *config)
{
    struct candidates all = {.config = config};

    pt_intercept_visit_functions(consider, &all);
    if (all.n == 0) {
        fputs("pytracer: the configuration traces every function that was called\n",
              stderr);
    } else {
        print_first(&all, "pytracer: not traced, and called most:", by_calls);
        print_first(&all, "pytracer: not traced, and moved most bytes:", by_bytes);
        fputs("Trace them with --target MODULE.FUNCTION, with modules_to_load, or "
              "ufuncs with numpy.ufunc.\n",
              stderr);
    }
    free(all.items);
}
