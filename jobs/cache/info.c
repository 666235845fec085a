/* pytracer info: what is in the cache, or in one file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "front/commands.h"
#include "config.h"
#include "inspect/inspect.h"
#include "cache/listing_print.h"
#include "front/options.h"
#include "result/show.h"
#include "result/traces.h"

enum { DIRECTORY = 1, TRACE, AGGREGATION, JSON, DUMP, VERIFY, CONFIG, HELP };

static const struct pt_option table[] = {
    {"directory", 0, 1, DIRECTORY},
    {"trace", 0, 0, TRACE},
    {"aggregation", 0, 0, AGGREGATION},
    {"json", 0, 0, JSON},
    {"dump", 0, 0, DUMP},
    {"verify", 0, 0, VERIFY},
    {"config", 0, 1, CONFIG},
    {"help", 'h', 0, HELP},
};

struct wishes {
    const char *directory, *config, *file;
    bool trace, aggregation, json, dump, verify, help;
};

static enum pt_status take(int id, const char *value, struct wishes *w,
                           struct pt_error *error)
{
    switch (id) {
    case DIRECTORY:
        w->directory = value;
        break;
    case CONFIG:
        w->config = value;
        break;
    case TRACE:
        w->trace = true;
        break;
    case AGGREGATION:
        w->aggregation = true;
        break;
    case JSON:
        w->json = true;
        break;
    case DUMP:
        w->dump = true;
        break;
    case VERIFY:
        w->verify = true;
        break;
    case HELP:
        w->help = true;
        break;
    case PT_OPTIONS_ARGUMENT:
        if (w->file)
            return pt_error_set(error, PT_E_USAGE, "one file at a time, not also '%s'",
                                value);
        w->file = value;
        break;
    default:
        return PT_E_USAGE;
    }
    return PT_OK;
}

static enum pt_status read_wishes(int argc, char **argv, struct wishes *w,
                                  struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    enum pt_status status = PT_OK;
    int id;

    while (status == PT_OK && (id = pt_options_next(&o, error)) != PT_OPTIONS_END)
        status = take(id, o.value, w, error);
    if (status != PT_OK || w->help)
        return status;
    if (w->file && ((w->directory && !w->verify) || w->trace || w->aggregation))
        return pt_error_set(error, PT_E_USAGE,
                            "a file and --directory, --trace or --aggregation exclude "
                            "each other");
    if ((w->dump || w->verify) && !w->file)
        return pt_error_set(error, PT_E_USAGE, "%s needs the name of a file",
                            w->dump ? "--dump" : "--verify");
    if (w->verify && (w->dump || w->json))
        return pt_error_set(error, PT_E_USAGE,
                            "--verify and --dump or --json exclude each other");
    if (!w->trace && !w->aggregation)
        w->trace = w->aggregation = !w->file;
    return PT_OK;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where traces and results are: the folders of the configured cache; those of the cache
 * `directory`; or `directory` itself. The caller frees both. */
static enum pt_status find_folders(const struct wishes *w,
                                   const struct pt_config *config, char **traces,
                                   char **stats, struct pt_error *error)
{
    *traces = *stats = NULL;
    if (w->directory == NULL) {
        *traces = pt_config_cache_folder(config, "traces");
        *stats = pt_config_cache_folder(config, "stats");
    } else {
        if (!is_folder(w->directory)) {
            return pt_error_set(error, PT_E_MISSING, "there is no folder %s",
                                w->directory);
        }
        if (asprintf(traces, "%s/%s", w->directory, config->io.cache.traces) < 0)
            *traces = NULL;
        if (asprintf(stats, "%s/%s", w->directory, config->io.cache.stats) < 0)
            *stats = NULL;
        if (*traces && *stats && !is_folder(*traces) && !is_folder(*stats)) {
            free(*traces);
            free(*stats);
            *traces = strdup(w->directory);
            *stats = strdup(w->directory);
        }
    }
    return *traces && *stats ? PT_OK
                             : pt_error_set(error, PT_E_MEMORY, "no memory for a path");
}

