#include "localize/insight.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "localize/runs.h"
#include "result/functions.h"

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the ranking");
}

static bool ignore(void *context, size_t i, bool good, const char *out)
{
    (void)context;
    (void)i;
    (void)good;
    (void)out;
    return false;
}

/* The functions of a traced batch. */
static enum pt_status measure(struct pt_localize *l, const struct pt_batch *batch,
                              struct pt_functions *functions, struct pt_error *error)
{
    char *result = NULL;
    enum pt_status status = pt_runs(l, batch, ignore, NULL, &result, error);

    if (status == PT_OK && l->stopped)
        status = pt_error_set(error, PT_E_IO, "stopped");
    if (status == PT_OK)
        status = pt_functions_load(result, functions, error);
    if (status == PT_OK)
        pt_runs_forget(l, batch->name);
    free(result);
    return status;
}

/* The modules of the program's functions, with blanks between. */
static char *modules_of(const struct pt_units *functions)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    for (size_t i = 0; out && i < functions->n; i++) {
        bool told = false;

        for (size_t j = 0; j < i; j++)
            told |= strcmp(functions->items[j].module, functions->items[i].module) == 0;
        if (!told)
            fprintf(out, "%s ", functions->items[i].module);
    }
    if (!out || fclose(out) != 0)
        return NULL;
    return text;
}

static const struct pt_function *find(const struct pt_functions *functions,
                                      const struct pt_insight *insight)
{
    for (size_t i = 0; i < functions->n; i++) {
        const struct pt_function *f = &functions->items[i];

        if (f->line == insight->line && strcmp(f->name, insight->function) == 0 &&
            strcmp(f->module, insight->module) == 0)
            return f;
    }
    return NULL;
}

static double loss_of(const struct pt_function *f)
{
    return isfinite(f->self_lost) ? f->self_lost : -1;
}

static int by_loss(const void *left, const void *right)
{
    const struct pt_function *const *a = left, *const *b = right;
    double x = loss_of(*a), y = loss_of(*b);

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Notes the functions that lose most. */
static enum pt_status rank(const struct pt_functions *functions, size_t top,
                           struct pt_insight *insights, size_t *n,
                           struct pt_error *error)
{
    static const double LEAST = 1; /* bits that are worth two batches of runs */
    const struct pt_function **order = calloc(functions->n + 1, sizeof *order);

    if (!order)
        return no_memory(error);
    for (size_t i = 0; i < functions->n; i++)
        order[i] = &functions->items[i];
    qsort(order, functions->n, sizeof(void *), by_loss);
    for (size_t i = 0; i < functions->n && *n < top; i++) {
        const struct pt_function *f = order[i];

        if (loss_of(f) < LEAST)
            break;
        insights[*n] = (struct pt_insight){strdup(f->module),
                                           strdup(f->name),
                                           strdup(f->file),
                                           f->line,
                                           f->digits_in,
                                           f->digits_out,
                                           NAN,
                                           NAN,
                                           NAN};
        (*n)++;
        if (!insights[*n - 1].module || !insights[*n - 1].function ||
            !insights[*n - 1].file) {
            free(order);
            return no_memory(error);
        }
    }
    free(order);
    return PT_OK;
}

/* Both figures of one function. */
static enum pt_status look_into(struct pt_localize *l, size_t runs, const char *modules,
                                struct pt_insight *insight, struct pt_error *error)
{
    char *pattern = NULL;
    struct pt_functions functions = {0};
    const struct pt_function *f;
    enum pt_status status = PT_OK;

    if (asprintf(&pattern, "%s %s", insight->module, insight->function) < 0)
        return no_memory(error);
    struct pt_strings one = {&pattern, 1};
    struct pt_batch inside = {
        .name = "inside", .only = &one, .modules = modules, .n = runs, .keep = true};
    struct pt_batch inputs = {
        .name = "inputs", .except = &one, .modules = modules, .n = runs, .keep = true};
    status = measure(l, &inside, &functions, error);
    f = status == PT_OK ? find(&functions, insight) : NULL;
    if (f)
        insight->inside = f->least_digits;
    pt_functions_destroy(&functions);
    functions = (struct pt_functions){0};
    if (status == PT_OK)
        status = measure(l, &inputs, &functions, error);
    f = status == PT_OK ? find(&functions, insight) : NULL;
    if (f) {
        insight->inputs_in = f->digits_in;
        insight->inputs = f->least_digits;
    }
    pt_functions_destroy(&functions);
    free(pattern);
    return status;
}

enum pt_status pt_insight(struct pt_localize *localize, size_t runs, size_t top,
                          struct pt_insight **insights, size_t *n,
                          struct pt_error *error)
{
    struct pt_functions functions = {0};
    char *modules = modules_of(&localize->functions);
    struct pt_batch everything = {
        .name = "everything", .modules = modules, .n = runs, .keep = true};
    enum pt_status status = PT_OK;

    *n = 0;
    *insights = calloc(top + 1, sizeof **insights);
    if (!modules || !*insights)
        status = no_memory(error);
    if (status == PT_OK)
        status = measure(localize, &everything, &functions, error);
    if (status == PT_OK)
        status = rank(&functions, top, *insights, n, error);
    for (size_t i = 0; i < *n && status == PT_OK; i++)
        status = look_into(localize, runs, modules, &(*insights)[i], error);
    pt_functions_destroy(&functions);
    free(modules);
    return status;
}

void pt_insight_destroy(struct pt_insight *insights, size_t n)
{
    for (size_t i = 0; insights && i < n; i++) {
        free(insights[i].module);
        free(insights[i].function);
        free(insights[i].file);
    }
    free(insights);
}
