#include "parse/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "append/base.h"
#include "base/file.h"
#include "base/log.h"
#include "compute/compute.h"
#include "config.h"
#include "parse/binding.h"
#include "parse/place.h"
#include "parse/progress.h"
#include "parse/report.h"
#include "parse/traffic.h"
#include "result/write.h"
#include "schema/schema.h"

enum { ONLINE_BATCH = 1 << 13, CONFIG_LIMIT = 1 << 20, OPEN_TRACES = 32 };

/* Everything that one aggregation holds, in the order in which it comes about. */
struct state {
    struct pt_team *team;
    const struct pt_parse_options *options;
    struct pt_config *config;
    char *path;   /* of the result */
    char *import; /* folder of traces that were pickles, beside it */
    char *config_text, *command;
    struct pt_base base; /* what the runs are added to */
    struct pt_catalogue catalogue;
    struct pt_stat_plan *plan;
    struct pt_definitions definitions;
    struct pt_skeleton *skeletons; /* of this rank's traces */
    size_t n_skeletons;
    uint32_t *pivots;
    struct pt_calls calls;
    struct pt_readers readers;
    struct pt_values values;
    struct pt_layout layout;
    struct pt_tiles tiles;
    struct pt_positions positions;
    struct pt_output *output;
    struct pt_attribution attribution;
    struct pt_tables tables;
    struct pt_sources sources;
    uint64_t n_damaged;
    uint64_t bytes_read; /* of the traces, by this rank */
    uint64_t opens;      /* of traces, by this rank */
    uint64_t written;    /* into columns, by this rank */
    struct pt_progress progress;
    struct pt_traffic traffic;
};

static void state_free(struct state *s)
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

/* Ends a phase, in the log and in the table of --traffic. Collective. */
static void say(struct state *s, const char *what, uint64_t n, const char *unit)
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

/* ── options and configuration ──────────────────────────────────────────────────── */

static enum pt_status join_command(int argc, char **argv, char **command,
                                   struct pt_error *error)
{
    struct pt_array text = {.item_bytes = 1};
    for (int i = 0; i < argc; i++) {
        size_t bytes = strlen(argv[i]);
        char *at = pt_array_push(&text, bytes + 1);
        if (!at) {
            pt_array_free(&text);
            return pt_no_memory(error, "the command line");
        }
        memcpy(at, argv[i], bytes);
        at[bytes] = i + 1 < argc ? ' ' : '\0';
    }
    *command = text.items;
    return PT_OK;
}

/* In a batch log there is a line for each phase; on a terminal there is the one that is
 * renewed. */
static enum pt_status open_log(const struct state *s, struct pt_error *error)
{
    enum pt_log_level level = s->config->logger.level;
    if (s->options->quiet)
        level = PT_LOG_WARNING;
    else if (!isatty(STDERR_FILENO) && level > PT_LOG_INFO)
        level = PT_LOG_INFO;
    struct pt_log_options log = {.level = level,
                                 .format = s->config->logger.format,
                                 .color = s->config->logger.color};
    return s->team->rank == 0 ? pt_log_open(&log, error) : PT_OK;
}

/* Node-local space, if the system names some; else where the result has to fit too. */
static void begin_memory(const struct state *s)
{
    char folder[PT_CATALOGUE_PATH];
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s",
             s->options->scratch         ? s->options->scratch
             : temporary && temporary[0] ? temporary
                                         : s->path);
    char *slash = strrchr(folder, '/');
    if (!s->options->scratch && !(temporary && temporary[0])) {
        if (slash)
            slash[slash == folder] = '\0';
        else
            strcpy(folder, ".");
    }
    pt_memory_begin(folder, s->options->memory_mib << 20);
}

/* Beside the result, where every rank can read it. */
static enum pt_status name_import(struct state *s, struct pt_error *error)
{
    static const char suffix[] = ".traces.tmp";
    size_t bytes = strlen(s->path) + sizeof suffix;
    s->import = malloc(bytes);
    if (!s->import)
        return pt_no_memory(error, "the folder of converted traces");
    strcat(strcpy(s->import, s->path), suffix);
    return PT_OK;
}

