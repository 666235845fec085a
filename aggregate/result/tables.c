#include "result/tables.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"
#include "team/memory.h"

/* ── names ──────────────────────────────────────────────────────────────────────── */

static int by_text(const void *first, const void *second)
{
    const char *const *a = first, *const *b = second;
    return strcmp(*a, *b);
}

static enum pt_status sort_texts(char *text, size_t bytes, char ***list, size_t *n,
                                 struct pt_error *error)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < bytes; i++)
        count += text[i] == '\0';
    *list = pt_memory_get(count + 1, sizeof(char *));
    if (!*list)
        return pt_no_memory(error, "names of values");
    for (size_t at = 0, i = 0; i < count; i++) {
        (*list)[i] = text + at;
        at += strlen(text + at) + 1;
    }
    qsort(*list, count, sizeof(char *), by_text);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp((*list)[kept - 1], (*list)[i]))
            (*list)[kept++] = (*list)[i];
    *n = kept;
    return PT_OK;
}

static void renumber_names(struct pt_values *values, char **list, size_t n,
                           uint32_t *rows)
{
    const struct pt_name *names = values->names.items;
    struct pt_value *value = values->values.items;
    for (size_t i = 0; i < values->names.n; i++) {
        const char *text = (const char *)values->name_text.items + names[i].first;
        char **found = bsearch(&text, list, n, sizeof(char *), by_text);
        rows[i] = (uint32_t)(found - list);
    }
    for (size_t i = 0; i < values->values.n; i++)
        value[i].name = rows[value[i].name];
}

static enum pt_status make_names(const struct pt_team *team, struct pt_values *values,
                                 struct pt_tables *tables, struct pt_error *error)
{
    char *all = NULL, **list = NULL;
    uint32_t *rows = pt_memory_get(values->names.n + 1, sizeof *rows);
    size_t bytes = 0;
    enum pt_status status =
        pt_team_gather_all(team, values->name_text.items, values->name_text.n,
                           (void **)&all, &bytes, NULL, error);
    if (status)
        goto done;
    status = rows ? sort_texts(all, bytes, &list, &tables->n_names, error)
                  : pt_no_memory(error, "names of values");
    if (status)
        goto agree;
    tables->name_width = 1;
    for (size_t i = 0; i < tables->n_names; i++)
        if (strlen(list[i]) > tables->name_width)
            tables->name_width = (uint32_t)strlen(list[i]);
    tables->names = pt_memory_get(tables->n_names + 1, tables->name_width);
    if (!tables->names) {
        status = pt_no_memory(error, "names of values");
        goto agree;
    }
    for (size_t i = 0; i < tables->n_names; i++)
        memcpy(tables->names + i * tables->name_width, list[i], strlen(list[i]));
    renumber_names(values, list, tables->n_names, rows);
agree:
    status = pt_team_agree(team, status, error);
done:
    pt_memory_free(all);
    pt_memory_free(list);
    pt_memory_free(rows);
    return status;
}

/* ── shapes ─────────────────────────────────────────────────────────────────────── */

/* A shape on its way: ndim, then the sizes. */
struct shape {
    uint32_t ndim;
    uint64_t sizes[PT_TRACE_MAX_DIMENSIONS];
};

static int by_sizes(const void *first, const void *second)
{
    const struct shape *a = first, *b = second;
    if (a->ndim != b->ndim)
        return a->ndim < b->ndim ? -1 : 1;
    for (uint32_t i = 0; i < a->ndim; i++)
        if (a->sizes[i] != b->sizes[i])
            return a->sizes[i] < b->sizes[i] ? -1 : 1;
    return 0;
}

static void shape_of(const struct pt_values *values, size_t i, struct shape *shape)
{
    const struct pt_shape *from = (const struct pt_shape *)values->shapes.items + i;
    const uint64_t *sizes = values->sizes.items;
    memset(shape, 0, sizeof *shape);
    shape->ndim = from->ndim;
    memcpy(shape->sizes, sizes + from->first, from->ndim * sizeof *sizes);
}

