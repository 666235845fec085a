#include "run/traces.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for a path");
}

/* work/<name>; the caller frees it. */
static char *work_path(const struct pt_experiment *e, size_t place)
{
    char name[PT_RUN_NAME];

    pt_experiment_run_name(place, name);
    return pt_experiment_path(e, "work/%s", name);
}

/* Renames the folder `work` to the first failed/<name>[.k] that is free. An empty one
 * is removed instead. */
static enum pt_status put_apart(const struct pt_experiment *e, size_t place,
                                const char *work, struct pt_error *error)
{
    char name[PT_RUN_NAME];

    if (rmdir(work) == 0 || errno == ENOENT)
        return PT_OK;
    pt_experiment_run_name(place, name);
    for (unsigned k = 1; k < 10000; k++) {
        char *to = k == 1 ? pt_experiment_path(e, "failed/%s", name)
                          : pt_experiment_path(e, "failed/%s.%u", name, k);
        int failed;

        if (to == NULL)
            return no_memory(error);
        failed = access(to, F_OK) == 0 ? EEXIST : rename(work, to) == 0 ? 0 : errno;
        free(to);
        if (failed == 0)
            return PT_OK;
        if (failed != EEXIST && failed != ENOTEMPTY) {
            errno = failed;
            break;
        }
    }
    return pt_error_sys(error, "cannot put %s apart", work);
}

enum pt_status pt_run_traces_reject(const struct pt_experiment *e, size_t place,
                                    struct pt_error *error)
{
    char *work = work_path(e, place);
    enum pt_status status = work ? put_apart(e, place, work, error) : no_memory(error);

    free(work);
    return status;
}

enum pt_status pt_run_traces_prepare(const struct pt_experiment *e, size_t place,
                                     struct pt_error *error)
{
    char *work = work_path(e, place);
    enum pt_status status = work ? put_apart(e, place, work, error) : no_memory(error);

    if (status == PT_OK)
        status = pt_folder_create(work, error);
    free(work);
    return status;
}

static bool is_sealed(const char *name)
{
    size_t n = strlen(name);

    return n > 6 && strcmp(name + n - 6, ".trace") == 0;
}

static enum pt_status keep_one(const struct pt_experiment *e, const char *work,
                               const char *folder, const char *name, size_t *n,
                               struct pt_error *error)
{
    char *from = NULL, *to = pt_experiment_path(e, "%s/%s", folder, name);
    enum pt_status status = PT_OK;

    if (asprintf(&from, "%s/%s", work, name) < 0)
        from = NULL;
    if (from == NULL || to == NULL)
        status = no_memory(error);
    else if (rename(from, to) != 0)
        status = pt_error_sys(error, "cannot move %s to %s", from, to);
    else
        (*n)++;
    free(from);
    free(to);
    return status;
}

enum pt_status pt_run_traces_keep(const struct pt_experiment *e, size_t place,
                                  size_t *n, struct pt_error *error)
{
    char *work = work_path(e, place);
    DIR *dir = work ? opendir(work) : NULL;
    const struct dirent *entry;
    enum pt_status status = PT_OK;

    *n = 0;
    if (work == NULL)
        return no_memory(error);
    if (dir == NULL) {
        status = pt_error_sys(error, "cannot read %s", work);
        free(work);
        return status;
    }
    while (status == PT_OK && (entry = readdir(dir)) != NULL) {
        if (is_sealed(entry->d_name))
            status = keep_one(e, work, pt_experiment_run_folder(place), entry->d_name,
                              n, error);
    }
    closedir(dir);
    if (status == PT_OK)
        status = put_apart(e, place, work, error);
    free(work);
    return status;
}
