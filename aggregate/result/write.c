#include "result/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "result/column.h"
#include "schema/schema.h"

enum pt_status pt_result_begin(struct pt_output *output, uint64_t n_elements,
                               const struct pt_extra *extra, struct pt_error *error)
{
    enum pt_status status =
        pt_output_column(output, PT_COLUMN_ELEMENTS_MEAN, n_elements, 1, error);
    if (!status)
        status = pt_output_column(output, PT_COLUMN_ELEMENTS_STD, n_elements, 1, error);
    if (!status)
        status = pt_output_column(output, PT_COLUMN_ELEMENTS_SIG, n_elements, 1, error);
    return status ? status : pt_extra_create(output, extra, n_elements, error);
}

static int64_t now_ns(const struct pt_team *team)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    pt_team_broadcast(team, &ns, sizeof ns);
    return ns;
}

static enum pt_status write_numbers(struct pt_output *output,
                                    const struct pt_result *result,
                                    struct pt_error *error)
{
    const struct pt_stat_options *options = &result->plan->options;
    uint32_t major = PT_RESULT_MAJOR, minor = PT_RESULT_MINOR, ddof = options->ddof;
    uint32_t n_runs = (uint32_t)pt_catalogue_total(result->catalogue),
             has_digits = n_runs > 1;
    uint32_t runs_needed = pt_stat_runs_needed(result->plan);
    uint32_t compat = options->compat, mergeable = result->extra->mergeable;
    int64_t created = now_ns(result->team);
    const struct {
        const char *name;
        enum pt_column_type type;
        const void *value;
    } numbers[] = {
        {"major", PT_COLUMN_U32, &major},
        {"minor", PT_COLUMN_U32, &minor},
        {"created_ns", PT_COLUMN_I64, &created},
        {"n_runs", PT_COLUMN_U32, &n_runs},
        {"probability", PT_COLUMN_F64, &options->probability},
        {"contributing_probability", PT_COLUMN_F64, &options->contributing_probability},
        {"confidence", PT_COLUMN_F64, &options->confidence},
        {"ddof", PT_COLUMN_U32, &ddof},
        {"has_digits", PT_COLUMN_U32, &has_digits},
        {"runs_needed", PT_COLUMN_U32, &runs_needed},
        {"compat", PT_COLUMN_U32, &compat},
        {"mergeable", PT_COLUMN_U32, &mergeable},
    };
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(numbers); i++)
        status = pt_output_number(output, numbers[i].name, numbers[i].type,
                                  numbers[i].value, error);
    return status;
}

static enum pt_status write_texts(struct pt_output *output,
                                  const struct pt_result *result,
                                  struct pt_error *error)
{
    const struct pt_stat_options *options = &result->plan->options;
    const struct {
        const char *name, *text;
    } texts[] = {
        {"format", PT_RESULT_FORMAT},
        {"method", pt_stat_method_name(options->method)},
        {"error", pt_stat_error_name(options->error)},
        {"alignment", result->alignment},
        {"generator", "pytracer-parse " PT_VERSION},
    };
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(texts); i++)
        status = pt_output_text(output, texts[i].name, texts[i].text, error);
    return status;
}

static const char *source_path(const void *context, uint64_t row)
{
    const struct pt_sources *sources = context;
    return ((const struct pt_source *)sources->list.items)[row].path;
}

static enum pt_status write_sources(struct pt_output *output,
                                    const struct pt_result *result,
                                    struct pt_error *error)
{
    static const struct pt_field fields[] = {
        {PT_COLUMN_SOURCES_FIRST, offsetof(struct pt_source, first)},
        {PT_COLUMN_SOURCES_BYTES, offsetof(struct pt_source, bytes)}};
    const struct pt_team *team = result->team;
    const struct pt_sources *sources = result->sources;
    uint64_t n = sources->list.n;
    pt_team_broadcast(team, &n, sizeof n);
    struct pt_items items = {sources->list.items, sizeof(struct pt_source), 0,
                             team->rank == 0 ? n : 0, n};
    enum pt_status status =
        pt_column_fields(output, fields, PT_ARRAY_LENGTH(fields), &items, error);
    if (!status)
        status = pt_column_texts(team, output, PT_COLUMN_SOURCES_PATH, n, source_path,
                                 sources, error);
    if (!status)
        status = pt_column_blob(team, output, PT_COLUMN_SOURCES_TEXT,
                                sources->text.items, sources->text.n, error);
    return status;
}

/* One command line for each time that runs were aggregated. */
static enum pt_status write_command(struct pt_output *output,
                                    const struct pt_result *result,
                                    struct pt_error *error)
{
    const char *before = result->base ? result->base->command : "";
    size_t bytes = strlen(before) + strlen(result->command) + 2;
    char *text = malloc(bytes);
    enum pt_status status = pt_team_agree(
        result->team, text ? PT_OK : pt_no_memory(error, "the command line"), error);
    if (!status) {
        snprintf(text, bytes, "%s%s%s", before, before[0] ? "\n" : "", result->command);
        status = pt_column_blob(result->team, output, PT_COLUMN_META_COMMAND, text,
                                strlen(text), error);
    }
    free(text);
    return status;
}

static enum pt_status write_meta(struct pt_output *output,
                                 const struct pt_result *result, struct pt_error *error)
{
    const struct pt_team *team = result->team;
    size_t bytes;
    const char *schema = pt_result_schema_text(&bytes);
    enum pt_status status =
        pt_column_blob(team, output, PT_COLUMN_META_SCHEMA, schema, bytes, error);
    if (!status)
        status = pt_column_blob(team, output, PT_COLUMN_META_CONFIG, result->config,
                                strlen(result->config), error);
    if (!status)
        status = write_command(output, result, error);
    return status;
}

enum pt_status pt_result_write(struct pt_output *output, const struct pt_result *result,
                               struct pt_error *error)
{
    enum pt_status status = write_numbers(output, result, error);
    if (!status)
        status = write_texts(output, result, error);
    if (!status)
        status = pt_result_write_runs(output, result, error);
    if (!status)
        status = pt_result_write_traces(output, result, error);
    if (!status)
        status = pt_result_write_functions(output, result, error);
    if (!status)
        status = pt_result_write_calls(output, result, error);
    if (!status)
        status = pt_result_write_values(output, result, error);
    if (!status)
        status = pt_tiles_write(output, result->tiles, error);
    if (!status)
        status = pt_positions_write(output, result->positions, error);
    if (!status)
        status = write_sources(output, result, error);
    if (!status)
        status = write_meta(output, result, error);
    return status;
}