/* The sizes of all shapes one after another; starts[i]: where shape i begins. */
static enum pt_status flatten(struct shape *all, size_t *n, struct pt_tables *tables,
                              uint64_t **starts, struct pt_error *error)
{
    size_t kept = 0;
    if (*n)
        qsort(all, *n, sizeof *all, by_sizes);
    for (size_t i = 0; i < *n; i++)
        if (!kept || by_sizes(&all[kept - 1], &all[i]))
            all[kept++] = all[i];
    *n = kept;
    *starts = pt_memory_get(kept + 1, sizeof **starts);
    tables->sizes = pt_memory_get(kept * PT_TRACE_MAX_DIMENSIONS + 1, sizeof(uint64_t));
    if (!*starts || !tables->sizes)
        return pt_no_memory(error, "shapes of values");
    for (size_t i = 0; i < kept; i++) {
        (*starts)[i] = tables->n_sizes;
        memcpy(tables->sizes + tables->n_sizes, all[i].sizes,
               all[i].ndim * sizeof(uint64_t));
        tables->n_sizes += all[i].ndim;
    }
    return PT_OK;
}

static enum pt_status make_shapes(const struct pt_team *team, struct pt_values *values,
                                  struct pt_tables *tables, struct pt_error *error)
{
    size_t n = values->shapes.n, bytes = 0, n_all;
    struct shape *mine = pt_memory_get(n + 1, sizeof *mine), *all = NULL;
    uint64_t *rows = pt_memory_get(n + 1, sizeof *rows), *starts = NULL;
    struct pt_value *value = values->values.items;
    enum pt_status status =
        mine && rows ? PT_OK : pt_no_memory(error, "shapes of values");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < n; i++)
        shape_of(values, i, &mine[i]);
    status = pt_team_gather_all(team, mine, n * sizeof *mine, (void **)&all, &bytes,
                                NULL, error);
    if (status)
        goto done;
    n_all = bytes / sizeof *all;
    status = flatten(all, &n_all, tables, &starts, error);
    for (size_t i = 0; !status && i < n; i++) {
        const struct shape *found =
            bsearch(&mine[i], all, n_all, sizeof *all, by_sizes);
        rows[i] = starts[found - all];
    }
    for (size_t i = 0; !status && i < values->values.n; i++)
        value[i].shape = (uint32_t)rows[value[i].shape];
    status = pt_team_agree(team, status, error);
done:
    pt_memory_free(mine);
    pt_memory_free(all);
    pt_memory_free(rows);
    pt_memory_free(starts);
    return status;
}

/* ── rows ───────────────────────────────────────────────────────────────────────── */

/* Values of one function, name and phase: their rows stand together, by process and
 * time, which is the order in which the ranks have them. */
struct group {
    uint32_t function, name, phase;
};

static int by_group(const void *first, const void *second)
{
    const struct group *a = first, *b = second;
    if (a->function != b->function)
        return a->function < b->function ? -1 : 1;
    if (a->name != b->name)
        return a->name < b->name ? -1 : 1;
    return (a->phase > b->phase) - (a->phase < b->phase);
}

static size_t unite(struct group *list, size_t n)
{
    size_t kept = 0;
    if (n)
        qsort(list, n, sizeof *list, by_group);
    for (size_t i = 0; i < n; i++)
        if (!kept || by_group(&list[kept - 1], &list[i]))
            list[kept++] = list[i];
    return kept;
}

static uint64_t group_key(const struct pt_value *value)
{
    return pt_mix((uint64_t)value->function << 32 | value->name, value->phase);
}

static enum pt_status my_groups(const struct pt_values *values, struct pt_array *groups,
                                struct pt_error *error)
{
    const struct pt_value *value = values->values.items;
    struct pt_map seen = {0};
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < values->values.n; i++) {
        int is_new = 0;
        uint64_t *at = pt_map_put(&seen, group_key(&value[i]), 0, &is_new);
        struct group *group = at && is_new ? pt_array_push(groups, 1) : NULL;
        if (!at || (is_new && !group))
            status = pt_no_memory(error, "rows of values");
        else if (is_new)
            *group = (struct group){value[i].function, value[i].name, value[i].phase};
    }
    pt_map_free(&seen);
    return status;
}

struct counting {
    struct group *groups; /* of all ranks, sorted */
    size_t n;
    uint64_t *counts, *before; /* n each: this rank's values; of the ranks before */
    struct pt_map index;       /* group_key → group */
};

