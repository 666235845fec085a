#include "result/write.h"

#include <stdlib.h>

#include "result/column.h"
#include "schema/schema.h"

/* These tables are the same on all ranks: rank 0 writes them. */
static struct pt_items table(const struct pt_result *result, const void *items,
                             size_t item_bytes, uint64_t n)
{
    return (struct pt_items){items, item_bytes, 0, result->team->rank == 0 ? n : 0, n};
}

static const char *function_module(const void *context, uint64_t row)
{
    return ((const struct pt_definitions *)context)->functions[row].a;
}
static const char *function_name(const void *context, uint64_t row)
{
    return ((const struct pt_definitions *)context)->functions[row].b;
}
static const char *function_file(const void *context, uint64_t row)
{
    return ((const struct pt_definitions *)context)->functions[row].file;
}
static const char *site_name(const void *context, uint64_t row)
{
    return ((const struct pt_definitions *)context)->sites[row].a;
}
static const char *site_file(const void *context, uint64_t row)
{
    return ((const struct pt_definitions *)context)->sites[row].file;
}

static enum pt_status write_texts(struct pt_output *output,
                                  const struct pt_result *result,
                                  struct pt_error *error)
{
    const struct pt_definitions *d = result->definitions;
    const struct {
        enum pt_result_column_id id;
        uint64_t rows;
        pt_text_of *text;
    } columns[] = {
        {PT_COLUMN_FUNCTIONS_MODULE, d->n_functions, function_module},
        {PT_COLUMN_FUNCTIONS_NAME, d->n_functions, function_name},
        {PT_COLUMN_FUNCTIONS_FILE, d->n_functions, function_file},
        {PT_COLUMN_SITES_FILE, d->n_sites, site_file},
        {PT_COLUMN_SITES_NAME, d->n_sites, site_name},
    };
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(columns); i++)
        status = pt_column_texts(result->team, output, columns[i].id, columns[i].rows,
                                 columns[i].text, d, error);
    return status;
}

static enum pt_status write_definitions(struct pt_output *output,
                                        const struct pt_result *result,
                                        struct pt_error *error)
{
    static const struct pt_field functions[] = {
        {PT_COLUMN_FUNCTIONS_KEY, offsetof(struct pt_definition, hash)},
        {PT_COLUMN_FUNCTIONS_LINE, offsetof(struct pt_definition, line)},
        {PT_COLUMN_FUNCTIONS_KIND, offsetof(struct pt_definition, detail)}};
    static const struct pt_field sites[] = {
        {PT_COLUMN_SITES_LINE, offsetof(struct pt_definition, line)},
        {PT_COLUMN_SITES_INSTRUCTION, offsetof(struct pt_definition, detail)}};
    static const struct pt_field paths[] = {
        {PT_COLUMN_PATHS_PARENT, offsetof(struct pt_path_definition, parent)},
        {PT_COLUMN_PATHS_SITE, offsetof(struct pt_path_definition, site)}};
    const struct pt_definitions *d = result->definitions;
    struct pt_items items =
        table(result, d->functions, sizeof *d->functions, d->n_functions);
    enum pt_status status =
        pt_column_fields(output, functions, PT_ARRAY_LENGTH(functions), &items, error);
    items = table(result, d->sites, sizeof *d->sites, d->n_sites);
    if (!status)
        status = pt_column_fields(output, sites, PT_ARRAY_LENGTH(sites), &items, error);
    items = table(result, d->paths, sizeof *d->paths, d->n_paths);
    if (!status)
        status = pt_column_fields(output, paths, PT_ARRAY_LENGTH(paths), &items, error);
    return status;
}

