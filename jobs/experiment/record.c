#include "experiment/record.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VERSION = 1, MOST_RUNS = 1000000 };

static const char *const states[] = {"waiting", "done", "failed", "timed out",
                                     "stopped"};

const char *pt_run_state_name(enum pt_run_state state)
{
    return states[state];
}

bool pt_run_state_find(const char *name, enum pt_run_state *state)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(states); i++) {
        if (strcmp(name, states[i]) == 0) {
            *state = (enum pt_run_state)i;
            return true;
        }
    }
    return false;
}

static cJSON *add_u64(cJSON *to, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, value);
    return cJSON_AddStringToObject(to, name, text);
}

static cJSON *add_text(cJSON *to, const char *name, const char *text)
{
    return text ? cJSON_AddStringToObject(to, name, text)
                : cJSON_AddNullToObject(to, name);
}

static bool add_run(cJSON *item, const struct pt_run *run)
{
    return add_u64(item, "seed", run->seed) &&
           cJSON_AddStringToObject(item, "state", states[run->state]) &&
           cJSON_AddNumberToObject(item, "exit_status", run->exit_status) &&
           cJSON_AddNumberToObject(item, "signal", run->signal) &&
           cJSON_AddNumberToObject(item, "seconds", run->seconds);
}

static bool add_runs(cJSON *root, const struct pt_experiment *e)
{
    cJSON *runs = cJSON_AddArrayToObject(root, "runs");

    for (size_t i = 0; runs && i < e->n_runs; i++) {
        cJSON *item = cJSON_CreateObject();

        if (!cJSON_AddItemToArray(runs, item)) {
            cJSON_Delete(item);
            return false;
        }
        if (!cJSON_AddNumberToObject(item, "run", (double)(i + 1)) ||
            !add_run(item, &e->runs[i]))
            return false;
    }
    return runs != NULL;
}

/* "reference" and "control": like a run, or null. */
static bool add_extras(cJSON *root, const struct pt_experiment *e)
{
    for (size_t place = 0; place < PT_PLACE_FIRST; place++) {
        const char *name = pt_experiment_run_folder(place);
        cJSON *item = e->extra[place].wanted ? cJSON_AddObjectToObject(root, name)
                                             : cJSON_AddNullToObject(root, name);

        if (item == NULL ||
            (e->extra[place].wanted && !add_run(item, &e->extra[place])))
            return false;
    }
    return true;
}

/* The lists of "key=value" as an object. */
static bool add_versions(cJSON *root, const struct pt_experiment *e)
{
    cJSON *versions = cJSON_AddObjectToObject(root, "versions");

    for (size_t i = 0; versions && i < e->n_versions; i++) {
        char *key = strdup(e->versions[i]);
        char *value = key ? strchr(key, '=') : NULL;

        if (value)
            *value++ = '\0';
        bool added = value && cJSON_AddStringToObject(versions, key, value);
        free(key);
        if (!added)
            return false;
    }
    return versions != NULL;
}

static bool add_words(cJSON *root, const char *name, char *const *words, size_t n)
{
    cJSON *list = n ? cJSON_CreateStringArray((const char *const *)words, (int)n)
                    : cJSON_CreateArray();

    if (cJSON_AddItemToObject(root, name, list))
        return true;
    cJSON_Delete(list);
    return false;
}

char *pt_record_format(const struct pt_experiment *e)
{
    cJSON *root = cJSON_CreateObject();
    time_t when = (time_t)(e->created_ns / 1000000000);
    struct tm tm;
    char date[32] = "", *text = NULL;

    if (gmtime_r(&when, &tm))
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (root && cJSON_AddStringToObject(root, "format", "pytracer-experiment") &&
        cJSON_AddNumberToObject(root, "version", VERSION) &&
        cJSON_AddStringToObject(root, "generator", PT_VERSION) &&
        cJSON_AddStringToObject(root, "id", e->id) &&
        cJSON_AddStringToObject(root, "created", date) &&
        add_u64(root, "created_ns", (uint64_t)e->created_ns) &&
        add_u64(root, "seed", e->seed) &&
        cJSON_AddStringToObject(root, "directory", e->directory) &&
        add_text(root, "python", e->python) &&
        add_words(root, "command", e->command, e->n_command) &&
        add_words(root, "jobs", e->jobs, e->n_jobs) && add_versions(root, e) &&
        cJSON_AddNumberToObject(root, "timeout", e->timeout) &&
        cJSON_AddNumberToObject(root, "threads", e->threads) &&
        add_text(root, "result", e->result) && add_extras(root, e) && add_runs(root, e))
        text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

/* What is missing or of another type is noted in *bad and read as nothing. */
struct record {
    const cJSON *root;
    const char *bad;
};

static char *take_text(struct record *r, const char *name, bool nullable)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(r->root, name);
    char *copy = NULL;

    if (cJSON_IsString(item))
        copy = strdup(item->valuestring);
    if (copy == NULL && !(nullable && (item == NULL || cJSON_IsNull(item))))
        r->bad = name;
    return copy;
}

static double take_number(struct record *r, const cJSON *from, const char *name,
                          double least, double most)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, name);

    if (cJSON_IsNumber(item) && item->valuedouble >= least && item->valuedouble <= most)
        return item->valuedouble;
    r->bad = name;
    return least;
}

