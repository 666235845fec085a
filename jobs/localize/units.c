#include "localize/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { TABLE_LIMIT = 256 << 20 };

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the program's functions");
}

/* Appends a copy; `line` 0: the pattern is that of a function. */
static enum pt_status append(struct pt_units *units, const char *module,
                             const char *function, const char *file, uint32_t line,
                             uint64_t perturbed, struct pt_error *error)
{
    struct pt_unit *items =
        reallocarray(units->items, units->n + 1, sizeof *units->items);
    struct pt_unit *unit;
    int n;

    if (!items)
        return no_memory(error);
    units->items = items;
    unit = &items[units->n++];
    *unit = (struct pt_unit){strdup(module), strdup(function), strdup(file),
                             line,           perturbed,        NULL};
    if (line)
        n = asprintf(&unit->pattern, "%s:%u", file, line);
    else
        n = asprintf(&unit->pattern, "%s %s", module, function);
    if (n < 0) {
        unit->pattern = NULL;
        return no_memory(error);
    }
    return unit->module && unit->function && unit->file ? PT_OK : no_memory(error);
}

/* One line of the table, cut up in place. */
static enum pt_status take(struct pt_units *units, char *text, struct pt_error *error)
{
    char *fields[5], *rest = text;
    uint64_t perturbed;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(fields); i++) {
        fields[i] = strsep(&rest, "\t");
        if (!fields[i])
            return pt_error_set(error, PT_E_FORMAT, "a line of the table is cut: %s",
                                text);
    }
    perturbed = strtoull(fields[0], NULL, 10);
    /* A pattern could not name them. */
    if (!fields[1][0] || strpbrk(fields[1], " *@/:") || strpbrk(fields[2], " *@/:")) {
        units->elsewhere += perturbed;
        return PT_OK;
    }
    return append(units, fields[1], fields[2], fields[3],
                  (uint32_t)strtoul(fields[4], NULL, 10), perturbed, error);
}

enum pt_status pt_units_read(const char *path, struct pt_units *lines,
                             struct pt_error *error)
{
    char *text = NULL, *rest;
    size_t bytes = 0;
    enum pt_status status = pt_file_read(path, TABLE_LIMIT, &text, &bytes, error);

    *lines = (struct pt_units){0};
    rest = text;
    if (status == PT_OK)
        strsep(&rest, "\n"); /* the heading */
    while (status == PT_OK && rest && *rest)
        status = take(lines, strsep(&rest, "\n"), error);
    free(text);
    return status;
}

static struct pt_unit *find(const struct pt_units *functions,
                            const struct pt_unit *line)
{
    for (size_t i = 0; i < functions->n; i++) {
        struct pt_unit *u = &functions->items[i];

        if (strcmp(u->function, line->function) == 0 &&
            strcmp(u->module, line->module) == 0)
            return u;
    }
    return NULL;
}

enum pt_status pt_units_functions(const struct pt_units *lines,
                                  struct pt_units *functions, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    *functions = (struct pt_units){.elsewhere = lines->elsewhere};
    for (size_t i = 0; i < lines->n && status == PT_OK; i++) {
        const struct pt_unit *line = &lines->items[i];
        struct pt_unit *known = find(functions, line);

        if (known)
            known->perturbed += line->perturbed;
        else
            status = append(functions, line->module, line->function, line->file, 0,
                            line->perturbed, error);
    }
    return status;
}

enum pt_status pt_units_within(const struct pt_units *lines,
                               const struct pt_units *functions,
                               const unsigned char *set, struct pt_units *within,
                               struct pt_error *error)
{
    enum pt_status status = PT_OK;

    *within = (struct pt_units){0};
    for (size_t i = 0; i < lines->n && status == PT_OK; i++) {
        const struct pt_unit *line = &lines->items[i];
        const struct pt_unit *function = find(functions, line);

        if (function && set[function - functions->items] && line->line)
            status = append(within, line->module, line->function, line->file,
                            line->line, line->perturbed, error);
    }
    return status;
}

void pt_units_destroy(struct pt_units *units)
{
    for (size_t i = 0; i < units->n; i++) {
        free(units->items[i].module);
        free(units->items[i].function);
        free(units->items[i].file);
        free(units->items[i].pattern);
    }
    free(units->items);
    *units = (struct pt_units){0};
}
