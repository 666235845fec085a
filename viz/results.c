#include "results.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "statistics/plan.h"

enum { MAX_RESULTS = 4096 };

struct pt_viz_results {
    pthread_mutex_t lock; /* guards all below */
    char *directory;      /* NULL: none */
    struct pt_viz_result *items[MAX_RESULTS];
    size_t n, n_named; /* the first n_named were on the command line */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct pt_viz_result *find(const struct pt_viz_results *results, const char *id)
{
    for (size_t i = 0; i < results->n; i++)
        if (strcmp(results->items[i]->id, id) == 0)
            return results->items[i];
    return NULL;
}

static void item_destroy(struct pt_viz_result *item)
{
    if (!item)
        return;
    pt_result_close(item->result);
    free(item->id);
    free(item->path);
    free(item);
}

static enum pt_status add(struct pt_viz_results *results, const char *path,
                          struct pt_viz_result **out, struct pt_error *error)
{
    char id[512];
    const char *base = base_name(path);
    struct pt_viz_result *item = calloc(1, sizeof *item);

    snprintf(id, sizeof id, "%s", base);
    for (int i = 2; find(results, id) && i < 100; i++)
        snprintf(id, sizeof id, "%.500s~%d", base, i);
    if (item) {
        item->id = strdup(id);
        item->path = strdup(path);
        item->reference = PT_RESULT_NONE64;
        item->shown53 = item->shown24 = item->contributing = NAN;
    }
    if (!item || !item->id || !item->path || results->n == MAX_RESULTS) {
        item_destroy(item);
        return pt_error_set(error, PT_E_LIMIT, "no room for another result, %s", path);
    }
    results->items[results->n++] = item;
    if (out)
        *out = item;
    return PT_OK;
}

/* D(n) as the statistics define it, with the options that the result records. */
static void find_limits(struct pt_viz_result *item)
{
    const struct pt_result_about *about = pt_result_about(item->result);
    struct pt_stat_options options = pt_stat_options_default();
    struct pt_stat_plan *plan = NULL;

    options.probability = about->probability;
    options.contributing_probability = about->contributing_probability;
    options.confidence = about->confidence;
    options.ddof = about->ddof;
    if (about->n_runs < 2 || about->n_runs > 1000000 ||
        pt_stat_plan_create(&options, about->n_runs, &plan, NULL) != PT_OK)
        return;
    item->shown53 = pt_stat_limit(plan, about->n_runs, 53);
    item->shown24 = pt_stat_limit(plan, about->n_runs, 24);
    if (strcmp(about->method, "cnh") == 0)
        item->contributing =
            plan->delta[about->n_runs] - plan->delta_contributing[about->n_runs];
    pt_stat_plan_destroy(plan);
}

/* A reference run is the last row of runs/. */
static enum pt_status find_reference(struct pt_viz_result *item, struct pt_error *error)
{
    uint64_t rows = pt_result_rows(item->result, PT_COLUMN_RUNS_FLAGS);
    uint32_t flags = 0;
    enum pt_status status = PT_OK;

    if (rows > 0)
        status =
            pt_result_u32(item->result, PT_COLUMN_RUNS_FLAGS, rows - 1, &flags, error);
    if (status == PT_OK && (flags & PT_RUN_REFERENCE))
        item->reference = rows - 1;
    return status;
}

static enum pt_status open_item(struct pt_viz_result *item, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    if (!item->result) {
        status = pt_result_open(item->path, &item->result, error);
        if (status == PT_OK)
            status = find_reference(item, error);
        if (status == PT_OK)
            find_limits(item);
        if (status != PT_OK) {
            pt_result_close(item->result);
            item->result = NULL;
        }
    }
    return status;
}

static bool is_result_name(const char *name)
{
    size_t n = strlen(name);
    return n > 3 && name[0] != '.' && strcmp(name + n - 3, ".h5") == 0;
}

/* New files of the folder join the list; ones that went stay as long as they are open.
 */
static void scan(struct pt_viz_results *results)
{
    DIR *folder = results->directory ? opendir(results->directory) : NULL;
    struct dirent *entry = NULL;

    while (folder && (entry = readdir(folder))) {
        char path[4096];
        struct stat st;
        if (!is_result_name(entry->d_name))
            continue;
        int n = snprintf(path, sizeof path, "%s/%s", results->directory, entry->d_name);
        bool known = false;
        for (size_t i = 0; i < results->n && !known; i++)
            known = strcmp(results->items[i]->path, path) == 0;
        if (!known && n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 &&
            S_ISREG(st.st_mode) && add(results, path, NULL, NULL) != PT_OK)
            break;
    }
    if (folder)
        closedir(folder);
}

/* F as it is given, else inside the folder. */
static enum pt_status add_named(struct pt_viz_results *results, const char *name,
                                struct pt_error *error)
{
    struct pt_viz_result *item = NULL;
    struct stat st;
    char path[4096];

