#include "catalogue/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/internal.h"
#include "schema/schema.h"

/* File i is opened by rank i modulo the number of ranks. */
static enum pt_status probe_mine(const struct pt_team *team, const char *paths,
                                 size_t bytes, size_t reference_bytes,
                                 const struct pt_catalogue_request *request,
                                 struct pt_array *traces, struct pt_array *info,
                                 struct pt_error *error)
{
    enum pt_status status = PT_OK;
    size_t i = 0;
    for (const char *path = paths; !status && path < paths + bytes;
         path += strlen(path) + 1, i++) {
        if (i % (size_t)team->size != (size_t)team->rank)
            continue;
        struct pt_catalogue_trace *trace = pt_array_push(traces, 1);
        uint64_t first = info->n;
        if (!trace)
            return pt_no_memory(error, "the catalogue");
        trace->given = (uint64_t)(path - paths);
        if (!request->base || path >= paths + reference_bytes)
            status = pt_catalogue_import(path, i, &request->import, trace, error);
        if (!status)
            status = pt_catalogue_probe(path, trace, info, error);
        trace->info_first = first;
        if (path < paths + reference_bytes)
            trace->flags |= PT_RUN_REFERENCE | (request->base ? PT_RUN_BASE : 0);
    }
    return status;
}

static enum pt_status share(const struct pt_team *team, const struct pt_array *traces,
                            const struct pt_array *info, struct pt_catalogue *catalogue,
                            struct pt_error *error)
{
    size_t bytes, *counts = calloc((size_t)team->size, sizeof *counts);
    size_t item = sizeof(struct pt_catalogue_trace);
    enum pt_status status = pt_team_agree(
        team, counts ? PT_OK : pt_no_memory(error, "the catalogue"), error);
    if (!status)
        status =
            pt_team_gather_all(team, info->items, info->n, (void **)&catalogue->info,
                               &catalogue->info_bytes, counts, error);
    if (status)
        goto done;
    /* Slices of the gathered text. */
    uint64_t before = 0;
    for (int r = 0; r < team->rank; r++)
        before += counts[r];
    struct pt_catalogue_trace *mine = traces->items;
    for (size_t i = 0; i < traces->n; i++)
        mine[i].info_first += before;
    status = pt_team_gather_all(team, traces->items, traces->n * item,
                                (void **)&catalogue->traces, &bytes, NULL, error);
    catalogue->n_traces = bytes / item;
done:
    pt_memory_free(counts);
    return status;
}

static int by_path(const void *first, const void *second)
{
    const struct pt_catalogue_trace *a = first, *b = second;
    return strcmp(a->path, b->path);
}

/* Keeps the usable ones; says of each other one why it is left out. */
static enum pt_status sift(struct pt_catalogue *catalogue, bool strict, bool talk,
                           struct pt_error *error)
{
    size_t kept = 0, n = catalogue->n_traces;
    qsort(catalogue->traces, n, sizeof *catalogue->traces, by_path);
    for (size_t i = 0; i < n; i++) {
        struct pt_catalogue_trace *trace = &catalogue->traces[i];
        if (strict && trace->words[0])
            return pt_error_set(error, trace->status ? trace->status : PT_E_DAMAGED,
                                "%s%s%s (--strict refuses to go on without it)",
                                trace->status ? "" : trace->path,
                                trace->status ? "" : ": ", trace->words);
        if (trace->status && trace->flags & PT_RUN_REFERENCE)
            return pt_error_set(error, trace->status, "--reference: %s", trace->words);
        if (trace->status) {
            if (talk)
                pt_log_warning("%s: left out", trace->words);
            catalogue->n_left_out++;
            continue;
        }
        if (talk && trace->words[0])
            pt_log_warning("%s: %s: what is undamaged of it is used", trace->path,
                           trace->words);
        else if (talk && trace->flags & PT_RUN_UNSEALED)
            pt_log_warning("%s was not sealed (the program was killed, or still runs): "
                           "what is in it is used",
                           trace->path);
        catalogue->traces[kept++] = *trace;
    }
    catalogue->n_traces = kept;
    if (!kept)
        return pt_error_set(
            error, PT_E_MISSING,
            "none of the %zu trace files can be used: trace the program "
            "again (pytracer trace --command …)",
            n);
    return PT_OK;
}

enum pt_status pt_catalogue_read(const struct pt_team *team,
                                 const struct pt_catalogue_request *request,
                                 struct pt_catalogue *catalogue, struct pt_error *error)
{
    struct pt_array traces = {.item_bytes = sizeof(struct pt_catalogue_trace)};
    struct pt_array info = {.item_bytes = 1};
    bool talk = team->rank == 0;
    size_t bytes = 0, reference_bytes = 0;

    memset(catalogue, 0, sizeof *catalogue);
    enum pt_status status = pt_catalogue_list(team, request, &catalogue->paths, &bytes,
                                              &reference_bytes, error);
    if (status)
        goto done;
    status = probe_mine(team, catalogue->paths, bytes, reference_bytes, request,
                        &traces, &info, error);
    for (size_t i = 0; i < traces.n; i++) {
        catalogue->bytes_read +=
            ((struct pt_catalogue_trace *)traces.items)[i].bytes_read;
        catalogue->opens += ((struct pt_catalogue_trace *)traces.items)[i].opens;
    }
    status = pt_team_agree(team, status, error);
    if (!status)
        status = share(team, &traces, &info, catalogue, error);
    if (!status)
        status = sift(catalogue, request->strict, talk, error);
    if (!status)
        status = pt_catalogue_pair(catalogue, talk, error);
    if (!status)
        status = pt_catalogue_require(catalogue, error);
    status = pt_team_agree(team, status, error);
    if (!status && talk)
        pt_catalogue_compare(catalogue);
done:
    pt_array_free(&traces);
    pt_array_free(&info);
    if (status)
        pt_catalogue_free(catalogue);
    return status;
}

void pt_catalogue_free(struct pt_catalogue *catalogue)
{
    pt_memory_free(catalogue->traces);
    pt_memory_free(catalogue->runs);
    pt_memory_free(catalogue->processes);
    pt_memory_free(catalogue->info);
    pt_memory_free(catalogue->paths);
    memset(catalogue, 0, sizeof *catalogue);
}