static enum pt_status configure(struct state *s, int argc, char **argv,
                                struct pt_error *error)
{
    size_t bytes;
    enum pt_status status = pt_config_load(s->options->config, &s->config, error);
    if (!status && s->config->file)
        status =
            pt_file_read(s->config->file, CONFIG_LIMIT, &s->config_text, &bytes, error);
    else if (!status && !(s->config_text = strdup("")))
        status = pt_no_memory(error, "the configuration");
    if (!status)
        status = join_command(argc, argv, &s->command, error);
    if (!status)
        status = open_log(s, error);
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_binding_set(s->team, s->options->threads, error);
    if (!status)
        status = pt_place_choose(s->team, s->options, s->config, &s->path, error);
    if (!status)
        begin_memory(s);
    return status ? status : pt_team_agree(s->team, name_import(s, error), error);
}

/* ── catalogue ──────────────────────────────────────────────────────────────────── */

/* What a batch of the second pass will need is free for the first one. */
static void share_out(struct state *s)
{
    static const uint64_t blocks = (uint64_t)9 << 20; /* decoded, of each trace */
    uint64_t n = s->catalogue.n_traces, bytes = 0;
    uint64_t batch = s->options->online ? ONLINE_BATCH : s->options->batch;
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
static enum pt_status add_base(struct state *s, struct pt_error *error)
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

static enum pt_status catalogue(struct state *s, struct pt_error *error)
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
    say(s, "Found", s->catalogue.n_traces, "traces");
    if (pt_catalogue_total(&s->catalogue) == 1 && s->team->rank == 0)
        pt_log_warning("one run only: means are written, digits need two runs or more");
    status = pt_stat_plan_create(&s->options->statistics,
                                 pt_catalogue_total(&s->catalogue), &s->plan, error);
    return pt_team_agree(s->team, status, error);
}

/* ── pass 1 ─────────────────────────────────────────────────────────────────────── */

/* Trace i is read by rank i modulo the number of ranks. */
static enum pt_status define(struct state *s, struct pt_trace_reader **readers,
                             struct pt_trace_hashes *hashes, struct pt_error *error)
{
    struct pt_definition_book book;
    enum pt_status status = PT_OK;
    pt_definition_book_begin(&book);
    for (size_t k = 0; !status && k < s->n_skeletons; k++) {
        size_t trace = (size_t)s->team->rank + k * (size_t)s->team->size;
        s->skeletons[k].trace = (uint32_t)trace;
        status =
            pt_trace_reader_open(s->catalogue.traces[trace].path, &readers[k], error);
        if (!status)
            status = pt_definition_book_add(&book, readers[k], &hashes[k], error);
        if (!status && s->n_skeletons > OPEN_TRACES)
            pt_trace_reader_park(readers[k], false);
    }
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_definitions_share(s->team, &book, &s->definitions, error);
    pt_definition_book_free(&book);
    return status;
}

static enum pt_status read_skeletons(struct state *s, struct pt_trace_reader **readers,
                                     struct pt_trace_hashes *hashes,
                                     struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
#pragma omp parallel for schedule(dynamic)
    for (size_t k = 0; k < s->n_skeletons; k++) {
        struct pt_skeleton *skeleton = &s->skeletons[k];
        struct pt_error why = {0};
        uint32_t process = s->catalogue.traces[skeleton->trace].process;
        enum pt_status status =
            pt_skeleton_read(readers[k], &hashes[k], &s->definitions, skeleton, &why);
        pt_trace_reader_park(readers[k], false);
        if (!status && s->catalogue.traces[skeleton->trace].flags & PT_RUN_BASE)
            status = pt_base_skeleton(&s->base, s->catalogue.processes[process].role,
                                      skeleton, &why);
        if (!status)
            status =
                pt_align_keys(skeleton, s->catalogue.processes[process].role, &why);
#pragma omp critical(pt_skeletons)
        if (status && !outcome) {
            outcome = status;
            *error = why;
        }
    }
    return outcome;
}

