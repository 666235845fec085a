#include <stdlib.h>
#include <string.h>

#include "append/synthesis.h"

static enum pt_status put_text(struct pt_synthesis *s, enum pt_result_column_id id,
                               uint64_t row, uint32_t *string, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status = pt_result_text(s->file, id, row, &text, error);
    if (!status)
        *string = text[0] ? pt_trace_writer_string(s->writer, text, strlen(text)) : 0;
    free(text);
    return status;
}

static enum pt_status put_function(struct pt_synthesis *s, uint64_t row,
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

static enum pt_status put_site(struct pt_synthesis *s, uint64_t row,
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
static enum pt_status put_path(struct pt_synthesis *s, uint32_t row, uint64_t n,
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

enum pt_status pt_base_put_definitions(struct pt_synthesis *s, struct pt_error *error)
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
