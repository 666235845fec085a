#include "append/base.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue/catalogue.h"
#include "schema/reader.h"
#include "team/array.h"

enum { INFO_LIMIT = 1 << 30 };

static enum pt_status check_option(const struct pt_base *base, const char *name,
                                   const char *theirs, const char *ours,
                                   struct pt_error *error)
{
    return strcmp(theirs, ours) == 0
               ? PT_OK
               : pt_error_set(error, PT_E_USAGE,
                              "--append: %s was made with --%s %s, not %s: give the "
                              "same options",
                              base->path, name, theirs, ours);
}

static enum pt_status check_number(const struct pt_base *base, const char *name,
                                   double theirs, double ours, struct pt_error *error)
{
    return theirs == ours
               ? PT_OK
               : pt_error_set(error, PT_E_USAGE,
                              "--append: %s was made with --%s %g, not %g: give the "
                              "same options",
                              base->path, name, theirs, ours);
}

static enum pt_status check_options(const struct pt_base *base,
                                    const struct pt_stat_options *options,
                                    const char *alignment, struct pt_error *error)
{
    const struct pt_result_about *about = pt_result_about(base->file);
    if (!pt_result_rows(base->file, PT_COLUMN_MERGE_N) &&
        pt_result_rows(base->file, PT_COLUMN_ELEMENTS_MEAN))
        return pt_error_set(error, PT_E_USAGE,
                            "--append: %s was made without --mergeable: nothing can be "
                            "added to it",
                            base->path);
    enum pt_status status = check_option(base, "method", about->method,
                                         pt_stat_method_name(options->method), error);
    if (!status)
        status = check_option(base, "error", about->error,
                              pt_stat_error_name(options->error), error);
    if (!status)
        status = check_option(base, "alignment", about->alignment, alignment, error);
    if (!status)
        status = check_number(base, "probability", about->probability,
                              options->probability, error);
    if (!status)
        status = check_number(base, "contributing-probability",
                              about->contributing_probability,
                              options->contributing_probability, error);
    if (!status)
        status = check_number(base, "confidence", about->confidence,
                              options->confidence, error);
    return status ? status
                  : check_number(base, "ddof", about->ddof, options->ddof, error);
}

static enum pt_status read_run(const struct pt_base *base, uint64_t row,
                               struct pt_base_run *run, struct pt_error *error)
{
    const struct {
        enum pt_result_column_id id;
        void *to;
    } numbers[] = {{PT_COLUMN_RUNS_RUN_ID, &run->run_id},
                   {PT_COLUMN_RUNS_SEED, &run->seed},
                   {PT_COLUMN_RUNS_CALLS, &run->calls},
                   {PT_COLUMN_RUNS_CREATED_NS, &run->created_ns},
                   {PT_COLUMN_RUNS_DURATION_NS, &run->duration_ns},
                   {PT_COLUMN_RUNS_FLAGS, &run->flags},
                   {PT_COLUMN_RUNS_INFO_FIRST, &run->info_first},
                   {PT_COLUMN_RUNS_INFO_BYTES, &run->info_bytes}};
    const struct {
        enum pt_result_column_id id;
        char **to;
    } texts[] = {{PT_COLUMN_RUNS_EXPERIMENT, &run->experiment},
                 {PT_COLUMN_RUNS_HOST, &run->host},
                 {PT_COLUMN_RUNS_PROGRAM, &run->program},
                 {PT_COLUMN_RUNS_TRACE, &run->trace}};
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(numbers); i++)
        status =
            pt_result_read(base->file, numbers[i].id, row, 1, numbers[i].to, error);
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(texts); i++)
        status = pt_result_text(base->file, texts[i].id, row, texts[i].to, error);
    return status;
}

static enum pt_status read_trace(const struct pt_base *base, uint64_t row,
                                 struct pt_base_trace *trace, struct pt_error *error)
{
    enum pt_status status =
        pt_result_u64(base->file, PT_COLUMN_TRACES_BYTES, row, &trace->bytes, error);
    if (!status)
        status = pt_result_u64(base->file, PT_COLUMN_TRACES_CHECKSUM, row,
                               &trace->checksum, error);
    if (!status)
        status =
            pt_result_u32(base->file, PT_COLUMN_TRACES_RUN, row, &trace->run, error);
    if (!status)
        status = pt_result_u32(base->file, PT_COLUMN_TRACES_PROCESS, row,
                               &trace->process, error);
    if (!status)
        status =
            pt_result_text(base->file, PT_COLUMN_TRACES_PATH, row, &trace->path, error);
    if (!status && (trace->run >= base->n_runs || trace->process >= base->n_processes))
        status =
            pt_error_set(error, PT_E_DAMAGED, "%s: the trace %s is of no run of it",
                         base->path, trace->path);
    return status;
}

