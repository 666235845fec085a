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
static bool is_native(const char *name)
{
    return ends_with(name, PT_TRACE_SUFFIX) ||
           ends_with(name, PT_TRACE_SUFFIX PT_TRACE_UNSEALED);
}

static bool is_pickle(const char *name)
{
    return ends_with(name, ".pkl") || ends_with(name, ".pickle");
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

static int select_native(const struct dirent *entry)
{
    return is_native(entry->d_name);
}

static int select_pickle(const struct dirent *entry)
{
    return is_pickle(entry->d_name);
}

static int select_any(const struct dirent *entry)
{
    return is_native(entry->d_name) || is_pickle(entry->d_name);
}

/* A folder of traces, or a cache with a folder `traces` in it. */
static enum pt_status list_folder(const char *given, enum pt_catalogue_format format,
                                  struct pt_array *paths, struct pt_error *error)
{
    static int (*const select[])(const struct dirent *) = {
        [PT_FORMAT_AUTO] = select_any,
        [PT_FORMAT_NATIVE] = select_native,
        [PT_FORMAT_PICKLE] = select_pickle};
    enum pt_status status = PT_OK;
    struct dirent **entries = NULL;
    char inner[PT_CATALOGUE_PATH];
    const char *folder = given;
    struct stat state;
    size_t bytes = strlen(given);

    if (bytes + sizeof "/traces" > sizeof inner)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", given);
    strcat(strcpy(inner, given), "/traces");
    int n = scandir(given, &entries, select[format], by_name);
    if (n == 0 && stat(inner, &state) == 0 && S_ISDIR(state.st_mode)) {
        pt_memory_free(entries);
        entries = NULL;
        folder = inner;
        n = scandir(inner, &entries, select[format], by_name);
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
        pt_memory_free(entries[i]);
    }
    pt_memory_free(entries);
    return status;
}

static bool is_same_file(const char *path, const struct stat *other)
{
    struct stat state;
    return stat(path, &state) == 0 && state.st_dev == other->st_dev &&
           state.st_ino == other->st_ino;
}

/* What is listed up to `first`, the reference, is not listed again behind it. */
static void drop_reference(struct pt_array *paths, size_t first)
{
    char *text = paths->items;
    struct stat state;
    for (size_t r = 0; r < first; r += strlen(text + r) + 1) {
        size_t kept = first, n = paths->n;
        if (stat(text + r, &state) != 0)
            continue;
        for (size_t at = first, bytes; at < n; at += bytes) {
            bytes = strlen(text + at) + 1;
            if (is_same_file(text + at, &state))
                continue;
            memmove(text + kept, text + at, bytes);
            kept += bytes;
        }
        paths->n = kept;
    }
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

/* The trace of the reference, or all those of its processes. */
static enum pt_status list_reference(const char *path, enum pt_catalogue_format format,
                                     struct pt_array *paths, struct pt_error *error)
{
    struct stat state;
    if (stat(path, &state) == 0 && S_ISDIR(state.st_mode))
        return list_folder(path, format, paths, error);
    return list_files((char *const *)&path, 1, paths, error);
}

static enum pt_status list_all(const struct pt_catalogue_request *request,
                               struct pt_array *paths, size_t *first,
                               struct pt_error *error)
{
    enum pt_status status = PT_OK;
    if (request->reference)
        status = list_reference(
            request->reference,
            request->base ? PT_FORMAT_NATIVE : request->import.format, paths, error);
    *first = paths->n;
    if (!status)
        status =
            request->n_files
                ? list_files(request->files, request->n_files, paths, error)
                : list_folder(request->folder, request->import.format, paths, error);
    if (!status)
        drop_reference(paths, *first);
    return status;
}

enum pt_status pt_catalogue_list(const struct pt_team *team,
                                 const struct pt_catalogue_request *request,
                                 char **paths, size_t *bytes, size_t *reference_bytes,
                                 struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_array list = {.item_bytes = 1};
    size_t sizes[2] = {0};

    if (team->rank == 0)
        status = list_all(request, &list, &sizes[1], error);
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    sizes[0] = list.n;
    pt_team_broadcast(team, sizes, sizeof sizes);
    if (team->rank != 0 && !pt_array_push(&list, sizes[0]))
        status = pt_no_memory(error, "the list of traces");
    status = pt_team_agree(team, status, error);
    if (status)
        goto done;
    pt_team_broadcast(team, list.items, sizes[0]);
    *paths = list.items;
    *bytes = sizes[0];
    *reference_bytes = sizes[1];
done:
    if (status)
        pt_array_free(&list);
    return status;
}
