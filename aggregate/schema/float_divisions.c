#include "schema/float_divisions.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 1024, DIGITS = 6, MAX_SITES = 10000 };

static const char prefix[] = "event.division.";

/* What one run says of a division. */
struct row {
    const char *key; /* in the run's text, not ended */
    size_t key_bytes;
    uint64_t divisions, stride;
    bool ordered;     /* or the smallest of all divisors in several threads */
    const char *kept; /* six digits each */
    size_t n;
};

struct table {
    char **texts; /* of the runs */
    uint64_t n_texts;
    struct row *rows; /* of all runs, later sorted by key */
    size_t n, room;
};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for divisions");
}

static enum pt_status add_row(struct table *table, struct row row,
                              struct pt_error *error)
{
    if (table->n == table->room) {
        size_t room = table->room ? 2 * table->room : 256;
        struct row *rows = realloc(table->rows, room * sizeof *rows);
        if (!rows)
            return no_memory(error);
        table->rows = rows;
        table->room = room;
    }
    table->rows[table->n++] = row;
    return PT_OK;
}

/* "28 divisions, every 1: " or "8 divisions, smallest: ": its length, 0 if it is
 * neither.
 */
static size_t read_head(struct row *row, const char *text)
{
    int used = 0;

    row->ordered = sscanf(text, "%" SCNu64 " divisions, every %" SCNu64 ": %n",
                          &row->divisions, &row->stride, &used) == 2 &&
                   used > 0 && row->stride > 0;
    if (!row->ordered) {
        used = 0;
        row->stride = 1;
        sscanf(text, "%" SCNu64 " divisions, smallest: %n", &row->divisions, &used);
    }
    return (size_t)used;
}

/* "event.division.<module>.<function> <file>:<line>@<instruction>=28 divisions, every
 * 1: 3ff800…" (trace/format/FORMAT.md); the last '=' ends the key, since a path may
 * hold one. What is not of that form is passed over. */
static enum pt_status read_line(struct table *table, const char *line, size_t bytes,
                                struct pt_error *error)
{
    const size_t head = sizeof prefix - 1;
    struct row row = {.key = line + head};
    const char *equals = memrchr(line, '=', bytes);
    char text[96];

    if (bytes <= head || strncmp(line, prefix, head) != 0 || !equals ||
        equals < line + head)
        return PT_OK;
    size_t value_bytes = (size_t)(line + bytes - equals - 1);
    row.key_bytes = (size_t)(equals - line) - head;
    snprintf(text, sizeof text, "%.*s", (int)value_bytes, equals + 1);
    size_t used = read_head(&row, text);
    if (used == 0)
        return PT_OK;
    row.kept = equals + 1 + used;
    row.n = (value_bytes - used) / DIGITS;
    return row.n > 0 && row.n <= KEPT ? add_row(table, row, error) : PT_OK;
}

/* The upper 24 bits of a double, in hexadecimal. */
static double value_of(const struct row *row, size_t i)
{
    char text[DIGITS + 1] = "";
    double value;

    memcpy(text, row->kept + i * DIGITS, DIGITS);
    uint64_t bits = (uint64_t)strtoul(text, NULL, 16) << 40;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static enum pt_status read_run(struct table *table, const struct pt_result *r,
                               uint64_t run, struct pt_error *error)
{
    uint32_t flags = 0;
    enum pt_status status = pt_result_u32(r, PT_COLUMN_RUNS_FLAGS, run, &flags, error);

    if (status != PT_OK || (flags & PT_RUN_REFERENCE))
        return status;
    status = pt_result_info(r, run, &table->texts[run], error);
    for (const char *line = table->texts[run]; status == PT_OK && line && *line;) {
        size_t n = strcspn(line, "\n");
        status = read_line(table, line, n, error);
        line += n + (line[n] == '\n');
    }
    return status;
}

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    size_t shared = x->key_bytes < y->key_bytes ? x->key_bytes : y->key_bytes;
    int order = memcmp(x->key, y->key, shared);
    return order != 0 ? order
                      : (x->key_bytes > y->key_bytes) - (x->key_bytes < y->key_bytes);
}

