#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "parse/state.h"

/* What a batch of the second pass will need is free for the first one. */
static void share_out(struct pt_parse_state *s)
{
    static const uint64_t blocks = (uint64_t)9 << 20; /* decoded, of each trace */
    uint64_t n = s->catalogue.n_traces, bytes = 0;
    uint64_t batch = pt_parse_batch(s->options);
    uint64_t of_run = batch * 2 * sizeof(double);
    uint64_t share = s->options->least_share_mib << 20, readers;
    for (size_t i = 0; i < n; i++)
        bytes += s->catalogue.traces[i].bytes;
    readers = share ? bytes / s->catalogue.n_runs / share : UINT64_MAX;
    s->team->readers = readers < 1                         ? 1
                       : readers < (uint64_t)s->team->size ? (int)readers
                                                           : s->team->size;
    if (of_run > blocks)
        pt_memory_allow((s->options->memory_mib << 20) +
                        s->catalogue.n_runs * (of_run - blocks));
}

/* The base stands for the runs of the result that is added to. */
static enum pt_status add_base(struct pt_parse_state *s, struct pt_error *error)
{
    struct pt_catalogue *catalogue = &s->catalogue;
    if (!catalogue->n_samples)
        return pt_error_set(error, PT_E_MISSING,
                            "--append: no trace can be added to %s", s->base.path);
    catalogue->n_base = s->base.n_runs;
    for (size_t p = 0; p < catalogue->n_processes; p++)
        for (size_t b = 0; b < s->base.n_processes; b++)
            if (strcmp(catalogue->processes[p].role, s->base.processes[b].role) == 0)
                catalogue->processes[p].n_runs += s->base.processes[b].n_runs;
    return pt_base_check_runs(&s->base, catalogue, error);
}

enum pt_status pt_parse_catalogue(struct pt_parse_state *s, struct pt_error *error)
{
    char folder[PT_CATALOGUE_PATH];
    snprintf(folder, sizeof folder, "%s/base", s->import);
    char *traces = pt_config_cache_folder(s->config, "traces");
    struct pt_catalogue_request request = {
        .files = s->options->files,
        .n_files = s->options->n_files,
        .folder = s->options->directory ? s->options->directory : traces,
        .reference = s->options->append ? folder : s->options->reference,
        .base = s->options->append != NULL,
        .strict = s->options->strict,
        .import = {.format = s->options->format,
                   .folder = s->import,
                   .limits = {.max_elements = s->config->io.max_elements,
                              .max_depth = s->config->io.max_depth,
                              .max_items = s->config->io.max_items}}};
    enum pt_status status = pt_team_agree(
        s->team, traces ? PT_OK : pt_no_memory(error, "the cache's folder"), error);
    if (!status && s->options->append)
        status =
            pt_base_open(s->team, s->options->append, folder, &s->options->statistics,
                         pt_alignment_name(s->options->alignment), &s->base, error);
    if (!status)
        status = pt_catalogue_read(s->team, &request, &s->catalogue, error);
    pt_memory_free(traces);
    if (status)
        return status;
    if (s->options->append)
        status = add_base(s, error);
    status = pt_team_agree(s->team, status, error);
    if (status)
        return status;
    share_out(s);
    pt_parse_say(s, "Found", s->catalogue.n_traces, "traces");
    if (pt_catalogue_total(&s->catalogue) == 1 && s->team->rank == 0)
        pt_log_warning("one run only: means are written, digits need two runs or more");
    status = pt_stat_plan_create(&s->options->statistics,
                                 pt_catalogue_total(&s->catalogue), &s->plan, error);
    return pt_team_agree(s->team, status, error);
}