static enum pt_status pass_one(struct state *s, struct pt_error *error)
{
    size_t size = (size_t)s->team->size, rank = (size_t)s->team->rank;
    size_t n = (s->catalogue.n_traces + size - 1 - rank) / size;
    struct pt_trace_reader **readers =
        pt_memory_get(n + 1, sizeof(struct pt_trace_reader *));
    struct pt_trace_hashes *hashes = pt_memory_get(n + 1, sizeof *hashes);
    uint64_t by_occurrence = 0;
    s->skeletons = pt_memory_get(n + 1, sizeof *s->skeletons);
    s->pivots = pt_memory_get(s->catalogue.n_processes, sizeof *s->pivots);
    enum pt_status status = readers && hashes && s->skeletons && s->pivots
                                ? PT_OK
                                : pt_no_memory(error, "the traces' calls");
    status = pt_team_agree(s->team, status, error);
    if (status)
        goto done;
    s->n_skeletons = n;
    status = define(s, readers, hashes, error);
    if (!status) {
        status = read_skeletons(s, readers, hashes, error);
        status = pt_team_agree(s->team, status, error);
    }
    for (size_t k = 0; !status && k < n; k++)
        s->n_damaged += s->skeletons[k].n_damaged_blocks;
    if (!status)
        status =
            pt_align_pivots(s->team, &s->catalogue, s->skeletons, n, s->pivots, error);
    if (!status)
        status =
            pt_align_match(s->team, &s->catalogue, s->pivots, s->options->alignment,
                           s->skeletons, n, &by_occurrence, error);
    if (!status && by_occurrence && s->team->rank == 0)
        pt_log_warning(
            "%llu callers made calls that differ too much between runs to be "
            "compared in order: they were matched by occurrence",
            (unsigned long long)by_occurrence);
    if (!status)
        status = pt_calls_join(s->team, &s->catalogue, s->pivots, s->skeletons, n,
                               &s->calls, error);
done:
    for (size_t k = 0; k < n && readers && hashes; k++) {
        s->bytes_read += readers[k] ? pt_trace_reader_bytes_read(readers[k]) : 0;
        s->opens += readers[k] ? pt_trace_reader_opens(readers[k]) : 0;
        pt_trace_reader_close(readers[k]);
        pt_trace_hashes_free(&hashes[k]);
    }
    pt_memory_free(readers);
    pt_memory_free(hashes);
    if (!status)
        say(s, "Aligned", s->calls.total, "calls");
    return status;
}

/* ── pass 2 ─────────────────────────────────────────────────────────────────────── */

static enum pt_status pass_two(struct state *s, struct pt_error *error)
{
    struct pt_compute_options options = {
        .batch = s->options->online ? ONLINE_BATCH : s->options->batch,
        .progress = s->team->rank == 0 ? pt_progress_show : NULL,
        .context = &s->progress,
        .tiles = &s->tiles,
        .extra = s->options->extra};
    uint64_t n_damaged = 0;
    enum pt_status status = pt_readers_create(&s->catalogue, &s->readers, error);
    s->readers.sparing = s->options->online;
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_values_read(s->team, &s->calls, &s->readers, s->plan,
                                pt_extra_wanted(&s->options->extra), &s->values, error);
    if (!status)
        status =
            pt_layout_make(s->team, &s->values, s->catalogue.n_runs, &s->layout, error);
    if (!status)
        status = pt_tiles_plan(s->team, &s->values, &s->layout, &s->tiles, error);
    if (!status)
        status = pt_positions_find(s->team, &s->values, &s->positions, error);
    if (!status)
        say(s, "Read", s->values.total, "values");
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
        say(s, "Measured", s->layout.n_elements, "elements");
    return status;
}

/* ── result ─────────────────────────────────────────────────────────────────────── */

static enum pt_status conclude(struct state *s, struct pt_result *result,
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

static void report(struct state *s, const struct pt_result *result)
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
    struct state s = {
        .team = team, .options = options, .traffic.wanted = options->traffic};
    struct pt_result result = {0};
    pt_progress_begin(&s.progress, team->rank == 0, options->quiet);
    enum pt_status status = configure(&s, argc, argv, error);
    if (!status)
        status = catalogue(&s, error);
    if (!status)
        status = pass_one(&s, error);
    if (!status)
        status = pass_two(&s, error);
    if (!status)
        status = conclude(&s, &result, error);
    s.written = s.output ? pt_output_bytes(s.output) : 0;
    status = pt_output_publish(s.output, status, error);
    if (!status) {
        say(&s, "Wrote", pt_team_sum(team, s.written), "bytes");
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
