#include "parse/run.h"

#include <stdlib.h>

#include "base/log.h"
#include "compute/compute.h"
#include "parse/report.h"
#include "parse/state.h"

static void state_free(struct pt_parse_state *s)
{
    pt_sources_free(&s->sources);
    pt_tables_free(&s->tables);
    pt_attribution_free(&s->attribution);
    pt_layout_free(&s->layout);
    pt_tiles_free(&s->tiles);
    pt_positions_free(&s->positions);
    pt_values_free(&s->values);
    pt_readers_free(&s->readers);
    pt_calls_free(&s->calls);
    pt_memory_free(s->pivots);
    for (size_t i = 0; s->skeletons && i < s->n_skeletons; i++)
        pt_skeleton_free(&s->skeletons[i]);
    pt_memory_free(s->skeletons);
    pt_definitions_free(&s->definitions);
    pt_stat_plan_destroy(s->plan);
    pt_catalogue_free(&s->catalogue);
    pt_base_close(&s->base);
    pt_memory_free(s->command);
    pt_memory_free(s->config_text);
    free(s->import);
    pt_memory_free(s->path);
    pt_config_destroy(s->config);
}

void pt_parse_say(struct pt_parse_state *s, const char *what, uint64_t n,
                  const char *unit)
{
    struct pt_team_traffic sent = pt_team_traffic();
    struct pt_traffic_counts now = {
        .opens = s->catalogue.opens + s->opens + pt_readers_opens(&s->readers),
        .read_bytes =
            s->catalogue.bytes_read + s->bytes_read + pt_readers_bytes(&s->readers),
        .collectives = sent.collectives,
        .messages = sent.messages,
        .sent_bytes = sent.bytes,
        .written_bytes = s->written};
    pt_progress_phase(&s->progress, what, n, unit);
    pt_traffic_phase(s->team, &s->traffic, what, &now);
}

/* ── pass 2 ─────────────────────────────────────────────────────────────────────── */

static enum pt_status pass_two(struct pt_parse_state *s, struct pt_error *error)
{
    struct pt_compute_options options = {
        .batch = pt_parse_batch(s->options),
        .progress = s->team->rank == 0 ? pt_progress_show : NULL,
        .context = &s->progress,
        .tiles = &s->tiles,
        .extra = s->options->extra};
    struct pt_values_wanted wanted = {s->options->extra.contributing,
                                      pt_extra_moments(&s->options->extra)};
    uint64_t n_damaged = 0;
    enum pt_status status = pt_readers_create(&s->catalogue, &s->readers, error);
    s->readers.sparing = s->options->online;
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_values_read(s->team, &s->calls, &s->readers, s->plan, wanted,
                                &s->values, error);
    if (!status)
        status =
            pt_layout_make(s->team, &s->values, s->catalogue.n_runs, &s->layout, error);
    if (!status)
        status = pt_tiles_plan(s->team, &s->values, &s->layout, &s->tiles, error);
    if (!status)
        status = pt_positions_find(s->team, &s->values, &s->positions, error);
    if (!status)
        pt_parse_say(s, "Read", s->values.total, "values");
    if (!status)
        status =
            pt_output_create(s->team, s->path, s->options->hints, &s->output, error);
    if (!status)
        status =
            pt_result_begin(s->output, s->layout.n_elements, &s->options->extra, error);
    if (!status)
        status = pt_compute(s->team, &s->layout, &s->values, &s->readers, s->plan,
                            &options, s->output, &n_damaged, error);
    if (!status)
        status = pt_layout_spread(s->team, &s->values, error);
    s->n_damaged += n_damaged + s->values.n_damaged;
    if (!status)
        pt_parse_say(s, "Measured", s->layout.n_elements, "elements");
    return status;
}

/* ── result ─────────────────────────────────────────────────────────────────────── */

static enum pt_status conclude(struct pt_parse_state *s, struct pt_result *result,
                               struct pt_error *error)
{
    char *folder = pt_config_cache_folder(s->config, "sources");
    enum pt_status status = pt_attribute(s->team, &s->definitions, &s->calls,
                                         &s->values, s->plan, &s->attribution, error);
    if (!status)
        status = pt_tables_make(s->team, &s->values, s->definitions.n_functions,
                                &s->tables, error);
    if (!status && s->team->rank == 0)
        status =
            pt_sources_read(&s->catalogue, &s->definitions, folder, &s->sources, error);
    pt_memory_free(folder);
    status = pt_team_agree(s->team, status, error);
    *result = (struct pt_result){.team = s->team,
                                 .catalogue = &s->catalogue,
                                 .definitions = &s->definitions,
                                 .calls = &s->calls,
                                 .values = &s->values,
                                 .tables = &s->tables,
                                 .tiles = &s->tiles,
                                 .positions = &s->positions,
                                 .attribution = &s->attribution,
                                 .sources = &s->sources,
                                 .plan = s->plan,
                                 .extra = &s->options->extra,
                                 .base = s->base.path ? &s->base : NULL,
                                 .pivots = s->pivots,
                                 .alignment = pt_alignment_name(s->options->alignment),
                                 .config = s->config_text,
                                 .command = s->command};
    if (!status)
        status = pt_result_write(s->output, result, error);
    return status;
}

static void report(struct pt_parse_state *s, const struct pt_result *result)
{
    uint64_t damaged = pt_team_sum(s->team, s->n_damaged);
    uint64_t read = pt_team_sum(s->team, s->catalogue.bytes_read + s->bytes_read +
                                             pt_readers_bytes(&s->readers));
    uint64_t files = 0;
    for (size_t i = 0; i < s->catalogue.n_traces; i++)
        files += s->catalogue.traces[i].bytes;
    struct pt_trail trail = pt_report_trail(result);
    if (s->team->rank)
        return;
    if (pt_memory_reason()[0])
        pt_log_warning("more memory than --memory says was used%s", pt_memory_reason());
    if (damaged)
        pt_log_warning("%llu damaged parts of traces were left out",
                       (unsigned long long)damaged);
    pt_log_debug("read %llu bytes of the traces' %llu", (unsigned long long)read,
                 (unsigned long long)files);
    if (!s->options->quiet)
        pt_report_print(stdout, result, &trail, s->path);
}

enum pt_status pt_parse_run(struct pt_team *team,
                            const struct pt_parse_options *options, int argc,
                            char **argv, struct pt_error *error)
{
    struct pt_parse_state s = {
        .team = team, .options = options, .traffic.wanted = options->traffic};
    struct pt_result result = {0};
    pt_progress_begin(&s.progress, team->rank == 0, options->quiet);
    enum pt_status status = pt_parse_configure(&s, argc, argv, error);
    if (!status)
        status = pt_parse_catalogue(&s, error);
    if (!status)
        status = pt_parse_align(&s, error);
    if (!status)
        status = pass_two(&s, error);
    if (!status)
        status = conclude(&s, &result, error);
    s.written = s.output ? pt_output_bytes(s.output) : 0;
    status = pt_output_publish(s.output, status, error);
    if (!status) {
        pt_parse_say(&s, "Wrote", pt_team_sum(team, s.written), "bytes");
        report(&s, &result);
    }
    char *import = s.import;
    s.import = NULL;
    state_free(&s);
    pt_memory_end();
    if (import)
        pt_catalogue_import_end(team, import);
    free(import);
    return status;
}
