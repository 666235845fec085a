#include "run/versions.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"

static const char *const keys[] = {"tracer.version", "python.version",  "numpy.version",
                                   "scipy.version",  "sklearn.version", "blas.library",
                                   "blas.kernel",    "cpu.model"};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the versions");
}

static int select_trace(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return end && strcmp(end, PT_TRACE_SUFFIX) == 0;
}

/* The first by name; NULL: none. The caller frees it. */
static char *first_trace(const struct pt_experiment *e)
{
    const char *folder_name = pt_experiment_run_folder(PT_PLACE_FIRST);
    char *folder = pt_experiment_path(e, "%s", folder_name), *path = NULL;
    struct dirent **entries = NULL;
    int n = folder ? scandir(folder, &entries, select_trace, alphasort) : -1;

    if (n > 0)
        path = pt_experiment_path(e, "%s/%s", folder_name, entries[0]->d_name);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    free(folder);
    return path;
}

static enum pt_status note(struct pt_experiment *e,
                           const struct pt_trace_reader *reader, struct pt_error *error)
{
    e->versions = calloc(PT_ARRAY_LENGTH(keys), sizeof *e->versions);
    if (e->versions == NULL)
        return no_memory(error);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(keys); i++) {
        const char *value = pt_trace_reader_meta(reader, keys[i], NULL);

        if (value == NULL)
            continue;
        if (asprintf(&e->versions[e->n_versions], "%s=%s", keys[i], value) < 0)
            return no_memory(error);
        e->n_versions++;
    }
    return PT_OK;
}

enum pt_status pt_run_versions(struct pt_experiment *experiment, struct pt_error *error)
{
    struct pt_trace_reader *reader = NULL;
    char *path = experiment->n_versions ? NULL : first_trace(experiment);
    enum pt_status status = PT_OK;

    if (path && pt_trace_reader_open(path, &reader, NULL) == PT_OK)
        status = note(experiment, reader, error);
    pt_trace_reader_close(reader);
    free(path);
    return status;
}
