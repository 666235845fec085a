/* traces/: the files that the result is made of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "result/column.h"
#include "result/write.h"
#include "schema/schema.h"

struct trace_row {
    uint64_t bytes, checksum;
    uint32_t run, process;
    char *path; /* owned */
};

struct trace_rows {
    struct trace_row *items;
    size_t n;
};

static enum pt_status add_row(struct trace_rows *rows, struct trace_row row,
                              const char *folder, const char *path,
                              struct pt_error *error)
{
    if (path[0] == '/')
        row.path = strdup(path);
    else if (asprintf(&row.path, "%s/%s", folder, path) < 0)
        row.path = NULL;
    if (!row.path)
        return pt_no_memory(error, "the names of traces");
    rows->items[rows->n++] = row;
    return PT_OK;
}

/* The process of the base, among those that there are now. */
static uint32_t process_of(const struct pt_result *result, uint32_t old)
{
    const struct pt_catalogue *catalogue = result->catalogue;
    uint32_t p = 0;
    while (p + 1 < catalogue->n_processes &&
           strcmp(catalogue->processes[p].role, result->base->processes[old].role) != 0)
        p++;
    return p;
}

static enum pt_status add_old(const struct pt_result *result, struct trace_rows *rows,
                              struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < result->base->n_traces; i++) {
        const struct pt_base_trace *old = &result->base->traces[i];
        struct trace_row row = {old->bytes, old->checksum, old->run,
                                process_of(result, old->process), NULL};
        status = add_row(rows, row, "", old->path, error);
    }
    return status;
}

static enum pt_status add_new(const struct pt_result *result, struct trace_rows *rows,
                              struct pt_error *error)
{
    const struct pt_catalogue *catalogue = result->catalogue;
    uint32_t before = result->base ? (uint32_t)result->base->n_runs : 0;
    char folder[PT_CATALOGUE_PATH];
    enum pt_status status = PT_OK;
    if (!getcwd(folder, sizeof folder))
        strcpy(folder, ".");
    for (size_t i = 0; !status && i < catalogue->n_traces; i++) {
        const struct pt_catalogue_trace *trace = &catalogue->traces[i];
        struct trace_row row = {trace->given_bytes, trace->checksum,
                                before + trace->run, trace->process, NULL};
        if (!(trace->flags & PT_RUN_BASE))
            status = add_row(rows, row, folder, catalogue->paths + trace->given, error);
    }
    return status;
}

static const char *path_of(const void *context, uint64_t row)
{
    return ((const struct trace_rows *)context)->items[row].path;
}

enum pt_status pt_result_write_traces(struct pt_output *output,
                                      const struct pt_result *result,
                                      struct pt_error *error)
{
    static const struct pt_field fields[] = {
        {PT_COLUMN_TRACES_RUN, offsetof(struct trace_row, run)},
        {PT_COLUMN_TRACES_PROCESS, offsetof(struct trace_row, process)},
        {PT_COLUMN_TRACES_BYTES, offsetof(struct trace_row, bytes)},
        {PT_COLUMN_TRACES_CHECKSUM, offsetof(struct trace_row, checksum)}};
    const struct pt_team *team = result->team;
    size_t room = result->catalogue->n_traces;
    struct trace_rows rows = {0};
    enum pt_status status = PT_OK;
    if (result->base)
        room += result->base->n_traces;
    if (team->rank == 0) {
        rows.items = pt_memory_get(room + 1, sizeof *rows.items);
        status = rows.items ? PT_OK : pt_no_memory(error, "the names of traces");
        if (!status && result->base)
            status = add_old(result, &rows, error);
        if (!status)
            status = add_new(result, &rows, error);
    }
    status = pt_team_agree(team, status, error);
    uint64_t total = rows.n;
    pt_team_broadcast(team, &total, sizeof total);
    struct pt_items items = {rows.items, sizeof *rows.items, 0, rows.n, total};
    if (!status)
        status =
            pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    if (!status)
        status = pt_column_texts(team, output, PT_COLUMN_TRACES_PATH, total, path_of,
                                 &rows, error);
    for (size_t i = 0; i < rows.n; i++)
        free(rows.items[i].path);
    pt_memory_free(rows.items);
    return status;
}