static uint64_t take_u64(struct record *r, const cJSON *from, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, name);
    char *end = NULL;
    uint64_t value = 0;

    errno = 0;
    if (cJSON_IsString(item) && item->valuestring[0] >= '0' &&
        item->valuestring[0] <= '9')
        value = strtoull(item->valuestring, &end, 10);
    if (end == NULL || *end != '\0' || errno != 0)
        r->bad = name;
    return value;
}

/* A list of texts, ended by NULL. */
static void take_words(struct record *r, const char *name, char ***words, size_t *n)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(r->root, name), *item;
    int size = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;

    *words = size >= 0 ? calloc((size_t)size + 1, sizeof **words) : NULL;
    if (*words == NULL) {
        r->bad = name;
        return;
    }
    cJSON_ArrayForEach(item, list)
    {
        char *word = cJSON_IsString(item) ? strdup(item->valuestring) : NULL;
        if (word == NULL) {
            r->bad = name;
            return;
        }
        (*words)[(*n)++] = word;
    }
}

static void take_versions(struct record *r, struct pt_experiment *e)
{
    const cJSON *all = cJSON_GetObjectItemCaseSensitive(r->root, "versions"), *item;
    int n = cJSON_IsObject(all) ? cJSON_GetArraySize(all) : 0;

    if (n == 0)
        return;
    e->versions = calloc((size_t)n, sizeof *e->versions);
    cJSON_ArrayForEach(item, all)
    {
        char *text = NULL;

        if (e->versions == NULL || !cJSON_IsString(item) ||
            asprintf(&text, "%s=%s", item->string, item->valuestring) < 0) {
            r->bad = "versions";
            return;
        }
        e->versions[e->n_versions++] = text;
    }
}

static void take_run(struct record *r, const cJSON *item, struct pt_run *run)
{
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(item, "state");

    run->wanted = true;
    run->seed = take_u64(r, item, "seed");
    run->exit_status = (int)take_number(r, item, "exit_status", -1, 255);
    run->signal = (int)take_number(r, item, "signal", 0, 128);
    run->seconds = take_number(r, item, "seconds", 0, 1e12);
    if (!cJSON_IsString(state) || !pt_run_state_find(state->valuestring, &run->state))
        r->bad = "state";
}

static void take_extras(struct record *r, struct pt_experiment *e)
{
    for (size_t place = 0; place < PT_PLACE_FIRST; place++) {
        const cJSON *item =
            cJSON_GetObjectItemCaseSensitive(r->root, pt_experiment_run_folder(place));

        if (cJSON_IsObject(item))
            take_run(r, item, &e->extra[place]);
    }
}

static void take_runs(struct record *r, struct pt_experiment *e)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(r->root, "runs"), *item;
    int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;

    e->runs = n > 0 && n <= MOST_RUNS ? calloc((size_t)n, sizeof *e->runs) : NULL;
    if (e->runs == NULL) {
        r->bad = "runs";
        return;
    }
    cJSON_ArrayForEach(item, list)
    {
        take_run(r, item, &e->runs[e->n_runs++]);
    }
}

static void take_all(struct record *r, struct pt_experiment *e)
{
    e->id = take_text(r, "id", false);
    e->created_ns = (int64_t)take_u64(r, r->root, "created_ns");
    e->seed = take_u64(r, r->root, "seed");
    e->directory = take_text(r, "directory", false);
    e->python = take_text(r, "python", true);
    take_words(r, "command", &e->command, &e->n_command);
    if (e->n_command == 0)
        r->bad = "command";
    take_words(r, "jobs", &e->jobs, &e->n_jobs);
    take_versions(r, e);
    e->timeout = take_number(r, r->root, "timeout", 0, 1e12);
    e->threads = (uint32_t)take_number(r, r->root, "threads", 1, 1e6);
    e->result = take_text(r, "result", true);
    take_extras(r, e);
    take_runs(r, e);
    if (e->result && strchr(e->result, '/'))
        r->bad = "result";
}

static enum pt_status check_format(const cJSON *root, const char *path,
                                   struct pt_error *error)
{
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "version");

    if (!cJSON_IsString(format) ||
        strcmp(format->valuestring, "pytracer-experiment") != 0)
        return pt_error_set(error, PT_E_FORMAT, "%s is not an experiment of pytracer",
                            path);
    if (!cJSON_IsNumber(version) || version->valuedouble != VERSION)
        return pt_error_set(error, PT_E_VERSION, "%s is of another version of pytracer",
                            path);
    return PT_OK;
}

enum pt_status pt_record_parse(const char *text, const char *path,
                               struct pt_experiment **experiment,
                               struct pt_error *error)
{
    cJSON *root = cJSON_Parse(text);
    struct record r = {root, NULL};
    struct pt_experiment *made = NULL;
    enum pt_status status = check_format(root, path, error);

    *experiment = NULL;
    if (status != PT_OK)
        goto done;
    made = calloc(1, sizeof *made);
    if (made == NULL) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for the experiment");
        goto done;
    }
    take_all(&r, made);
    if (r.bad)
        status = pt_error_set(error, PT_E_FORMAT, "%s: '%s' is missing or wrong", path,
                              r.bad);
done:
    cJSON_Delete(root);
    if (status == PT_OK)
        *experiment = made;
    else
        pt_experiment_destroy(made);
    return status;
}
