#include "catalogue/internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* NAME.trace.part is left out where NAME.trace is there too: it was being renamed. */
static bool is_trace(const char *name)
{
    return ends_with(name, PT_TRACE_SUFFIX) ||
           ends_with(name, PT_TRACE_SUFFIX PT_TRACE_UNSEALED);
}

static enum pt_status add(struct pt_array *paths, const char *folder, const char *name,
                          struct pt_error *error)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    if (bytes > PT_CATALOGUE_PATH)
        return pt_error_set(error, PT_E_LIMIT, "%s/%s: the path is too long", folder,
                            name);
    char *at = pt_array_push(paths, bytes);
    if (!at)
        return pt_no_memory(error, "the list of traces");
    strcat(strcat(strcpy(at, folder), "/"), name);
    return PT_OK;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int select_trace(const struct dirent *entry)
{
    return is_trace(entry->d_name);
}

/* A folder of traces, or a cache with a folder `traces` in it. */
static enum pt_status list_folder(const char *given, struct pt_array *paths,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct dirent **entries = NULL;
    char inner[PT_CATALOGUE_PATH];
    const char *folder = given;
    struct stat state;
    size_t bytes = strlen(given);

    if (bytes + sizeof "/traces" > sizeof inner)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", given);
    strcat(strcpy(inner, given), "/traces");
    int n = scandir(given, &entries, select_trace, by_name);
    if (n == 0 && stat(inner, &state) == 0 && S_ISDIR(state.st_mode)) {
        free(entries);
        entries = NULL;
        folder = inner;
        n = scandir(inner, &entries, select_trace, by_name);
    }
    if (n < 0)
        return errno == ENOENT
                   ? pt_error_set(
                         error, PT_E_MISSING,
                         "no folder %s: trace the program first (pytracer trace "
                         "--command …), or name the folder with --directory",
                         given)
                   : pt_error_sys(error, "cannot read the folder %s", given);
    if (n == 0)
        status =
            pt_error_set(error, PT_E_MISSING,
                         "no traces in %s: trace the program first (pytracer trace "
                         "--command …), or name the folder with --directory",
                         given);
    for (int i = 0; i < n; i++) {
        if (!status)
            status = add(paths, folder, entries[i]->d_name, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Whether a path names the reference, which is listed once, first. */
static bool is_reference(const char *path, const struct pt_catalogue_request *request)
{
    struct stat a, b;
    return request->reference && stat(path, &a) == 0 &&
           stat(request->reference, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static void drop_reference(struct pt_array *paths, size_t first,
                           const struct pt_catalogue_request *request)
{
    char *text = paths->items;
    size_t kept = first;
    for (size_t at = first, bytes; at < paths->n; at += bytes) {
        bytes = strlen(text + at) + 1;
        if (is_reference(text + at, request))
            continue;
        memmove(text + kept, text + at, bytes);
        kept += bytes;
    }
    paths->n = kept;
}

static enum pt_status list_files(char *const *files, size_t n, struct pt_array *paths,
                                 struct pt_error *error)
{
    for (size_t i = 0; i < n; i++) {
        size_t bytes = strlen(files[i]) + 1;
        if (bytes > PT_CATALOGUE_PATH)
            return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long",
                                files[i]);
        char *at = pt_array_push(paths, bytes);
        if (!at)
            return pt_no_memory(error, "the list of traces");
        memcpy(at, files[i], bytes);
    }
    return PT_OK;
}

enum pt_status pt_catalogue_list(const struct pt_team *team,
                                 const struct pt_catalogue_request *request,
                                 char **paths, size_t *bytes, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_array list = {.item_bytes = 1};

    size_t first = 0;
    if (team->rank == 0 && request->reference) {
        status = list_files((char *const *)&request->reference, 1, &list, error);
        first = list.n;
    }
    if (team->rank == 0 && !status)
        status = request->n_files
                     ? list_files(request->files, request->n_files, &list, error)
                     : list_folder(request->folder, &list, error);
    if (team->rank == 0 && !status)
        drop_reference(&list, first, request);
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    *bytes = list.n;
    pt_team_broadcast(team, bytes, sizeof *bytes);
    if (team->rank != 0 && !pt_array_push(&list, *bytes))
        status = pt_no_memory(error, "the list of traces");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    pt_team_broadcast(team, list.items, *bytes);
    *paths = list.items;
done:
    if (status)
        pt_array_free(&list);
    return status;
}
