#include "embed/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "intercept/intercept.h"

struct row {
    const char *module, *name; /* borrowed from the interception */
    uint64_t calls, bytes;
};

struct table {
    struct row *rows;
    size_t n, room;
    bool full; /* no memory for more */
};

static void add_row(void *context, const struct pt_intercept_function *function)
{
    struct table *table = context;
    if (table->n == table->room) {
        size_t room = table->room > 0 ? 2 * table->room : 256;
        struct row *rows = realloc(table->rows, room * sizeof *rows);
        if (rows == NULL) {
            table->full = true;
            return;
        }
        table->rows = rows;
        table->room = room;
    }
    table->rows[table->n++] = (struct row){function->module, function->name,
                                           function->calls, function->bytes};
}

static int by_calls(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->calls != b->calls)
        return a->calls < b->calls ? 1 : -1;
    int order = strcmp(a->module, b->module);
    return order != 0 ? order : strcmp(a->name, b->name);
}

/* A field of a CSV file; quoted where RFC 4180 wants it. */
static void put_field(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static void put_table(FILE *file, const struct table *table)
{
    uint64_t calls = 0, bytes = 0;
    fputs("module,function,call,memory\n", file);
    for (size_t i = 0; i < table->n; i++) {
        const struct row *row = &table->rows[i];
        put_field(file, row->module);
        putc(',', file);
        put_field(file, row->name);
        fprintf(file, ",%" PRIu64 ",%" PRIu64 "\n", row->calls, row->bytes);
        calls += row->calls;
        bytes += row->bytes;
    }
    fprintf(file, "Total,,%" PRIu64 ",%" PRIu64 "\n", calls, bytes);
}

enum pt_status pt_report_write(const char *path, struct pt_error *error)
{
    struct table table = {0};
    char *text = NULL;
    size_t bytes = 0;
    enum pt_status status;

    pt_intercept_visit_functions(add_row, &table);
    FILE *file = open_memstream(&text, &bytes);
    if (file == NULL || table.full) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the report");
        goto done;
    }
    if (table.n > 0)
        qsort(table.rows, table.n, sizeof *table.rows, by_calls);
    put_table(file, &table);
    int failed = fclose(file);
    file = NULL;
    status = failed == 0 ? pt_file_write(path, text, bytes, error)
                         : pt_error_set(error, PT_E_MEMORY, "no memory for the report");
done:
    if (file != NULL)
        fclose(file);
    free(text);
    free(table.rows);
    return status;
}
