#include "catalogue/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schema/schema.h"

static int three_way(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_role(const struct pt_trace_header *a, const struct pt_trace_header *b)
{
    int order = three_way(a->role_kind, b->role_kind);
    if (!order)
        order = three_way(a->role_rank, b->role_rank);
    return order ? order : strcmp(a->role_path, b->role_path);
}

static int by_run(const struct pt_trace_header *a, const struct pt_trace_header *b)
{
    int order = strcmp(a->experiment_id, b->experiment_id);
    return order ? order : three_way(a->run_id, b->run_id);
}

static bool is_reference(const struct pt_catalogue_trace *trace)
{
    return trace->flags & PT_RUN_REFERENCE;
}

/* The reference is a run of its own, behind all others. */
static bool same_run(const struct pt_catalogue_trace *a,
                     const struct pt_catalogue_trace *b)
{
    return is_reference(a) == is_reference(b) && !by_run(&a->header, &b->header);
}

/* By run, role, then the newest first. */
static int by_identity(const void *first, const void *second)
{
    const struct pt_catalogue_trace *a = first, *b = second;
    int order = is_reference(a) - is_reference(b);
    if (!order)
        order = by_run(&a->header, &b->header);
    if (!order)
        order = by_role(&a->header, &b->header);
    if (!order)
        order = (a->header.created_ns < b->header.created_ns) -
                (a->header.created_ns > b->header.created_ns);
    return order ? order : -strcmp(a->path, b->path);
}

/* One trace per run and role: the newest. */
static void drop_duplicates(struct pt_catalogue *catalogue, bool talk)
{
    size_t kept = 0;
    for (size_t i = 0; i < catalogue->n_traces; i++) {
        struct pt_catalogue_trace *trace = &catalogue->traces[i];
        struct pt_catalogue_trace *last = kept ? &catalogue->traces[kept - 1] : NULL;
        if (last && same_run(last, trace) && !by_role(&last->header, &trace->header)) {
            if (talk)
                pt_log_warning(
                    "%s and %s are the same run (%llu) and process: the newer "
                    "one, %s, is used",
                    last->path, trace->path, (unsigned long long)trace->header.run_id,
                    last->path);
            catalogue->n_left_out++;
            continue;
        }
        if (kept != i)
            catalogue->traces[kept] = *trace;
        kept++;
    }
    catalogue->n_traces = kept;
}

static const char *base_of(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash ? slash + 1 : program;
}

static enum pt_status check_programs(const struct pt_catalogue *catalogue, bool talk,
                                     struct pt_error *error)
{
    const struct pt_catalogue_trace *first = &catalogue->traces[0];
    bool warned = false;
    for (size_t i = 1; i < catalogue->n_traces; i++) {
        const struct pt_catalogue_trace *trace = &catalogue->traces[i];
        const char *a = first->header.program, *b = trace->header.program;
        if (strcmp(base_of(a), base_of(b)))
            return pt_error_set(error, PT_E_USAGE,
                                "traces of different programs: %s traced %s, %s traced "
                                "%s; give the files of one program with --filename, or "
                                "another --directory",
                                first->path, a, trace->path, b);
        if (talk && !warned && strcmp(a, b)) {
            warned = true;
            pt_log_warning("the program was called %s in %s and %s in %s", a,
                           first->path, b, trace->path);
        }
    }
    return PT_OK;
}

static void role_text(const struct pt_trace_header *header,
                      char role[PT_TRACE_ID_BYTES + 16])
{
    const char *path = header->role_path;
    const char *slash = path[0] ? "/" : "";
    if (header->role_kind == PT_ROLE_MPI || header->role_rank)
        snprintf(role, PT_TRACE_ID_BYTES + 16, "rank %u%s%s", header->role_rank, slash,
                 path);
    else
        snprintf(role, PT_TRACE_ID_BYTES + 16, "main%s%s", slash, path);
}

static int role_order(const void *first, const void *second)
{
    const struct pt_catalogue_trace *const *a = first, *const *b = second;
    return by_role(&(*a)->header, &(*b)->header);
}

static enum pt_status find_processes(struct pt_catalogue *catalogue,
                                     struct pt_error *error)
{
    struct pt_catalogue_trace **order =
        malloc(catalogue->n_traces * sizeof(struct pt_catalogue_trace *));
    struct pt_array processes = {.item_bytes = sizeof(struct pt_catalogue_process)};
    enum pt_status status = PT_OK;

    if (!order)
        return pt_no_memory(error, "the catalogue");
    for (size_t i = 0; i < catalogue->n_traces; i++)
        order[i] = &catalogue->traces[i];
    qsort(order, catalogue->n_traces, sizeof(struct pt_catalogue_trace *), role_order);
    for (size_t i = 0; i < catalogue->n_traces; i++) {
        const struct pt_trace_header *header = &order[i]->header;
        if (i == 0 || by_role(&order[i - 1]->header, header)) {
            struct pt_catalogue_process *process = pt_array_push(&processes, 1);
            if (!process) {
                status = pt_no_memory(error, "the catalogue");
                goto done;
            }
            role_text(header, process->role);
            process->kind = header->role_kind;
            process->rank = header->role_rank;
        }
        struct pt_catalogue_process *all = processes.items;
        all[processes.n - 1].n_runs += !is_reference(order[i]);
        order[i]->process = (uint32_t)(processes.n - 1);
    }
    catalogue->processes = processes.items;
    catalogue->n_processes = processes.n;
done:
    if (status)
        pt_array_free(&processes);
    pt_memory_free(order);
    return status;
}

static enum pt_status find_runs(struct pt_catalogue *catalogue, struct pt_error *error)
{
    struct pt_array runs = {.item_bytes = sizeof(struct pt_catalogue_run)};
    for (size_t i = 0; i < catalogue->n_traces; i++) {
        struct pt_catalogue_trace *trace = &catalogue->traces[i];
        if (i == 0 || !same_run(&trace[-1], trace)) {
            struct pt_catalogue_run *run = pt_array_push(&runs, 1);
            if (!run) {
                pt_array_free(&runs);
                return pt_no_memory(error, "the catalogue");
            }
            memcpy(run->experiment, trace->header.experiment_id, PT_TRACE_ID_BYTES);
            run->run_id = trace->header.run_id;
            run->first_trace = (uint32_t)i;
        }
        struct pt_catalogue_run *all = runs.items;
        all[runs.n - 1].flags |= trace->flags;
        trace->run = (uint32_t)(runs.n - 1);
    }
    catalogue->runs = runs.items;
    catalogue->n_runs = catalogue->n_samples = runs.n;
    for (size_t i = 0; i < catalogue->n_runs; i++)
        catalogue->n_samples -= (catalogue->runs[i].flags & PT_RUN_REFERENCE) != 0;
    return PT_OK;
}

static bool has_role(const struct pt_catalogue *catalogue,
                     const struct pt_trace_header *role)
{
    for (size_t i = 0; i < catalogue->n_traces; i++)
        if (!is_reference(&catalogue->traces[i]) &&
            !by_role(&catalogue->traces[i].header, role))
            return true;
    return false;
}

/* A process of the reference that no run has cannot be compared with anything. */
static enum pt_status drop_strangers(struct pt_catalogue *catalogue, bool talk,
                                     struct pt_error *error)
{
    size_t kept = 0, n_references = 0, n_strangers = 0;
    for (size_t i = 0; i < catalogue->n_traces; i++) {
        struct pt_catalogue_trace *trace = &catalogue->traces[i];
        n_references += is_reference(trace);
        if (is_reference(trace) && !(trace->flags & PT_RUN_BASE) &&
            !has_role(catalogue, &trace->header)) {
            n_strangers++;
            if (talk)
                pt_log_warning("--reference: no run has the process of %s: left out",
                               trace->path);
            continue;
        }
        catalogue->traces[kept++] = *trace;
    }
    catalogue->n_traces = kept;
    if (n_strangers && n_strangers == n_references)
        return pt_error_set(error, PT_E_USAGE,
                            "--reference: no run has its process: trace the reference "
                            "as the runs were");
    return PT_OK;
}

enum pt_status pt_catalogue_pair(struct pt_catalogue *catalogue, bool talk,
                                 struct pt_error *error)
{
    qsort(catalogue->traces, catalogue->n_traces, sizeof *catalogue->traces,
          by_identity);
    drop_duplicates(catalogue, talk);
    enum pt_status status = check_programs(catalogue, talk, error);
    if (!status)
        status = drop_strangers(catalogue, talk, error);
    if (!status)
        status = find_runs(catalogue, error);
    if (!status && catalogue->n_samples + 1 < catalogue->n_runs)
        status = pt_error_set(error, PT_E_USAGE,
                              "--reference: these are traces of several runs; one is "
                              "the reference");
    if (!status)
        status = find_processes(catalogue, error);
    return status;
}