static enum pt_status read_processes(struct pt_base *base, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t first = 0;
    for (size_t p = 0; !status && p < base->n_processes; p++) {
        struct pt_base_process *process = &base->processes[p];
        status = pt_result_text(base->file, PT_COLUMN_PROCESSES_ROLE, p, &process->role,
                                error);
        if (!status)
            status = pt_result_u32(base->file, PT_COLUMN_PROCESSES_N_RUNS, p,
                                   &process->n_runs, error);
        if (!status)
            status = pt_result_u64(base->file, PT_COLUMN_PROCESSES_N_CALLS, p,
                                   &process->n_calls, error);
        process->first_call = first;
        first += process->n_calls;
    }
    if (!status && first != pt_result_rows(base->file, PT_COLUMN_CALLS_KEY))
        status =
            pt_error_set(error, PT_E_DAMAGED,
                         "%s: its processes do not have all of its calls", base->path);
    return status;
}

static enum pt_status read_tables(struct pt_base *base, struct pt_error *error)
{
    base->n_runs = (size_t)pt_result_rows(base->file, PT_COLUMN_RUNS_RUN_ID);
    base->n_processes = (size_t)pt_result_rows(base->file, PT_COLUMN_PROCESSES_N_RUNS);
    base->n_traces = (size_t)pt_result_rows(base->file, PT_COLUMN_TRACES_BYTES);
    base->traces = calloc(base->n_traces + 1, sizeof *base->traces);
    base->runs = calloc(base->n_runs + 1, sizeof *base->runs);
    base->processes = calloc(base->n_processes + 1, sizeof *base->processes);
    if (!base->runs || !base->processes || !base->traces)
        return pt_no_memory(error, "the runs");
    enum pt_status status = read_processes(base, error);
    for (size_t r = 0; !status && r < base->n_runs; r++)
        status = read_run(base, r, &base->runs[r], error);
    for (size_t t = 0; !status && t < base->n_traces; t++)
        status = read_trace(base, t, &base->traces[t], error);
    if (!status)
        status = pt_result_blob(base->file, PT_COLUMN_META_RUN_INFO, 0,
                                pt_result_rows(base->file, PT_COLUMN_META_RUN_INFO),
                                INFO_LIMIT, &base->info, error);
    if (!status)
        status = pt_result_blob(base->file, PT_COLUMN_META_COMMAND, 0,
                                pt_result_rows(base->file, PT_COLUMN_META_COMMAND),
                                INFO_LIMIT, &base->command, error);
    uint64_t info = pt_result_rows(base->file, PT_COLUMN_META_RUN_INFO);
    for (size_t r = 0; !status && r < base->n_runs; r++)
        if (base->runs[r].info_first > info ||
            base->runs[r].info_bytes > info - base->runs[r].info_first)
            status = pt_error_set(error, PT_E_DAMAGED, "%s: run %zu has no information",
                                  base->path, r);
    return status;
}

enum pt_status pt_base_open(const struct pt_team *team, const char *path,
                            const char *folder, const struct pt_stat_options *options,
                            const char *alignment, struct pt_base *base,
                            struct pt_error *error)
{
    struct pt_result *file = NULL;
    *base = (struct pt_base){.path = path};
    enum pt_status status = pt_result_open(path, &file, error);
    base->file = file;
    if (!status)
        status = check_options(base, options, alignment, error);
    if (!status)
        status = read_tables(base, error);
    status = pt_team_agree(team, status, error);
    if (!status && team->rank == 0)
        status = pt_base_write_traces(base, folder, error);
    return pt_team_agree(team, status, error);
}

void pt_base_close(struct pt_base *base)
{
    for (size_t r = 0; base->runs && r < base->n_runs; r++) {
        free(base->runs[r].experiment);
        free(base->runs[r].host);
        free(base->runs[r].program);
        free(base->runs[r].trace);
    }
    for (size_t p = 0; base->processes && p < base->n_processes; p++)
        free(base->processes[p].role);
    for (size_t t = 0; base->traces && t < base->n_traces; t++)
        free(base->traces[t].path);
    free(base->traces);
    free(base->runs);
    free(base->processes);
    free(base->info);
    free(base->command);
    pt_result_close(base->file);
    *base = (struct pt_base){0};
}

