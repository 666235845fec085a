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

static struct row total_of(const struct table *table)
{
    struct row total = {.module = "Total", .name = ""};
    for (size_t i = 0; i < table->n; i++) {
        total.calls += table->rows[i].calls;
        total.bytes += table->rows[i].bytes;
    }
    return total;
}

static void put_table(FILE *file, const struct table *table)
{
    struct row total = total_of(table);
    fputs("module,function,call,memory\n", file);
    for (size_t i = 0; i < table->n; i++) {
        const struct row *row = &table->rows[i];
        put_field(file, row->module);
        putc(',', file);
        put_field(file, row->name);
        fprintf(file, ",%" PRIu64 ",%" PRIu64 "\n", row->calls, row->bytes);
    }
    fprintf(file, "Total,,%" PRIu64 ",%" PRIu64 "\n", total.calls, total.bytes);
}

static enum pt_status write_table(const char *path, const struct table *table,
                                  struct pt_error *error)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    if (file == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the report");
    put_table(file, table);
    enum pt_status status =
        fclose(file) == 0
            ? pt_file_write(path, text, bytes, error)
            : pt_error_set(error, PT_E_MEMORY, "no memory for the report");
    free(text);
    return status;
}

/* ---- on a terminal --------------------------------------------------------------- */

enum { SHOWN = 40 }; /* functions; the file has all */

/* Columns that a text takes, were each of its characters one wide. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

/* What a terminal would take for a command is left out of names. */
static void put_padded(const char *text, int width)
{
    int left = width - width_of(text);
    for (; *text != '\0'; text++)
        putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, stderr);
    fprintf(stderr, "%*s", left > 0 ? left : 0, "");
}

static void put_memory(uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double shown = (double)bytes;
    size_t unit = 0;
    while (shown >= 999.95 && unit + 1 < sizeof units / sizeof *units) {
        shown /= 1000;
        unit++;
    }
    fprintf(stderr, "%*.*f %-2s\n", 9, unit > 0 ? 1 : 0, shown, units[unit]);
}

static void put_row(const struct row *row, const int width[2])
{
    put_padded(row->module, width[0]);
    fputs("  ", stderr);
    put_padded(row->name, width[1]);
    fprintf(stderr, "  %12" PRIu64 " ", row->calls);
    put_memory(row->bytes);
}

static void show_table(const char *path, const struct table *table)
{
    size_t n = table->n < SHOWN ? table->n : SHOWN;
    int width[2] = {6, 8}; /* of the titles */
    struct row total = total_of(table);
    for (size_t i = 0; i < n; i++) {
        int module = width_of(table->rows[i].module),
            name = width_of(table->rows[i].name);
        width[0] = module > width[0] ? module : width[0];
        width[1] = name > width[1] ? name : width[1];
    }
    fprintf(stderr, "%-*s  %-*s  %12s %12s\n", width[0], "module", width[1], "function",
            "calls", "memory");
    for (size_t i = 0; i < n; i++)
        put_row(&table->rows[i], width);
    if (n < table->n)
        fprintf(stderr, "and %zu functions that were called less, in the file below\n",
                table->n - n);
    put_row(&total, width);
    fprintf(stderr, "report: %s\n", path);
}

enum pt_status pt_report_write(const char *path, bool show, struct pt_error *error)
{
    struct table table = {0};
    enum pt_status status;

    pt_intercept_visit_functions(add_row, &table);
    if (table.n > 0)
        qsort(table.rows, table.n, sizeof *table.rows, by_calls);
    status = table.full ? pt_error_set(error, PT_E_MEMORY, "no memory for the report")
                        : write_table(path, &table, error);
    if (status == PT_OK && show)
        show_table(path, &table);
    free(table.rows);
    return status;
}
