#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "append/synthesis.h"
#include "base/file.h"

static void *whole(struct pt_synthesis *s, enum pt_result_column_id id,
                   enum pt_status *status, struct pt_error *error)
{
    uint64_t rows = pt_result_rows(s->file, id);
    void *data =
        *status ? NULL : malloc((size_t)rows * pt_result_width(s->file, id) + 8);
    if (!*status && !data)
        *status = pt_no_memory(error, "the values of a result");
    if (!*status)
        *status = pt_result_read(s->file, id, 0, rows, data, error);
    return data;
}

static enum pt_status read_columns(struct pt_synthesis *s, struct pt_error *error)
{
    struct pt_base_columns *c = &s->columns;
    enum pt_status status = PT_OK;
    c->function = whole(s, PT_COLUMN_CALLS_FUNCTION, &status, error);
    c->site = whole(s, PT_COLUMN_CALLS_SITE, &status, error);
    c->path = whole(s, PT_COLUMN_CALLS_PATH, &status, error);
    c->thread = whole(s, PT_COLUMN_CALLS_THREAD, &status, error);
    c->parent = whole(s, PT_COLUMN_CALLS_PARENT, &status, error);
    c->first_ref = whole(s, PT_COLUMN_CALLS_FIRST_REF, &status, error);
    c->n_refs = whole(s, PT_COLUMN_CALLS_N_REFS, &status, error);
    c->ref = whole(s, PT_COLUMN_REFS_VALUE, &status, error);
    c->name = whole(s, PT_COLUMN_VALUES_NAME, &status, error);
    c->n_runs = whole(s, PT_COLUMN_VALUES_N_RUNS, &status, error);
    c->flags = whole(s, PT_COLUMN_VALUES_FLAGS, &status, error);
    c->phase = whole(s, PT_COLUMN_VALUES_PHASE, &status, error);
    c->kind = whole(s, PT_COLUMN_VALUES_KIND, &status, error);
    c->ndim = whole(s, PT_COLUMN_VALUES_NDIM, &status, error);
    c->shape_first = whole(s, PT_COLUMN_VALUES_SHAPE_FIRST, &status, error);
    c->n_elements = whole(s, PT_COLUMN_VALUES_N_ELEMENTS, &status, error);
    c->first_element = whole(s, PT_COLUMN_VALUES_FIRST_ELEMENT, &status, error);
    c->n_stored = whole(s, PT_COLUMN_VALUES_N_STORED, &status, error);
    c->label_first = whole(s, PT_COLUMN_VALUES_LABEL_FIRST, &status, error);
    c->label_bytes = whole(s, PT_COLUMN_VALUES_LABEL_BYTES, &status, error);
    c->size = whole(s, PT_COLUMN_DIMS_SIZE, &status, error);
    return status;
}

static void free_columns(struct pt_base_columns *c)
{
    void *all[] = {c->function,      c->site,     c->path,        c->thread,
                   c->parent,        c->ref,      c->first_ref,   c->n_refs,
                   c->name,          c->n_runs,   c->flags,       c->phase,
                   c->kind,          c->ndim,     c->shape_first, c->n_elements,
                   c->first_element, c->n_stored, c->label_first, c->label_bytes,
                   c->size};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(all); i++)
        free(all[i]);
}

static enum pt_status put_phase(struct pt_synthesis *s, uint64_t row, unsigned phase,
                                uint64_t call, struct pt_error *error)
{
    const struct pt_base_columns *c = &s->columns;
    uint64_t n_refs = pt_result_rows(s->file, PT_COLUMN_REFS_VALUE);
    uint64_t n_values = pt_result_rows(s->file, PT_COLUMN_VALUES_KIND);
    enum pt_status status = PT_OK;
    pt_trace_writer_begin_phase(s->writer);
    for (uint64_t k = 0; !status && k < c->n_refs[row]; k++) {
        uint64_t at = c->first_ref[row] + k;
        if (at >= n_refs || c->ref[at] >= n_values)
            status = pt_error_set(error, PT_E_DAMAGED, "%s: call %llu has no values",
                                  s->base->path, (unsigned long long)row);
        else if (c->phase[c->ref[at]] == phase)
            status = pt_base_put_value(s, c->ref[at], call, error);
    }
    return status;
}

