#include "result/functions.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum { CHUNK = 65536 };

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the functions");
}

static enum pt_status read_one(const struct pt_result *r, uint64_t row,
                               struct pt_function *f, struct pt_error *error)
{
    const struct {
        enum pt_result_column_id column;
        char **to;
    } texts[] = {{PT_COLUMN_FUNCTIONS_MODULE, &f->module},
                 {PT_COLUMN_FUNCTIONS_NAME, &f->name},
                 {PT_COLUMN_FUNCTIONS_FILE, &f->file}};
    const struct {
        enum pt_result_column_id column;
        uint32_t *to;
    } words[] = {{PT_COLUMN_FUNCTIONS_LINE, &f->line},
                 {PT_COLUMN_FUNCTIONS_KIND, &f->kind},
                 {PT_COLUMN_FUNCTIONS_RANK, &f->rank},
                 {PT_COLUMN_FUNCTIONS_FLAGS, &f->flags}};
    const struct {
        enum pt_result_column_id column;
        double *to;
    } reals[] = {{PT_COLUMN_FUNCTIONS_DIGITS_IN, &f->digits_in},
                 {PT_COLUMN_FUNCTIONS_DIGITS_OUT, &f->digits_out},
                 {PT_COLUMN_FUNCTIONS_LOST, &f->lost},
                 {PT_COLUMN_FUNCTIONS_SELF_LOST, &f->self_lost},
                 {PT_COLUMN_FUNCTIONS_SELF_LOST_MAX, &f->self_lost_max}};
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(texts) && status == PT_OK; i++)
        status = pt_result_text(r, texts[i].column, row, texts[i].to, error);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(words) && status == PT_OK; i++)
        status = pt_result_u32(r, words[i].column, row, words[i].to, error);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(reals) && status == PT_OK; i++)
        status = pt_result_f64(r, reals[i].column, row, reals[i].to, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_CALLS, row, &f->n_calls, error);
    if (status == PT_OK)
        status =
            pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_PARTIAL, row, &f->n_partial, error);
    return status;
}

/* Each function's worst call. */
static enum pt_status read_least(const struct pt_result *r, struct pt_functions *t,
                                 struct pt_error *error)
{
    uint64_t n = pt_result_rows(r, PT_COLUMN_CALLS_FUNCTION);
    uint32_t *function = malloc(CHUNK * sizeof *function);
    double *digits = malloc(CHUNK * sizeof *digits);
    enum pt_status status = function && digits ? PT_OK : no_memory(error);

    for (uint64_t at = 0; at < n && status == PT_OK; at += CHUNK) {
        uint64_t count = n - at < CHUNK ? n - at : CHUNK;

        status =
            pt_result_read(r, PT_COLUMN_CALLS_FUNCTION, at, count, function, error);
        if (status == PT_OK)
            status =
                pt_result_read(r, PT_COLUMN_CALLS_DIGITS_OUT, at, count, digits, error);
        for (uint64_t i = 0; status == PT_OK && i < count; i++) {
            if (function[i] >= t->n)
                status =
                    pt_error_set(error, PT_E_DAMAGED, "a call names function %u of %zu",
                                 function[i], t->n);
            else
                t->items[function[i]].least_digits =
                    fmin(t->items[function[i]].least_digits, digits[i]);
        }
    }
    free(function);
    free(digits);
    return status;
}

struct values {
    uint32_t function[CHUNK];
    uint8_t phase[CHUNK];
    uint64_t n_nan[CHUNK], n_inf[CHUNK];
};

static enum pt_status read_values(const struct pt_result *r, uint64_t at, uint64_t n,
                                  struct values *v, struct pt_error *error)
{
    enum pt_status status =
        pt_result_read(r, PT_COLUMN_VALUES_FUNCTION, at, n, v->function, error);

    if (status == PT_OK)
        status = pt_result_read(r, PT_COLUMN_VALUES_PHASE, at, n, v->phase, error);
    if (status == PT_OK)
        status = pt_result_read(r, PT_COLUMN_VALUES_N_NAN, at, n, v->n_nan, error);
    if (status == PT_OK)
        status = pt_result_read(r, PT_COLUMN_VALUES_N_INF, at, n, v->n_inf, error);
    return status;
}

static enum pt_status read_nonfinite(const struct pt_result *r, struct pt_functions *t,
                                     struct pt_error *error)
{
    uint64_t n = pt_result_rows(r, PT_COLUMN_VALUES_FUNCTION);
    struct values *v = malloc(sizeof *v);
    enum pt_status status = v ? PT_OK : no_memory(error);

    for (uint64_t at = 0; at < n && status == PT_OK; at += CHUNK) {
        uint64_t count = n - at < CHUNK ? n - at : CHUNK;

        status = read_values(r, at, count, v, error);
        for (uint64_t i = 0; status == PT_OK && i < count; i++) {
            if (v->function[i] >= t->n)
                status = pt_error_set(error, PT_E_DAMAGED,
                                      "a value names function %u of %zu",
                                      v->function[i], t->n);
            else if (v->phase[i] == 1)
                t->items[v->function[i]].n_nonfinite += v->n_nan[i] + v->n_inf[i];
        }
    }
    free(v);
    return status;
}

enum pt_status pt_functions_read(const struct pt_result *result,
                                 struct pt_functions *functions, struct pt_error *error)
{
    uint64_t n = pt_result_rows(result, PT_COLUMN_FUNCTIONS_KEY);
    enum pt_status status = PT_OK;

    *functions =
        (struct pt_functions){.items = calloc(n + 1, sizeof *functions->items)};
    if (functions->items == NULL)
        return no_memory(error);
    for (uint64_t i = 0; i < n && status == PT_OK; i++) {
        functions->items[functions->n].least_digits = NAN;
        status = read_one(result, i, &functions->items[functions->n++], error);
    }
    if (status == PT_OK)
        status = read_least(result, functions, error);
    if (status == PT_OK)
        status = read_nonfinite(result, functions, error);
    return status;
}

enum pt_status pt_functions_load(const char *path, struct pt_functions *functions,
                                 struct pt_error *error)
{
    struct pt_result *result = NULL;
    enum pt_status status = pt_result_open(path, &result, error);

    *functions = (struct pt_functions){0};
    if (status == PT_OK && !pt_result_about(result)->has_digits)
        status = pt_error_set(error, PT_E_UNSUPPORTED,
                              "%s is of one run: it has no digits", path);
    if (status == PT_OK)
        status = pt_functions_read(result, functions, error);
    pt_result_close(result);
    return status;
}

void pt_functions_destroy(struct pt_functions *functions)
{
    for (size_t i = 0; i < functions->n; i++) {
        free(functions->items[i].module);
        free(functions->items[i].name);
        free(functions->items[i].file);
    }
    free(functions->items);
    *functions = (struct pt_functions){0};
}