static enum pt_status print_json(const struct wishes *w,
                                 const struct pt_listing *traces,
                                 const struct pt_listing *results,
                                 struct pt_error *error)
{
    cJSON *root = cJSON_CreateObject();
    char *text = NULL;

    if (w->trace)
        cJSON_AddItemToObject(root, "traces", pt_listing_json(traces));
    if (w->aggregation)
        cJSON_AddItemToObject(root, "results", pt_listing_json(results));
    text = cJSON_Print(root);
    if (text)
        puts(text);
    cJSON_free(text);
    cJSON_Delete(root);
    return text ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory for the JSON");
}

static enum pt_status list(const struct wishes *w, struct pt_error *error)
{
    struct pt_config *config = NULL;
    struct pt_listing traces = {0}, results = {0};
    char *trace_folder = NULL, *stats_folder = NULL;
    enum pt_status status = pt_config_load(w->config, &config, error);

    if (status == PT_OK)
        status = find_folders(w, config, &trace_folder, &stats_folder, error);
    if (status == PT_OK && w->trace)
        status = pt_listing_traces(trace_folder, &traces, error);
    if (status == PT_OK && w->aggregation)
        status = pt_listing_results(stats_folder, &results, error);
    if (status == PT_OK && w->json) {
        status = print_json(w, &traces, &results, error);
    } else if (status == PT_OK) {
        if (w->trace)
            pt_listing_print_traces(stdout, &traces);
        if (w->aggregation)
            pt_listing_print_results(stdout, &results);
    }
    pt_listing_destroy(&traces);
    pt_listing_destroy(&results);
    free(trace_folder);
    free(stats_folder);
    pt_config_destroy(config);
    return status;
}

/* For programs the trace's entry of the listing, for people the whole of it. */
static enum pt_status describe_trace(const struct wishes *w, struct pt_error *error)
{
    struct pt_listing one = {0};
    const struct wishes trace = {.trace = true};
    enum pt_status status;

    if (w->verify)
        return pt_inspect_verify(stdout, w->file, error);
    if (!w->json)
        return pt_inspect_trace(stdout, w->file, w->dump, error);
    status = pt_listing_trace_file(w->file, &one, error);
    if (status == PT_OK)
        status = print_json(&trace, &one, &one, error);
    pt_listing_destroy(&one);
    return status;
}

/* HDF5 says what it is in its first bytes; everything else is for the trace reader to
 * know or to refuse. */
static enum pt_status describe(const struct wishes *w, struct pt_error *error)
{
    static const char hdf5[8] = "\x89HDF\r\n\x1a\n";
    char head[8] = "";
    FILE *file = fopen(w->file, "rb");
    size_t n;

    if (file == NULL)
        return pt_error_sys(error, "cannot open %s", w->file);
    n = fread(head, 1, sizeof head, file);
    fclose(file);
    if (n != sizeof head || memcmp(head, hdf5, sizeof head) != 0)
        return describe_trace(w, error);
    if (w->dump)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%s is a result; --dump is for traces", w->file);
    if (w->verify)
        return pt_result_verify(stdout, w->file, w->directory, error);
    return pt_show_result(w->file, w->json, error);
}

int pt_front_info(int argc, char **argv)
{
    struct wishes w = {0};
    struct pt_error error = {0};
    enum pt_status status = read_wishes(argc, argv, &w, &error);

    if (status == PT_OK && w.help)
        fputs(pt_help_info, stdout);
    else if (status == PT_OK)
        status = w.file ? describe(&w, &error) : list(&w, &error);
    if (status == PT_OK)
        return 0;
    fprintf(stderr, "pytracer info: %s\n", error.text);
    return status == PT_E_USAGE ? 2 : 1;
}