/* In the order of the rows, each ended at once: pt_base_skeleton knows the times. */
static enum pt_status put_call(struct pt_synthesis *s,
                               const struct pt_base_process *process, uint64_t i,
                               struct pt_error *error)
{
    const struct pt_base_columns *c = &s->columns;
    uint64_t row = process->first_call + i;
    int64_t parent = c->parent[row] - (int64_t)process->first_call;
    if (c->function[row] >= pt_result_rows(s->file, PT_COLUMN_FUNCTIONS_LINE))
        return pt_error_set(error, PT_E_DAMAGED, "%s: call %llu has no function",
                            s->base->path, (unsigned long long)row);
    struct pt_trace_enter enter = {
        .time = i + 1,
        .parent = parent >= 0 && parent < (int64_t)i ? (uint64_t)parent + 1 : 0,
        .function = s->functions[c->function[row]],
        .site = c->site[row] < pt_result_rows(s->file, PT_COLUMN_SITES_LINE)
                    ? s->sites[c->site[row]]
                    : 0,
        .path = c->path[row] < pt_result_rows(s->file, PT_COLUMN_PATHS_SITE)
                    ? s->paths[c->path[row]]
                    : 0,
        .thread = c->thread[row]};
    struct pt_trace_exit end = {.call = i + 1, .time = i + 1};
    enum pt_status status = put_phase(s, row, 0, i + 1, error);
    if (status)
        return status;
    pt_trace_writer_enter(s->writer, &enter);
    status = put_phase(s, row, 1, i + 1, error);
    pt_trace_writer_exit(s->writer, &end);
    return status;
}

/* "main", "rank 3", "main/0.1", "rank 3/0" */
static void read_role(const char *role, struct pt_trace_header *header)
{
    const char *slash = strchr(role, '/');
    unsigned rank = 0;
    if (sscanf(role, "rank %u", &rank) == 1)
        header->role_kind = PT_ROLE_MPI;
    header->role_rank = rank;
    if (slash) {
        header->role_kind = PT_ROLE_FORK;
        snprintf(header->role_path, sizeof header->role_path, "%s", slash + 1);
    }
}

static enum pt_status write_process(struct pt_synthesis *s, size_t p,
                                    const char *folder, struct pt_error *error)
{
    const struct pt_base_process *process = &s->base->processes[p];
    struct pt_trace_header header = {.major = PT_TRACE_MAJOR, .minor = PT_TRACE_MINOR};
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%zu" PT_TRACE_SUFFIX, folder, p);
    if (n >= (int)sizeof path)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", folder);
    read_role(process->role, &header);
    snprintf(header.program, sizeof header.program, "%s", s->base->runs[0].program);
    snprintf(header.experiment_id, sizeof header.experiment_id, "%s",
             s->base->runs[0].experiment);
    unlink(path);
    enum pt_status status = pt_trace_writer_open(path, &header, &s->writer, error);
    if (status)
        return status;
    status = pt_base_put_definitions(s, error);
    for (uint64_t i = 0; !status && i < process->n_calls; i++)
        status = put_call(s, process, i, error);
    enum pt_status closed = pt_trace_writer_close(s->writer, status ? NULL : error);
    free(s->functions);
    free(s->sites);
    free(s->paths);
    free(s->names);
    s->functions = s->sites = s->paths = s->names = NULL;
    return status ? status : closed;
}

enum pt_status pt_base_write_traces(const struct pt_base *base, const char *folder,
                                    struct pt_error *error)
{
    struct pt_synthesis s = {.base = base, .file = base->file};
    enum pt_status status =
        base->n_runs ? pt_folder_create(folder, error)
                     : pt_error_set(error, PT_E_DAMAGED, "%s: has no runs", base->path);
    if (!status)
        status = read_columns(&s, error);
    for (size_t p = 0; !status && p < base->n_processes; p++)
        status = write_process(&s, p, folder, error);
    free_columns(&s.columns);
    free(s.moments);
    return status;
}
