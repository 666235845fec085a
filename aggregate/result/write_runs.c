#include "result/write.h"

#include <stdlib.h>

#include "result/column.h"
#include "schema/schema.h"

struct run_row {
    uint64_t run_id, seed, calls, matched, unmatched, info_first, info_bytes;
    int64_t created_ns, duration_ns;
    uint32_t flags;
};

static const struct pt_catalogue_trace *main_trace(const struct pt_result *result,
                                                   uint64_t run)
{
    return &result->catalogue->traces[result->catalogue->runs[run].first_trace];
}

/* Rows of runs/: those of the base, then the catalogue's, without what stands for it.
 */
static size_t n_before(const struct pt_result *result)
{
    return result->base ? result->base->n_runs : 0;
}
static size_t n_rows(const struct pt_result *result)
{
    return n_before(result) + result->catalogue->n_runs - (result->base != NULL);
}
static const struct pt_base_run *old_run(const struct pt_result *result, uint64_t row)
{
    return row < n_before(result) ? &result->base->runs[row] : NULL;
}
static const struct pt_catalogue_trace *new_trace(const struct pt_result *result,
                                                  uint64_t row)
{
    return main_trace(result, row - n_before(result));
}

static const char *run_experiment(const void *context, uint64_t row)
{
    const struct pt_base_run *old = old_run(context, row);
    return old ? old->experiment : new_trace(context, row)->header.experiment_id;
}
static const char *run_host(const void *context, uint64_t row)
{
    const struct pt_base_run *old = old_run(context, row);
    return old ? old->host : new_trace(context, row)->header.host;
}
static const char *run_program(const void *context, uint64_t row)
{
    const struct pt_base_run *old = old_run(context, row);
    return old ? old->program : new_trace(context, row)->header.program;
}
static const char *run_trace(const void *context, uint64_t row)
{
    const struct pt_base_run *old = old_run(context, row);
    const char *path = old ? old->trace : new_trace(context, row)->path;
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
static const char *process_role(const void *context, uint64_t process)
{
    return ((const struct pt_result *)context)->catalogue->processes[process].role;
}

/* A run of the base: the calls that all runs made are no longer the same. */
static void fill_old(const struct pt_result *result, size_t r, struct pt_array *info,
                     struct run_row *row)
{
    const struct pt_base_run *old = &result->base->runs[r];
    char *at = pt_array_push(info, (size_t)old->info_bytes);
    uint64_t matched = result->calls->run_matched[result->catalogue->n_samples];
    *row = (struct run_row){.run_id = old->run_id,
                            .seed = old->seed,
                            .calls = old->calls,
                            .matched = matched < old->calls ? matched : old->calls,
                            .info_first = info->n - old->info_bytes,
                            .info_bytes = old->info_bytes,
                            .created_ns = old->created_ns,
                            .duration_ns = old->duration_ns,
                            .flags = old->flags};
    row->unmatched = row->calls - row->matched;
    if (at)
        memcpy(at, result->base->info + old->info_first, (size_t)old->info_bytes);
}

/* The runs' texts in the order of the runs, whichever rank read them. */
static void fill_run(const struct pt_result *result, size_t r, struct pt_array *info,
                     struct run_row *row)
{
    const struct pt_catalogue *catalogue = result->catalogue;
    const struct pt_catalogue_trace *trace = main_trace(result, r);
    char *at = pt_array_push(info, (size_t)trace->info_bytes);
    *row = (struct run_row){.run_id = catalogue->runs[r].run_id,
                            .seed = trace->header.seed,
                            .calls = result->calls->run_calls[r],
                            .matched = result->calls->run_matched[r],
                            .info_first = info->n - trace->info_bytes,
                            .info_bytes = trace->info_bytes,
                            .created_ns = trace->header.created_ns,
                            .duration_ns = trace->duration_ns,
                            .flags = catalogue->runs[r].flags};
    row->unmatched = row->calls - row->matched;
    if (at)
        memcpy(at, catalogue->info + trace->info_first, (size_t)trace->info_bytes);
    for (size_t p = 0; p < catalogue->n_processes; p++)
        if (catalogue->traces[result->pivots[p]].run == r)
            row->flags |= PT_RUN_PIVOT;
}

static enum pt_status write_rows(struct pt_output *output,
                                 const struct pt_result *result, struct pt_error *error)
{
#define FIELD(column, member)                                                          \
    {                                                                                  \
        PT_COLUMN_RUNS_##column, offsetof(struct run_row, member)                      \
    }
    static const struct pt_field fields[] = {
        FIELD(RUN_ID, run_id),
        FIELD(SEED, seed),
        FIELD(FLAGS, flags),
        FIELD(CREATED_NS, created_ns),
        FIELD(DURATION_NS, duration_ns),
        FIELD(CALLS, calls),
        FIELD(MATCHED, matched),
        FIELD(UNMATCHED, unmatched),
        FIELD(INFO_FIRST, info_first),
        FIELD(INFO_BYTES, info_bytes),
    };
#undef FIELD
    const struct pt_team *team = result->team;
    size_t n = n_rows(result), first = n_before(result);
    struct pt_array info = {.item_bytes = 1};
    struct run_row *rows = pt_memory_get(n + 1, sizeof *rows);
    enum pt_status status = rows ? PT_OK : pt_no_memory(error, "the runs");
    for (size_t r = 0; !status && r < n; r++)
        if (r < first)
            fill_old(result, r, &info, &rows[r]);
        else
            fill_run(result, r - first, &info, &rows[r]);
    status = pt_team_agree(team, status, error);
    struct pt_items items = {rows, sizeof *rows, 0, team->rank == 0 ? n : 0, n};
    if (!status)
        status =
            pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    if (!status)
        status = pt_column_blob(team, output, PT_COLUMN_META_RUN_INFO, info.items,
                                info.n, error);
    pt_array_free(&info);
    pt_memory_free(rows);
    return status;
}

struct process_row {
    uint64_t n_calls;
    uint32_t n_runs;
};

static enum pt_status write_processes(struct pt_output *output,
                                      const struct pt_result *result,
                                      struct pt_error *error)
{
    static const struct pt_field fields[] = {
        {PT_COLUMN_PROCESSES_N_RUNS, offsetof(struct process_row, n_runs)},
        {PT_COLUMN_PROCESSES_N_CALLS, offsetof(struct process_row, n_calls)}};
    const struct pt_team *team = result->team;
    size_t n = result->catalogue->n_processes;
    struct process_row *rows = pt_memory_get(n + 1, sizeof *rows);
    enum pt_status status = rows ? PT_OK : pt_no_memory(error, "the processes");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    for (size_t i = 0; i < result->calls->n; i++)
        rows[result->calls->items[i].process].n_calls++;
    for (size_t p = 0; p < n; p++) {
        rows[p].n_calls = pt_team_sum(team, rows[p].n_calls);
        rows[p].n_runs = result->catalogue->processes[p].n_runs;
    }
    struct pt_items items = {rows, sizeof *rows, 0, team->rank == 0 ? n : 0, n};
    status = pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    if (!status)
        status = pt_column_texts(team, output, PT_COLUMN_PROCESSES_ROLE, n,
                                 process_role, result, error);
done:
    pt_memory_free(rows);
    return status;
}

enum pt_status pt_result_write_runs(struct pt_output *output,
                                    const struct pt_result *result,
                                    struct pt_error *error)
{
    const struct {
        enum pt_result_column_id id;
        pt_text_of *text;
    } texts[] = {{PT_COLUMN_RUNS_EXPERIMENT, run_experiment},
                 {PT_COLUMN_RUNS_HOST, run_host},
                 {PT_COLUMN_RUNS_PROGRAM, run_program},
                 {PT_COLUMN_RUNS_TRACE, run_trace}};
    enum pt_status status = write_rows(output, result, error);
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(texts); i++)
        status = pt_column_texts(result->team, output, texts[i].id, n_rows(result),
                                 texts[i].text, result, error);
    if (!status)
        status = write_processes(output, result, error);
    return status;
}
