#include "result/sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "team/memory.h"

enum { SOURCE_LIMIT = 16 << 20 };

static int by_path(const void *first, const void *second)
{
    const char *const *a = first, *const *b = second;
    return strcmp(*a, *b);
}

/* Files of functions and sites, each once; code that came from no file is named in
 * angle brackets. */
static enum pt_status list_files(const struct pt_definitions *d, const char ***files,
                                 size_t *n, struct pt_error *error)
{
    size_t count = 0, kept = 0;
    const char **list = pt_memory_get(d->n_functions + d->n_sites + 1, sizeof(char *));
    if (!list)
        return pt_no_memory(error, "the sources");
    for (size_t i = 0; i < d->n_functions; i++)
        list[count++] = d->functions[i].file;
    for (size_t i = 0; i < d->n_sites; i++)
        list[count++] = d->sites[i].file;
    qsort(list, count, sizeof(char *), by_path);
    for (size_t i = 0; i < count; i++)
        if (list[i][0] && list[i][0] != '<' &&
            (!kept || strcmp(list[kept - 1], list[i])))
            list[kept++] = list[i];
    *files = list;
    *n = kept;
    return PT_OK;
}

static char *read_text(const char *path, size_t *bytes)
{
    char *data = NULL;
    return pt_file_read(path, SOURCE_LIMIT, &data, bytes, NULL) ? NULL : data;
}

/* "<folder of the trace>/../sources/<hash>" */
static char *read_from_cache(const char *trace, const char *hash, size_t hash_bytes,
                             size_t *bytes)
{
    char path[2 * PT_CATALOGUE_PATH];
    const char *slash = strrchr(trace, '/');
    int folder = slash ? (int)(slash - trace) : 1;
    snprintf(path, sizeof path, "%.*s/../sources/%.*s", folder, slash ? trace : ".",
             (int)hash_bytes, hash);
    return read_text(path, bytes);
}

static char *find_text(const struct pt_catalogue *catalogue, const char *file,
                       const char *folder, size_t *bytes)
{
    char key[PT_CATALOGUE_PATH + 8], path[2 * PT_CATALOGUE_PATH];
    char *data = NULL;
    size_t hash_bytes = 0;
    snprintf(key, sizeof key, "source.%.*s", PT_CATALOGUE_PATH - 1, file);
    for (size_t i = 0; !data && i < catalogue->n_traces; i++) {
        const char *hash = pt_catalogue_info(catalogue, i, key, &hash_bytes);
        if (!hash || memchr(hash, '/', hash_bytes))
            continue;
        data = read_from_cache(catalogue->traces[i].path, hash, hash_bytes, bytes);
        if (!data && folder) {
            snprintf(path, sizeof path, "%.*s/%.*s", PT_CATALOGUE_PATH, folder,
                     (int)hash_bytes, hash);
            data = read_text(path, bytes);
        }
        break;
    }
    return data ? data : read_text(file, bytes);
}

enum pt_status pt_sources_read(const struct pt_catalogue *catalogue,
                               const struct pt_definitions *definitions,
                               const char *folder, struct pt_sources *sources,
                               struct pt_error *error)
{
    const char **files = NULL;
    size_t n = 0;
    *sources = (struct pt_sources){.list.item_bytes = sizeof(struct pt_source),
                                   .text.item_bytes = 1};
    enum pt_status status = list_files(definitions, &files, &n, error);
    for (size_t i = 0; !status && i < n; i++) {
        size_t bytes = 0;
        char *data = find_text(catalogue, files[i], folder, &bytes);
        if (!data)
            continue;
        struct pt_source *source = pt_array_push(&sources->list, 1);
        char *at = pt_array_push(&sources->text, bytes);
        if (!source || !at)
            status = pt_no_memory(error, "the sources");
        else {
            memcpy(at, data, bytes);
            *source = (struct pt_source){files[i], sources->text.n - bytes, bytes};
        }
        pt_memory_free(data);
    }
    pt_memory_free(files);
    return status;
}

void pt_sources_free(struct pt_sources *sources)
{
    pt_array_free(&sources->list);
    pt_array_free(&sources->text);
}