enum pt_status pt_base_check_runs(const struct pt_base *base,
                                  const struct pt_catalogue *catalogue,
                                  struct pt_error *error)
{
    for (size_t i = 0; i < catalogue->n_samples; i++) {
        const struct pt_catalogue_run *run = &catalogue->runs[i];
        for (size_t r = 0; r < base->n_runs; r++)
            if (base->runs[r].run_id == run->run_id &&
                strcmp(base->runs[r].experiment, run->experiment) == 0)
                return pt_error_set(error, PT_E_USAGE,
                                    "--append: %s is of a run (%llu) that %s has "
                                    "already, from %s",
                                    catalogue->traces[run->first_trace].path,
                                    (unsigned long long)run->run_id, base->path,
                                    base->runs[r].trace);
    }
    return PT_OK;
}

/* ── the calls ──────────────────────────────────────────────────────────────────── */

/* One column of the process's calls; the caller frees. NULL: *status tells. */
static void *column(const struct pt_base *base, enum pt_result_column_id id,
                    const struct pt_base_process *process, enum pt_status *status,
                    struct pt_error *error)
{
    void *data =
        *status
            ? NULL
            : malloc((size_t)process->n_calls * pt_result_width(base->file, id) + 1);
    if (!*status && !data)
        *status = pt_no_memory(error, "the calls of a result");
    if (!*status)
        *status = pt_result_read(base->file, id, process->first_call, process->n_calls,
                                 data, error);
    return data;
}

/* A call that the pivot lacks stands behind the shared call before it (match.h). */
static enum pt_status set_places(struct pt_skeleton *skeleton, struct pt_error *error)
{
    uint64_t *next = malloc((skeleton->n + 1) * sizeof *next), roots[2] = {1, 1};
    if (!next)
        return pt_no_memory(error, "the calls of a result");
    for (size_t i = 0; i < skeleton->n; i++) {
        struct pt_skeleton_call *call = &skeleton->calls[i];
        uint64_t *after = call->parent == UINT32_MAX ? &roots[call->thread != 0]
                                                     : &next[call->parent];
        if (call->flags & PT_CALL_NOT_PIVOT) {
            call->place = *after;
        } else {
            call->place = 2 * call->time;
            *after = 2 * call->end_time + 1;
        }
        next[i] = call->place | 1;
    }
    free(next);
    return PT_OK;
}

enum pt_status pt_base_skeleton(const struct pt_base *base, const char *role,
                                struct pt_skeleton *skeleton, struct pt_error *error)
{
    const struct pt_base_process *process = NULL;
    enum pt_status status = PT_OK;
    for (size_t p = 0; p < base->n_processes; p++)
        if (strcmp(base->processes[p].role, role) == 0)
            process = &base->processes[p];
    if (!process || skeleton->n != process->n_calls)
        return pt_error_set(error, PT_E_DAMAGED, "%s: its calls cannot be read again",
                            base->path);
    uint64_t *key = column(base, PT_COLUMN_CALLS_KEY, process, &status, error);
    uint64_t *time = column(base, PT_COLUMN_CALLS_TIME, process, &status, error);
    uint64_t *end = column(base, PT_COLUMN_CALLS_END_TIME, process, &status, error);
    int64_t *start_ns = column(base, PT_COLUMN_CALLS_START_NS, process, &status, error);
    int64_t *end_ns = column(base, PT_COLUMN_CALLS_END_NS, process, &status, error);
    uint32_t *n_runs = column(base, PT_COLUMN_CALLS_N_RUNS, process, &status, error);
    uint32_t *flags = column(base, PT_COLUMN_CALLS_FLAGS, process, &status, error);
    for (size_t i = 0; !status && i < skeleton->n; i++) {
        struct pt_skeleton_call *call = &skeleton->calls[i];
        call->key = key[i];
        if (time[i] >= PT_SKELETON_TIMES || end[i] >= PT_SKELETON_TIMES)
            status = pt_error_set(error, PT_E_DAMAGED,
                                  "%s: the time of a call is no time", base->path);
        call->time = time[i];
        call->end_time = end[i];
        call->start_ns = start_ns[i];
        call->end_ns = end_ns[i];
        call->n_runs = n_runs[i];
        call->flags = flags[i] & ~(uint32_t)PT_CALL_NOT_ALL_RUNS;
    }
    if (!status)
        status = set_places(skeleton, error);
    free(key);
    free(time);
    free(end);
    free(start_ns);
    free(end_ns);
    free(n_runs);
    free(flags);
    return status;
}
