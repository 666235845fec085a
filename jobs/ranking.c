#include "ranking.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SOURCES = 5 };

/* A loss below this is not worth a line. */
static const double least_loss_bits = 0.05;

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

/* `file` without the present folder before it. */
static const char *shorten(const char *file)
{
    char here[PATH_MAX];
    size_t n;

    if (getcwd(here, sizeof here) == NULL)
        return file;
    n = strlen(here);
    return strncmp(file, here, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

static void print_digits(FILE *out, int width, double bits)
{
    if (isnan(bits))
        fprintf(out, "%*s", width, "-");
    else
        fprintf(out, "%*.1f", width, bits);
}

struct function {
    char *module, *name, *file;
    uint32_t line;
    uint64_t calls;
    double lost, most, in, out;
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
        status = pt_result_u32(r, PT_COLUMN_FUNCTIONS_LINE, i, &f->line, error);
    if (status == PT_OK)
        status = pt_result_u64(r, PT_COLUMN_FUNCTIONS_N_CALLS, i, &f->calls, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_SELF_LOST, i, &f->lost, error);
    if (status == PT_OK)
        status =
            pt_result_f64(r, PT_COLUMN_FUNCTIONS_SELF_LOST_MAX, i, &f->most, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_DIGITS_IN, i, &f->in, error);
    if (status == PT_OK)
        status = pt_result_f64(r, PT_COLUMN_FUNCTIONS_DIGITS_OUT, i, &f->out, error);
    return status;
}

static void free_function(struct function *f)
{
    free(f->module);
    free(f->name);
    free(f->file);
    *f = (struct function){0};
}

static void print_place(FILE *out, const struct function *f)
{
    if (f->file[0])
        fprintf(out, "  %s:%u", shorten(f->file), f->line);
    putc('\n', out);
}

static void print_row(FILE *out, uint32_t rank, const struct function *f)
{
    fprintf(out, "%4u", rank);
    print_digits(out, 10, f->lost);
    print_digits(out, 8, f->most);
    print_digits(out, 8, f->in);
    print_digits(out, 8, f->out);
    fprintf(out, "%9llu  %s.%s", (unsigned long long)f->calls, f->module, f->name);
    print_place(out, f);
}

/* Functions that bring variation in without a float input (random numbers, say) lose
 * nothing; they are named apart. */
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
            fputs("\nSources of variation (no float input, yet the output varies):\n",
                  out);
        status = read_function(result, rows[i].index, &f, error);
        if (status == PT_OK) {
            fprintf(out, "      %s.%s", f.module, f.name);
            print_place(out, &f);
        }
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
        if (shown >= most || status != PT_OK || !(lost >= least_loss_bits))
            continue;
        if (++shown == 1)
            fputs("Functions by the bits of significance lost inside them (median, and "
                  "most, over calls)\n\n"
                  "rank  self-lost    most      in     out    calls  function\n",
                  out);
        status = read_function(result, rows[i].index, &f, error);
        if (status == PT_OK)
            print_row(out, rows[i].rank, &f);
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
    free(rows);
    return status;
}
