#include "experiment/experiment.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "experiment/record.h"

enum { RECORD_LIMIT = 256 << 20 };

static const char *const subfolders[] = {"traces", "failed",    "work",
                                         "logs",   "stats",     "sources",
                                         "status", "reference", "control"};

uint64_t pt_experiment_seed(uint64_t seed, uint64_t number)
{
    uint64_t state = seed + number;

    return pt_splitmix64(&state);
}

struct pt_run *pt_experiment_run(struct pt_experiment *experiment, size_t place)
{
    return place < PT_PLACE_FIRST ? &experiment->extra[place]
                                  : &experiment->runs[place - PT_PLACE_FIRST];
}

void pt_experiment_run_name(size_t place, char name[PT_RUN_NAME])
{
    if (place < PT_PLACE_FIRST)
        snprintf(name, PT_RUN_NAME, "%s", pt_experiment_run_folder(place));
    else
        snprintf(name, PT_RUN_NAME, "run-%04zu", place - PT_PLACE_FIRST + 1);
}

const char *pt_experiment_run_folder(size_t place)
{
    return place == PT_PLACE_REFERENCE ? "reference"
           : place == PT_PLACE_CONTROL ? "control"
                                       : "traces";
}

char *pt_experiment_path(const struct pt_experiment *experiment, const char *format,
                         ...)
{
    char *inside = NULL, *path = NULL;
    va_list args;

    va_start(args, format);
    int n = vasprintf(&inside, format, args);
    va_end(args);
    if (n < 0)
        return NULL;
    if (asprintf(&path, "%s/%s", experiment->folder, inside) < 0)
        path = NULL;
    free(inside);
    return path;
}

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the experiment");
}

/* Nothing that was there before may be taken for, or mixed with, the experiment. */
static enum pt_status check_empty(const struct pt_experiment *experiment,
                                  struct pt_error *error)
{
    const char *folder = experiment->folder;
    char *record = pt_experiment_path(experiment, "experiment.json");
    bool ours = record && access(record, F_OK) == 0;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    size_t n = 0;

    free(record);
    if (dir == NULL)
        return pt_error_sys(error, "cannot read the folder %s", folder);
    while ((entry = readdir(dir)) != NULL)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    if (ours)
        return pt_error_set(error, PT_E_EXISTS,
                            "%s holds an experiment already: give another folder, or "
                            "continue it with --resume",
                            folder);
    if (n > 0)
        return pt_error_set(
            error, PT_E_EXISTS,
            "the folder %s is not empty: an experiment needs one of its "
            "own",
            folder);
    return PT_OK;
}

static enum pt_status make_subfolders(const struct pt_experiment *experiment,
                                      struct pt_error *error)
{
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(subfolders) && status == PT_OK; i++) {
        char *path = pt_experiment_path(experiment, "%s", subfolders[i]);

        status = path ? pt_folder_create(path, error) : no_memory(error);
        free(path);
    }
    return status;
}

enum pt_status pt_experiment_create(struct pt_experiment *experiment,
                                    struct pt_error *error)
{
    enum pt_status status = pt_folder_create(experiment->folder, error);

    if (status == PT_OK)
        status = check_empty(experiment, error);
    if (status == PT_OK) {
        char *full = realpath(experiment->folder, NULL);
        if (full == NULL)
            return pt_error_sys(error, "cannot find the folder %s", experiment->folder);
        free(experiment->folder);
        experiment->folder = full;
        status = make_subfolders(experiment, error);
    }
    if (status == PT_OK)
        status = pt_experiment_write(experiment, error);
    return status;
}

enum pt_status pt_experiment_write(const struct pt_experiment *experiment,
                                   struct pt_error *error)
{
    char *path = pt_experiment_path(experiment, "experiment.json");
    char *text = pt_record_format(experiment);
    enum pt_status status = path && text
                                ? pt_file_write(path, text, strlen(text), error)
                                : no_memory(error);

    free(path);
    free(text);
    return status;
}

enum pt_status pt_experiment_read(const char *folder, struct pt_experiment **experiment,
                                  struct pt_error *error)
{
    char *full = realpath(folder, NULL), *path = NULL, *text = NULL;
    size_t bytes = 0;
    enum pt_status status;

    *experiment = NULL;
    if (full == NULL)
        return pt_error_sys(error, "no experiment %s", folder);
    if (asprintf(&path, "%s/experiment.json", full) < 0) {
        free(full);
        return no_memory(error);
    }
    if (access(path, F_OK) != 0) {
        status = pt_error_set(error, PT_E_MISSING,
                              "%s holds no experiment (no experiment.json)", folder);
        goto done;
    }
    status = pt_file_read(path, RECORD_LIMIT, &text, &bytes, error);
    if (status == PT_OK)
        status = pt_record_parse(text, path, experiment, error);
    if (status == PT_OK) {
        (*experiment)->folder = full;
        full = NULL;
        status = make_subfolders(*experiment, error);
    }
done:
    if (status != PT_OK) {
        pt_experiment_destroy(*experiment);
        *experiment = NULL;
    }
    free(full);
    free(path);
    free(text);
    return status;
}

void pt_experiment_destroy(struct pt_experiment *experiment)
{
    if (experiment == NULL)
        return;
    for (size_t i = 0; i < experiment->n_command; i++)
        free(experiment->command[i]);
    free(experiment->command);
    free(experiment->folder);
    free(experiment->id);
    free(experiment->directory);
    free(experiment->python);
    free(experiment->runs);
    free(experiment->result);
    for (size_t i = 0; i < experiment->n_jobs; i++)
        free(experiment->jobs[i]);
    free(experiment->jobs);
    for (size_t i = 0; i < experiment->n_versions; i++)
        free(experiment->versions[i]);
    free(experiment->versions);
    free(experiment);
}
