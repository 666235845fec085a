#include <stdlib.h>
#include <string.h>

#include "capture/readers.h"
#include "intercept/runtime.h"

/* Every function made since the start, for pt_functions_destroy. */
static struct {
    struct pt_function **items;
    size_t n, capacity;
} all;

static bool keep(struct pt_function *function)
{
    if (all.n == all.capacity) {
        size_t capacity = all.capacity ? 2 * all.capacity : 1024;
        struct pt_function **items = realloc(all.items, capacity * sizeof(*items));

        if (!items)
            return false;
        all.items = items;
        all.capacity = capacity;
    }
    all.items[all.n++] = function;
    return true;
}

static void destroy(struct pt_function *function)
{
    free(function->module);
    free(function->name);
    free(function->file);
    free(function);
}

uint32_t pt_text_id(const char *text, size_t bytes)
{
    return pt_runtime.writer && text
               ? pt_trace_writer_string(pt_runtime.writer, text, bytes)
               : 0;
}

static uint32_t define(const struct pt_function *function)
{
    struct pt_trace_function definition;

    if (!pt_runtime.writer)
        return 0;
    definition.module = pt_text_id(function->module, strlen(function->module));
    definition.name = pt_text_id(function->name, strlen(function->name));
    definition.file =
        function->file ? pt_text_id(function->file, strlen(function->file)) : 0;
    definition.line = function->line;
    definition.kind = function->kind;
    return pt_trace_writer_function(pt_runtime.writer, &definition);
}

struct pt_function *pt_function_create(enum pt_function_kind kind, const char *module,
                                       const char *name, const char *file,
                                       uint32_t line)
{
    struct pt_function *function = calloc(1, sizeof *function);

    if (!function)
        return NULL;
    function->kind = kind;
    function->line = line;
    function->module = strdup(module);
    function->name = strdup(name);
    function->file = file ? strdup(file) : NULL;
    if (!function->module || !function->name || (file && !function->file) ||
        !keep(function)) {
        destroy(function);
        return NULL;
    }
    function->only_reads = pt_capture_only_reads(file, name);
    function->id = define(function);
    return function;
}

void pt_functions_destroy(void)
{
    for (size_t i = 0; i < all.n; i++)
        destroy(all.items[i]);
    all.n = 0;
    pt_runtime.first_called = NULL;
    pt_runtime.last_called = &pt_runtime.first_called;
}