    snprintf(path, sizeof path, "%s", name);
    if (stat(path, &st) != 0 && results->directory && name[0] != '/')
        snprintf(path, sizeof path, "%s/%s", results->directory, name);
    if (stat(path, &st) != 0)
        return pt_error_set(error, PT_E_MISSING, "no such result: %s%s%s", name,
                            results->directory ? ", neither here nor in " : "",
                            results->directory ? results->directory : "");
    enum pt_status status = add(results, path, &item, error);
    return status == PT_OK ? open_item(item, error) : status;
}

/* The newest of those in the folder goes first. */
static void newest_first(struct pt_viz_results *results)
{
    size_t best = results->n_named;
    struct timespec best_time = {0, 0};

    for (size_t i = results->n_named; i < results->n; i++) {
        struct stat st;
        if (stat(results->items[i]->path, &st) == 0 &&
            (st.st_mtim.tv_sec > best_time.tv_sec ||
             (st.st_mtim.tv_sec == best_time.tv_sec &&
              st.st_mtim.tv_nsec > best_time.tv_nsec))) {
            best = i;
            best_time = st.st_mtim;
        }
    }
    if (best < results->n) {
        struct pt_viz_result *item = results->items[best];
        memmove(results->items + results->n_named + 1,
                results->items + results->n_named,
                (best - results->n_named) * sizeof *results->items);
        results->items[results->n_named] = item;
    }
}

/* The folder of results in the cache that the configuration names; the caller frees. */
static enum pt_status cache_folder(char **folder, struct pt_error *error)
{
    struct pt_config *config = NULL;
    enum pt_status status = pt_config_load(NULL, &config, error);
    if (status != PT_OK)
        return status;
    *folder = pt_config_cache_folder(config, "stats");
    pt_config_destroy(config);
    return *folder ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory");
}

static enum pt_status fill(struct pt_viz_results *results,
                           const struct pt_viz_options *options, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct stat st;

    if (options->directory)
        results->directory = strdup(options->directory);
    else if (options->n_filenames == 0)
        status = cache_folder(&results->directory, error);
    if (status == PT_OK && options->directory && !results->directory)
        status = pt_error_set(error, PT_E_MEMORY, "no memory");
    if (status == PT_OK && results->directory &&
        (stat(results->directory, &st) != 0 || !S_ISDIR(st.st_mode)))
        status = pt_error_set(error, PT_E_MISSING,
                              "no folder %s: name a result with --filename F",
                              results->directory);
    for (size_t i = 0; status == PT_OK && i < options->n_filenames; i++)
        status = add_named(results, options->filenames[i], error);
    results->n_named = results->n;
    if (status == PT_OK) {
        scan(results);
        newest_first(results);
    }
    if (status == PT_OK && results->n == 0)
        status = pt_error_set(error, PT_E_MISSING,
                              "no results (*.h5) in %s: run pytracer parse first",
                              results->directory);
    return status;
}

/* Of a folder, the first that can be read comes first; the others stay in the list, and
 * say what is wrong when they are asked for. */
static enum pt_status open_any(struct pt_viz_results *results, struct pt_error *error)
{
    enum pt_status status = PT_E_MISSING;
    for (size_t i = 0; status != PT_OK && i < results->n; i++) {
        status = open_item(results->items[i], error);
        if (status == PT_OK) {
            struct pt_viz_result *item = results->items[i];
            memmove(results->items + 1, results->items, i * sizeof *results->items);
            results->items[0] = item;
        }
    }
    return status;
}

enum pt_status pt_viz_results_create(const struct pt_viz_options *options,
                                     struct pt_viz_results **out,
                                     struct pt_error *error)
{
    struct pt_viz_results *results = calloc(1, sizeof *results);
    if (!results)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    pthread_mutex_init(&results->lock, NULL);
    enum pt_status status = fill(results, options, error);
    if (status == PT_OK && results->n_named == 0)
        status = open_any(results, error);
    if (status == PT_OK)
        *out = results;
    else
        pt_viz_results_destroy(results);
    return status;
}

void pt_viz_results_destroy(struct pt_viz_results *results)
{
    if (!results)
        return;
    for (size_t i = 0; i < results->n; i++)
        item_destroy(results->items[i]);
    free(results->directory);
    pthread_mutex_destroy(&results->lock);
    free(results);
}

enum pt_status pt_viz_results_get(struct pt_viz_results *results, const char *id,
                                  const struct pt_viz_result **out,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;

    pthread_mutex_lock(&results->lock);
    struct pt_viz_result *item = id ? find(results, id) : results->items[0];
    if (!item) {
        scan(results);
        item = find(results, id);
    }
    if (item)
        status = open_item(item, error);
    else
        status =
            pt_error_set(error, PT_E_MISSING, "no result of that name is shown here");
    if (status == PT_OK)
        *out = item;
    pthread_mutex_unlock(&results->lock);
    return status;
}

void pt_viz_results_each(struct pt_viz_results *results,
                         bool (*each)(void *context,
                                      const struct pt_viz_result *result),
                         void *context)
{
    pthread_mutex_lock(&results->lock);
    scan(results);
    for (size_t i = 0; i < results->n; i++)
        if (!each(context, results->items[i]))
            break;
    pthread_mutex_unlock(&results->lock);
}

bool pt_viz_results_watched(const struct pt_viz_results *results)
{
    return results->directory != NULL;
}
