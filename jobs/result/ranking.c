#include "result/ranking.h"

#include <stdlib.h>

#include "result/divisions.h"
#include "schema/ranking.h"

enum { MOST_SOURCES = 5 };

struct row {
    uint64_t index; /* row of functions/ */
    uint32_t rank, flags;
};

static int by_rank(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static enum pt_status read_rows(const struct pt_result *result, struct row **rows,
                                size_t *n, struct pt_error *error)
{
    uint64_t all = pt_result_rows(result, PT_COLUMN_FUNCTIONS_RANK);
    uint32_t *ranks = calloc(all + 1, sizeof *ranks);
    uint32_t *flags = calloc(all + 1, sizeof *flags);
    enum pt_status status = PT_OK;

    *rows = calloc(all + 1, sizeof **rows);
    *n = (size_t)all;
    if (*rows == NULL || ranks == NULL || flags == NULL)
        status = pt_error_set(error, PT_E_MEMORY, "no memory for %llu functions",
                              (unsigned long long)all);
    if (status == PT_OK)
        status = pt_result_read(result, PT_COLUMN_FUNCTIONS_RANK, 0, all, ranks, error);
    if (status == PT_OK)
        status =
            pt_result_read(result, PT_COLUMN_FUNCTIONS_FLAGS, 0, all, flags, error);
    for (size_t i = 0; status == PT_OK && i < *n; i++)
        (*rows)[i] = (struct row){i, ranks[i], flags[i]};
    if (status == PT_OK)
        qsort(*rows, *n, sizeof **rows, by_rank);
    free(ranks);
    free(flags);
    return status;
}

struct function {
    char *module, *name, *file;
    struct pt_ranked row; /* borrows the texts */
};

static enum pt_status read_function(const struct pt_result *r, uint64_t i,
                                    struct function *f, struct pt_error *error)
{
    enum pt_status status =
        pt_result_text(r, PT_COLUMN_FUNCTIONS_MODULE, i, &f->module, error);

    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_FUNCTIONS_NAME, i, &f->name, error);
    if (status == PT_OK)
        status = pt_result_text(r, PT_COLUMN_FUNCTIONS_FILE, i, &f->file, error);
    if (status == PT_OK)
        status = pt_result_u32(r, PT_COLUMN_FUNCTIONS_LINE, i, &f->row.line, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_CALLS, i, &f->row.calls, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_SELF_LOST, i, &f->row.self_lost,
                               error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_SELF_LOST_MAX, i,
                               &f->row.self_lost_max, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_DIGITS_IN, i, &f->row.digits_in,
                               error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_DIGITS_OUT, i, &f->row.digits_out,
                               error);
    f->row.module = f->module;
    f->row.name = f->name;
    f->row.file = f->file;
    return status;
}

static void free_function(struct function *f)
{
    free(f->module);
    free(f->name);
    free(f->file);
    *f = (struct function){0};
}

static enum pt_status print_sources(FILE *out, const struct pt_result *result,
                                    const struct row *rows, size_t n,
                                    struct pt_error *error)
{
    size_t found = 0;
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < n && status == PT_OK; i++) {
        struct function f = {0};

        if (!(rows[i].flags & PT_FUNCTION_SOURCE) || ++found > MOST_SOURCES)
            continue;
        if (found == 1)
            pt_ranking_sources_heading(out);
        status = read_function(result, rows[i].index, &f, error);
        if (status == PT_OK)
            pt_ranking_source(out, &f.row);
        free_function(&f);
    }
    if (found > MOST_SOURCES)
        fprintf(out, "      and %zu more\n", found - MOST_SOURCES);
    return status;
}

static enum pt_status print_rows(FILE *out, const struct pt_result *result,
                                 const struct row *rows, size_t n, size_t most,
                                 struct pt_error *error)
{
    size_t ranked = 0, shown = 0;
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < n && status == PT_OK; i++) {
        struct function f = {0};
        double lost = 0;

        if (rows[i].rank == 0)
            continue;
        ranked++;
        if (shown < most)
            status = pt_result_f64(result, PT_COLUMN_FUNCTIONS_SELF_LOST, rows[i].index,
                                   &lost, error);
        if (shown >= most || status != PT_OK || !(lost >= PT_RANKING_LEAST))
            continue;
        if (++shown == 1)
            pt_ranking_heading(out);
        status = read_function(result, rows[i].index, &f, error);
        f.row.rank = rows[i].rank;
        if (status == PT_OK)
            pt_ranking_row(out, &f.row);
        free_function(&f);
    }
    if (ranked == 0)
        fputs("no function has both float inputs and outputs: nothing to rank\n", out);
    else if (shown == 0)
        fputs("no function loses digits\n", out);
    else if (ranked > shown)
        fprintf(out, "      and %zu that lose less\n", ranked - shown);
    return status;
}

enum pt_status pt_ranking_print(FILE *out, const struct pt_result *result, size_t most,
                                struct pt_error *error)
{
    struct row *rows = NULL;
    size_t n = 0;
    enum pt_status status;

    if (!pt_result_about(result)->has_digits) {
        fputs("one run only: there are means, and no digits to rank by; run at least "
              "two\n",
              out);
        return PT_OK;
    }
    status = read_rows(result, &rows, &n, error);
    if (status == PT_OK)
        status = print_rows(out, result, rows, n, most, error);
    if (status == PT_OK)
        status = print_sources(out, result, rows, n, error);
    if (status == PT_OK)
        status = pt_divisions_print(out, result, error);
    free(rows);
    return status;
}