/* Whether a divisor of `n` runs has less than one bit. */
static bool is_empty(const struct row *rows, size_t n, uint64_t occurrence)
{
    double mean = 0, most = 0;

    for (size_t i = 0; i < n; i++) {
        double x = value_of(&rows[i], (size_t)(occurrence / rows[i].stride));
        if (!isfinite(x))
            return false;
        mean += x / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double x = value_of(&rows[i], (size_t)(occurrence / rows[i].stride));
        most = fmax(most, fabs(x - mean));
    }
    return most > 0 && most >= fabs(mean) / 2;
}

/* Compares what the runs have of one division: as often as all of them kept it; where
 * the order is not known, the smallest with the smallest and so on, if all runs divided
 * equally often. */
static void compare(const struct row *rows, size_t n, struct pt_float_division *found)
{
    uint64_t stride = 1, last = UINT64_MAX;
    bool comparable = n > 1;

    for (size_t i = 0; i < n; i++) {
        comparable &= rows[i].ordered || rows[i].divisions == rows[0].divisions;
        if (rows[i].stride > stride)
            stride = rows[i].stride; /* powers of two */
        uint64_t end = rows[i].stride * (rows[i].n - 1);
        last = end < last ? end : last;
        if (rows[i].divisions > found->divisions)
            found->divisions = rows[i].divisions;
    }
    for (uint64_t k = 0; comparable && k <= last; k += stride) {
        found->looked++;
        if (is_empty(rows, n, k) && found->empty++ == 0 && rows[0].ordered)
            found->first = k + 1;
    }
}

/* "module.function file:line@instruction" into its parts. */
static enum pt_status name(const struct row *row, struct pt_float_division *found,
                           struct pt_error *error)
{
    const char *end = row->key + row->key_bytes;
    const char *space = memchr(row->key, ' ', row->key_bytes);
    const char *colon = memrchr(row->key, ':', row->key_bytes);

    if (!space || !colon || colon < space)
        space = colon = end; /* was cut: all of it names the function */
    found->function = strndup(row->key, (size_t)(space - row->key));
    found->file = strndup(space < end ? space + 1 : end,
                          (size_t)(colon - (space < end ? space + 1 : end)));
    found->line = colon < end ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
    return found->function && found->file ? PT_OK : no_memory(error);
}

static int by_empty(const void *a, const void *b)
{
    const struct pt_float_division *x = a, *y = b;
    if (x->empty != y->empty)
        return x->empty < y->empty ? 1 : -1;
    int order = strcmp(x->file, y->file);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static enum pt_status find(struct table *table, struct pt_float_division *divisions,
                           size_t *n, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    size_t next;

    if (table->n > 0)
        qsort(table->rows, table->n, sizeof *table->rows, by_key);
    for (size_t i = 0; status == PT_OK && i < table->n && *n < MAX_SITES; i = next) {
        struct pt_float_division found = {0};
        for (next = i + 1;
             next < table->n && by_key(&table->rows[i], &table->rows[next]) == 0;)
            next++;
        compare(&table->rows[i], next - i, &found);
        if (found.empty == 0)
            continue;
        status = name(&table->rows[i], &found, error);
        divisions[(*n)++] = found;
    }
    if (status == PT_OK && *n > 0)
        qsort(divisions, *n, sizeof *divisions, by_empty);
    return status;
}

enum pt_status pt_float_divisions_find(const struct pt_result *result,
                                       struct pt_float_division **divisions, size_t *n,
                                       struct pt_error *error)
{
    struct table table = {.n_texts = pt_result_rows(result, PT_COLUMN_RUNS_INFO_FIRST)};
    enum pt_status status = PT_OK;

    *n = 0;
    *divisions = NULL;
    table.texts = calloc(table.n_texts + 1, sizeof *table.texts);
    if (!table.texts)
        return no_memory(error);
    for (uint64_t i = 0; status == PT_OK && i < table.n_texts; i++)
        status = read_run(&table, result, i, error);
    if (status == PT_OK) {
        *divisions = calloc(table.n + 1, sizeof **divisions);
        status = *divisions ? find(&table, *divisions, n, error) : no_memory(error);
    }
    if (status != PT_OK) {
        pt_float_divisions_free(*divisions, *n);
        *divisions = NULL;
        *n = 0;
    }
    for (uint64_t i = 0; i < table.n_texts; i++)
        free(table.texts[i]);
    free(table.texts);
    free(table.rows);
    return status;
}

void pt_float_divisions_free(struct pt_float_division *divisions, size_t n)
{
    for (size_t i = 0; divisions && i < n; i++) {
        free(divisions[i].function);
        free(divisions[i].file);
    }
    free(divisions);
}
