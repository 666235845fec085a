#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "append/base.h"
#include "base/file.h"
#include "format/writer.h"
#include "schema/reader.h"
#include "team/array.h"

/* The columns that are read by row again and again, whole. */
struct columns {
    uint32_t *function, *site, *path, *thread, *n_refs; /* of calls/ */
    int64_t *parent;
    uint64_t *first_ref, *ref;
    uint32_t *name, *n_runs, *flags; /* of values/ */
    uint8_t *phase, *kind, *ndim;
    uint64_t *shape_first, *n_elements, *first_element, *n_stored, *label_first,
        *label_bytes;
    uint64_t *size; /* of dims/ */
};

struct synthesis {
    const struct pt_base *base;
    struct pt_result *file;
    struct columns columns;
    struct pt_trace_writer *writer;
    uint32_t *functions, *sites, *paths, *names; /* ids in the trace, 0: not yet */
    struct pt_moments *moments;
    size_t moments_room;
};

static void *whole(struct synthesis *s, enum pt_result_column_id id,
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

static enum pt_status read_columns(struct synthesis *s, struct pt_error *error)
{
    struct columns *c = &s->columns;
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

static void free_columns(struct columns *c)
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

/* ── definitions ────────────────────────────────────────────────────────────────── */

static enum pt_status put_text(struct synthesis *s, enum pt_result_column_id id,
                               uint64_t row, uint32_t *string, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status = pt_result_text(s->file, id, row, &text, error);
    if (!status)
        *string = text[0] ? pt_trace_writer_string(s->writer, text, strlen(text)) : 0;
    free(text);
    return status;
}

static enum pt_status put_function(struct synthesis *s, uint64_t row,
                                   struct pt_error *error)
{
    struct pt_trace_function function = {0};
    enum pt_status status =
        put_text(s, PT_COLUMN_FUNCTIONS_MODULE, row, &function.module, error);
    if (!status)
        status = put_text(s, PT_COLUMN_FUNCTIONS_NAME, row, &function.name, error);
    if (!status)
        status = put_text(s, PT_COLUMN_FUNCTIONS_FILE, row, &function.file, error);
    if (!status)
        status = pt_result_u32(s->file, PT_COLUMN_FUNCTIONS_LINE, row, &function.line,
                               error);
    if (!status)
        status = pt_result_u32(s->file, PT_COLUMN_FUNCTIONS_KIND, row, &function.kind,
                               error);
    s->functions[row] = pt_trace_writer_function(s->writer, &function);
    return status;
}

static enum pt_status put_site(struct synthesis *s, uint64_t row,
                               struct pt_error *error)
{
    struct pt_trace_site site = {0};
    enum pt_status status = put_text(s, PT_COLUMN_SITES_FILE, row, &site.file, error);
    if (!status)
        status = put_text(s, PT_COLUMN_SITES_NAME, row, &site.name, error);
    if (!status)
        status = pt_result_u32(s->file, PT_COLUMN_SITES_LINE, row, &site.line, error);
    if (!status)
        status = pt_result_u32(s->file, PT_COLUMN_SITES_INSTRUCTION, row,
                               &site.instruction, error);
    s->sites[row] = pt_trace_writer_site(s->writer, &site);
    return status;
}

/* A path's parent stands before it; rows are in no such order. */
static enum pt_status put_path(struct synthesis *s, uint32_t row, uint64_t n,
                               struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (uint64_t turns = 0; !status && !s->paths[row]; turns++) {
        uint32_t at = row, parent = 0, site = 0;
        for (uint64_t depth = 0; !status; depth++) {
            status = pt_result_u32(s->file, PT_COLUMN_PATHS_PARENT, at, &parent, error);
            if (status || parent == PT_RESULT_NONE32 || parent >= n ||
                s->paths[parent] || depth > n)
                break;
            at = parent;
        }
        if (!status)
            status = pt_result_u32(s->file, PT_COLUMN_PATHS_SITE, at, &site, error);
        if (!status && turns > n)
            status = pt_error_set(error, PT_E_DAMAGED, "%s: its call paths form a ring",
                                  s->base->path);
        if (!status) {
            struct pt_trace_path path = {
                .parent = parent < n ? s->paths[parent] : 0,
                .site = site < pt_result_rows(s->file, PT_COLUMN_SITES_LINE)
                            ? s->sites[site]
                            : 0};
            s->paths[at] = pt_trace_writer_path(s->writer, &path);
        }
    }
    return status;
}

static enum pt_status put_definitions(struct synthesis *s, struct pt_error *error)
{
    uint64_t n_functions = pt_result_rows(s->file, PT_COLUMN_FUNCTIONS_LINE);
    uint64_t n_sites = pt_result_rows(s->file, PT_COLUMN_SITES_LINE);
    uint64_t n_paths = pt_result_rows(s->file, PT_COLUMN_PATHS_SITE);
    uint64_t n_names = pt_result_rows(s->file, PT_COLUMN_NAMES_NAME);
    enum pt_status status = PT_OK;
    s->functions = calloc(n_functions + 1, sizeof *s->functions);
    s->sites = calloc(n_sites + 1, sizeof *s->sites);
    s->paths = calloc(n_paths + 1, sizeof *s->paths);
    s->names = calloc(n_names + 1, sizeof *s->names);
    if (!s->functions || !s->sites || !s->paths || !s->names)
        return pt_no_memory(error, "the definitions of a result");
    for (uint64_t i = 0; !status && i < n_functions; i++)
        status = put_function(s, i, error);
    for (uint64_t i = 0; !status && i < n_sites; i++)
        status = put_site(s, i, error);
    for (uint64_t i = 0; !status && i < n_paths; i++)
        status = put_path(s, (uint32_t)i, n_paths, error);
    for (uint64_t i = 0; !status && i < n_names; i++)
        status = put_text(s, PT_COLUMN_NAMES_NAME, i, &s->names[i], error);
    return status;
}

/* ── values ─────────────────────────────────────────────────────────────────────── */

/* Stored elements [first, first + n) as moments. */
static enum pt_status read_moments(struct synthesis *s, uint64_t first, uint64_t n,
                                   struct pt_error *error)
{
    static const struct {
        enum pt_result_column_id id;
        size_t offset, bytes;
    } parts[] = {{PT_COLUMN_MERGE_MEAN, offsetof(struct pt_moments, mean), 8},
                 {PT_COLUMN_MERGE_MEAN_LOW, offsetof(struct pt_moments, mean_low), 8},
                 {PT_COLUMN_MERGE_M2, offsetof(struct pt_moments, m2), 8},
                 {PT_COLUMN_MERGE_SCALE, offsetof(struct pt_moments, scale), 4},
                 {PT_COLUMN_MERGE_MIN, offsetof(struct pt_moments, low), 8},
                 {PT_COLUMN_MERGE_MAX, offsetof(struct pt_moments, high), 8},
                 {PT_COLUMN_MERGE_N, offsetof(struct pt_moments, n), 4},
                 {PT_COLUMN_MERGE_N_NAN, offsetof(struct pt_moments, n_nan), 4},
                 {PT_COLUMN_MERGE_N_INF, offsetof(struct pt_moments, n_inf), 4}};
    enum pt_status status = PT_OK;
    if (n > s->moments_room) {
        free(s->moments);
        s->moments = malloc((size_t)n * sizeof *s->moments);
        s->moments_room = s->moments ? (size_t)n : 0;
    }
    char *rows = malloc((size_t)n * 8 + 1);
    if (!rows || !s->moments_room)
        status = pt_no_memory(error, "the moments of a value");
    for (size_t k = 0; !status && k < PT_ARRAY_LENGTH(parts); k++) {
        size_t width = pt_result_width(s->file, parts[k].id);
        status = pt_result_read(s->file, parts[k].id, first, n, rows, error);
        for (uint64_t i = 0; !status && i < n; i++) /* little-endian, as the file */
            memcpy((char *)&s->moments[i] + parts[k].offset, rows + i * width,
                   parts[k].bytes);
    }
    free(rows);
    return status;
}

static enum pt_status put_label(struct synthesis *s, uint64_t v,
                                struct pt_trace_value *value, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status =
        pt_result_blob(s->file, PT_COLUMN_META_LABELS, s->columns.label_first[v],
                       s->columns.label_bytes[v], 1 << 20, &text, error);
    if (!status) {
        value->dtype = 'S';
        value->item_bytes = 1;
        value->storage = PT_STORAGE_INLINE;
        value->data_bytes = s->columns.label_bytes[v];
        pt_trace_writer_value(s->writer, value, text);
    }
    free(text);
    return status;
}

/* "<f8", "|b1", "<c16" */
static bool read_dtype(const char *text, char *class, unsigned *bytes)
{
    if (!text[0] || !text[1])
        return false;
    *class = text[1];
    *bytes = (unsigned)atoi(text + 2);
    return *bytes > 0 && *bytes <= 32;
}

static enum pt_status put_numbers(struct synthesis *s, uint64_t v,
                                  struct pt_trace_value *value, struct pt_error *error)
{
    const struct columns *c = &s->columns;
    char *dtype = NULL, class = 0;
    unsigned bytes = 0;
    enum pt_status status =
        pt_result_text(s->file, PT_COLUMN_VALUES_DTYPE, v, &dtype, error);
    if (!status && !read_dtype(dtype, &class, &bytes))
        status = pt_error_set(error, PT_E_DAMAGED, "%s: value %llu has no type",
                              s->base->path, (unsigned long long)v);
    free(dtype);
    if (status)
        return status;
    uint64_t planes = class == 'c' ? 2 : 1, n = c->n_stored[v];
    bool stored = n && c->first_element[v] != PT_RESULT_NONE64;
    value->dtype = 'u';
    value->item_bytes = (uint8_t)(planes * PT_BASE_ITEM);
    value->reason = (uint32_t)(unsigned char)class << 8 | bytes;
    value->data_bytes = stored ? n * PT_BASE_ITEM : 0;
    value->storage = !stored                          ? PT_STORAGE_NONE
                     : c->flags[v] & PT_VALUE_SAMPLED ? PT_STORAGE_SAMPLE
                                                      : PT_STORAGE_INLINE;
    if (stored)
        status = read_moments(s, c->first_element[v], n, error);
    if (!status)
        pt_trace_writer_value(s->writer, value, stored ? s->moments : NULL);
    return status;
}

static enum pt_status put_value(struct synthesis *s, uint64_t v, uint64_t call,
                                struct pt_error *error)
{
    const struct columns *c = &s->columns;
    struct pt_trace_value value = {
        .call = call,
        .phase = c->phase[v],
        .kind = c->kind[v],
        .ndim = c->ndim[v],
        .form = (uint16_t)(c->n_runs[v] < UINT16_MAX ? c->n_runs[v] : UINT16_MAX),
        .n_elements = c->n_elements[v]};
    if (c->ndim[v] > PT_TRACE_MAX_DIMENSIONS ||
        c->shape_first[v] + c->ndim[v] > pt_result_rows(s->file, PT_COLUMN_DIMS_SIZE) ||
        c->name[v] >= pt_result_rows(s->file, PT_COLUMN_NAMES_NAME))
        return pt_error_set(error, PT_E_DAMAGED, "%s: value %llu has no shape or name",
                            s->base->path, (unsigned long long)v);
    value.name = s->names[c->name[v]];
    memcpy(value.shape, c->size + c->shape_first[v], c->ndim[v] * sizeof *value.shape);
    if (value.kind == PT_VALUE_LABEL)
        return put_label(s, v, &value, error);
    if (value.kind == PT_VALUE_NUMBERS)
        return put_numbers(s, v, &value, error);
    value.dtype = 'S';
    value.item_bytes = 1;
    pt_trace_writer_value(s->writer, &value, NULL);
    return PT_OK;
}

static enum pt_status put_phase(struct synthesis *s, uint64_t row, unsigned phase,
                                uint64_t call, struct pt_error *error)
{
    const struct columns *c = &s->columns;
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
            status = put_value(s, c->ref[at], call, error);
    }
    return status;
}

/* ── calls ──────────────────────────────────────────────────────────────────────── */

/* In the order of the rows, each ended at once: pt_base_skeleton knows the times. */
static enum pt_status put_call(struct synthesis *s,
                               const struct pt_base_process *process, uint64_t i,
                               struct pt_error *error)
{
    const struct columns *c = &s->columns;
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

static enum pt_status write_process(struct synthesis *s, size_t p, const char *folder,
                                    struct pt_error *error)
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
    status = put_definitions(s, error);
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
    struct synthesis s = {.base = base, .file = base->file};
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