static enum pt_status write_losses(struct pt_output *output,
                                   const struct pt_result *result,
                                   struct pt_error *error)
{
#define FIELD(column, member)                                                          \
    {                                                                                  \
        PT_COLUMN_FUNCTIONS_##column, offsetof(struct pt_function_row, member)         \
    }
    static const struct pt_field fields[] = {
        FIELD(N_CALLS, n_calls),
        FIELD(N_PARTIAL, n_partial),
        FIELD(DIGITS_IN, loss.digits_in),
        FIELD(DIGITS_OUT, loss.digits_out),
        FIELD(LOST, loss.lost),
        FIELD(SELF_LOST, loss.self_lost),
        FIELD(SELF_LOST_MAX, loss.self_lost_max),
        FIELD(RANK, loss.rank),
        FIELD(FLAGS, flags),
    };
#undef FIELD
    uint64_t n = result->definitions->n_functions;
    static const struct pt_field first[] = {{PT_COLUMN_FUNCTIONS_FIRST_VALUE, 0}};
    static const struct pt_field number[] = {{PT_COLUMN_FUNCTIONS_N_VALUES, 0}};
    struct pt_items items = table(result, result->attribution->functions,
                                  sizeof(struct pt_function_row), n);
    enum pt_status status =
        pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    items = table(result, result->tables->function_first, sizeof(uint64_t), n);
    if (!status)
        status = pt_column_fields(output, first, 1, &items, error);
    items = table(result, result->tables->function_n, sizeof(uint64_t), n);
    if (!status)
        status = pt_column_fields(output, number, 1, &items, error);
    return status;
}

/* The caller of an edge is signed in the file. */
struct edge {
    int64_t caller;
    uint64_t n_calls;
    uint32_t callee;
};

static enum pt_status write_edges(struct pt_output *output,
                                  const struct pt_result *result,
                                  struct pt_error *error)
{
    static const struct pt_field fields[] = {
        {PT_COLUMN_EDGES_CALLER, offsetof(struct edge, caller)},
        {PT_COLUMN_EDGES_CALLEE, offsetof(struct edge, callee)},
        {PT_COLUMN_EDGES_N_CALLS, offsetof(struct edge, n_calls)}};
    const struct pt_attribution *a = result->attribution;
    struct edge *edges = pt_memory_get(a->n_edges + 1, sizeof *edges);
    enum pt_status status = edges ? PT_OK : pt_no_memory(error, "the call graph");
    status = pt_team_agree(result->team, status, error);
    for (size_t i = 0; !status && i < a->n_edges; i++)
        edges[i] = (struct edge){
            a->edges[i].caller == PT_RESULT_NONE32 ? -1 : (int64_t)a->edges[i].caller,
            a->edges[i].n_calls, a->edges[i].callee};
    struct pt_items items = table(result, edges, sizeof *edges, a->n_edges);
    if (!status)
        status =
            pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    pt_memory_free(edges);
    return status;
}

static enum pt_status write_divergences(struct pt_output *output,
                                        const struct pt_result *result,
                                        struct pt_error *error)
{
#define FIELD(column, member)                                                          \
    {                                                                                  \
        PT_COLUMN_DIVERGENCES_##column, offsetof(struct pt_divergence, member)         \
    }
    static const struct pt_field fields[] = {
        FIELD(PROCESS, process), FIELD(PARENT, parent),     FIELD(TIME, time),
        FIELD(SITE, site),       FIELD(FUNCTION, function), FIELD(N_RUNS, n_runs),
        FIELD(N_CALLS, n_calls),
    };
#undef FIELD
    const struct pt_attribution *a = result->attribution;
    struct pt_items items =
        table(result, a->divergences, sizeof *a->divergences, a->n_divergences);
    return pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
}

enum pt_status pt_result_write_functions(struct pt_output *output,
                                         const struct pt_result *result,
                                         struct pt_error *error)
{
    enum pt_status status = write_definitions(output, result, error);
    if (!status)
        status = write_texts(output, result, error);
    if (!status)
        status = write_losses(output, result, error);
    if (!status)
        status = write_edges(output, result, error);
    if (!status)
        status = write_divergences(output, result, error);
    return status;
}