static enum pt_status count(struct counting *c, const struct pt_values *values,
                            struct pt_error *error)
{
    const struct pt_value *value = values->values.items;
    c->counts = pt_memory_get(c->n + 1, sizeof *c->counts);
    c->before = pt_memory_get(c->n + 1, sizeof *c->before);
    if (!c->counts || !c->before)
        return pt_no_memory(error, "rows of values");
    for (size_t g = 0; g < c->n; g++) {
        struct pt_value like = {.function = c->groups[g].function,
                                .name = c->groups[g].name,
                                .phase = (uint8_t)c->groups[g].phase};
        if (!pt_map_put(&c->index, group_key(&like), g, NULL))
            return pt_no_memory(error, "rows of values");
    }
    for (size_t i = 0; i < values->values.n; i++)
        c->counts[*pt_map_get(&c->index, group_key(&value[i]))]++;
    return PT_OK;
}

static void number(const struct pt_team *team, struct counting *c,
                   const struct pt_values *values, size_t n_functions,
                   const uint64_t *totals, struct pt_tables *tables)
{
    const struct pt_value *value = values->values.items;
    uint64_t start = 0;
    if (team->rank == 0)
        memset(c->before, 0, c->n * sizeof *c->before);
    for (size_t g = 0; g < c->n; g++) {
        uint32_t function = c->groups[g].function;
        if (function < n_functions) {
            if (!tables->function_n[function])
                tables->function_first[function] = start;
            tables->function_n[function] += totals[g];
        }
        c->before[g] += start;
        start += totals[g];
    }
    for (size_t i = 0; i < values->values.n; i++)
        tables->rows[i] = c->before[*pt_map_get(&c->index, group_key(&value[i]))]++;
}

static enum pt_status make_rows(const struct pt_team *team,
                                const struct pt_values *values, size_t n_functions,
                                struct pt_tables *tables, struct pt_error *error)
{
    struct pt_array mine = {.item_bytes = sizeof(struct group)};
    struct counting c = {0};
    uint64_t *totals = NULL;
    size_t bytes = 0;
    enum pt_status status = my_groups(values, &mine, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = pt_team_gather_all(team, mine.items, mine.n * sizeof(struct group),
                                    (void **)&c.groups, &bytes, NULL, error);
    if (status)
        goto done;
    c.n = unite(c.groups, bytes / sizeof(struct group));
    status = count(&c, values, error);
    totals = pt_memory_get(c.n + 1, sizeof *totals);
    tables->rows = pt_memory_get(values->values.n + 1, sizeof *tables->rows);
    tables->function_first = pt_memory_get(n_functions + 1, sizeof(uint64_t));
    tables->function_n = pt_memory_get(n_functions + 1, sizeof(uint64_t));
    if (!status &&
        (!totals || !tables->rows || !tables->function_first || !tables->function_n))
        status = pt_no_memory(error, "rows of values");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    pt_team_before(team, c.counts, c.before, c.n);
    memcpy(totals, c.counts, c.n * sizeof *totals);
    pt_team_sum_all(team, totals, c.n);
    number(team, &c, values, n_functions, totals, tables);
done:
    pt_array_free(&mine);
    pt_memory_free(c.groups);
    pt_memory_free(c.counts);
    pt_memory_free(c.before);
    pt_memory_free(totals);
    pt_map_free(&c.index);
    return status;
}

enum pt_status pt_tables_make(const struct pt_team *team, struct pt_values *values,
                              size_t n_functions, struct pt_tables *tables,
                              struct pt_error *error)
{
    *tables = (struct pt_tables){0};
    enum pt_status status = make_names(team, values, tables, error);
    if (!status)
        status = make_shapes(team, values, tables, error);
    if (!status)
        status = make_rows(team, values, n_functions, tables, error);
    if (status)
        pt_tables_free(tables);
    return status;
}

void pt_tables_free(struct pt_tables *tables)
{
    pt_memory_free(tables->names);
    pt_memory_free(tables->sizes);
    pt_memory_free(tables->rows);
    pt_memory_free(tables->function_first);
    pt_memory_free(tables->function_n);
    *tables = (struct pt_tables){0};
}
