#include "cache/listing.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/reader.h"
#include "schema/reader.h"
#include "front/words.h"

enum { MOST_ARGUMENTS = 4096, COMMAND_LIMIT = 1 << 20 };

typedef void describer(struct pt_listed *item);

static char *copy(const char *text)
{
    return text && *text ? strdup(text) : NULL;
}

/* A list whose members are separated by NUL, as a command line. */
static char *join(const char *list, size_t bytes)
{
    char *words[MOST_ARGUMENTS];
    size_t n = 0;

    for (size_t at = 0; at < bytes && n < MOST_ARGUMENTS; at += strlen(list + at) + 1)
        words[n++] = (char *)list + at;
    return n ? pt_words_command(n, words) : NULL;
}

static void damaged(struct pt_listed *item, const char *words)
{
    item->state = PT_LISTED_DAMAGED;
    item->problem = copy(words);
}

static void describe_trace(struct pt_listed *item)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    const char *argv;
    size_t bytes = 0;

    if (pt_trace_reader_open(item->path, &reader, &error) != PT_OK) {
        damaged(item, error.text);
        return;
    }
    item->created_ns = pt_trace_reader_header(reader)->created_ns;
    if (pt_trace_reader_damage(reader))
        damaged(item, pt_trace_reader_damage(reader));
    else if (!pt_trace_reader_sealed(reader))
        item->state = PT_LISTED_UNFINISHED;
    argv = pt_trace_reader_meta(reader, "argv", &bytes);
    if (argv)
        item->args = join(argv, bytes);
    item->log = copy(pt_trace_reader_meta(reader, "log.path", NULL));
    item->report = copy(pt_trace_reader_meta(reader, "report.path", NULL));
    pt_trace_reader_close(reader);
}

static enum pt_status read_trace_names(struct pt_listed *item,
                                       const struct pt_result *result,
                                       struct pt_error *error)
{
    uint64_t n = pt_result_rows(result, PT_COLUMN_RUNS_TRACE);
    enum pt_status status = PT_OK;

    item->traces = calloc(n + 1, sizeof *item->traces);
    if (item->traces == NULL)
        return pt_error_set(error, PT_E_MEMORY,
                            "no memory for the names of the traces");
    for (uint64_t i = 0; i < n && status == PT_OK; i++) {
        status =
            pt_result_text(result, PT_COLUMN_RUNS_TRACE, i, &item->traces[i], error);
        if (status == PT_OK)
            item->n_traces++;
    }
    return status;
}

static enum pt_status read_command(struct pt_listed *item,
                                   const struct pt_result *result,
                                   struct pt_error *error)
{
    uint64_t bytes = pt_result_rows(result, PT_COLUMN_META_COMMAND);

    return pt_result_blob(result, PT_COLUMN_META_COMMAND, 0, bytes, COMMAND_LIMIT,
                          &item->args, error);
}

static void describe_result(struct pt_listed *item)
{
    struct pt_result *result = NULL;
    struct pt_error error;
    enum pt_status status = pt_result_open(item->path, &result, &error);

    if (status == PT_OK) {
        item->created_ns = pt_result_about(result)->created_ns;
        status = read_trace_names(item, result, &error);
    }
    if (status == PT_OK)
        status = read_command(item, result, &error);
    if (status != PT_OK)
        damaged(item, error.text);
    pt_result_close(result);
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

static bool is_trace(const char *name)
{
    return ends_with(name, ".trace") || ends_with(name, ".trace.part");
}

static bool is_result(const char *name)
{
    return ends_with(name, ".h5");
}

static enum pt_status add(struct pt_listing *listing, const char *folder,
                          const char *name, describer *describe, struct pt_error *error)
{
    struct pt_listed *items = listing->items, *item;
    struct stat st;
    char *path = NULL;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        goto no_memory;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        free(path); /* sealed and renamed meanwhile, or no file */
        return PT_OK;
    }
    if ((listing->n & (listing->n - 1)) == 0) {
        items = reallocarray(items, listing->n ? 2 * listing->n : 1, sizeof *items);
        if (items == NULL)
            goto no_memory;
        listing->items = items;
    }
    item = &items[listing->n];
    *item = (struct pt_listed){.path = path,
                               .name = strdup(name),
                               .bytes = (uint64_t)st.st_size,
                               .created_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
                                             st.st_mtim.tv_nsec};
    if (item->name == NULL)
        goto no_memory;
    listing->n++;
    describe(item);
    return PT_OK;
no_memory:
    free(path);
    return pt_error_set(error, PT_E_MEMORY, "no memory for the listing");
}

static int by_date(const void *a, const void *b)
{
    const struct pt_listed *x = a, *y = b;

    if (x->created_ns != y->created_ns)
        return x->created_ns < y->created_ns ? -1 : 1;
    return strcmp(x->name, y->name);
}

static enum pt_status list(const char *folder, bool (*belongs)(const char *name),
                           describer *describe, struct pt_listing *listing,
                           struct pt_error *error)
{
    enum pt_status status = PT_OK;
    const struct dirent *entry;
    char *full = realpath(folder, NULL);
    DIR *dir = full ? opendir(full) : NULL;

    *listing = (struct pt_listing){0};
    if (dir == NULL) {
        if (errno != ENOENT && errno != ENOTDIR)
            status = pt_error_sys(error, "cannot read the folder %s", folder);
        free(full);
        return status;
    }
    while (status == PT_OK && (entry = readdir(dir)) != NULL) {
        if (belongs(entry->d_name))
            status = add(listing, full, entry->d_name, describe, error);
    }
    closedir(dir);
    free(full);
    if (listing->n)
        qsort(listing->items, listing->n, sizeof *listing->items, by_date);
    return status;
}

enum pt_status pt_listing_traces(const char *folder, struct pt_listing *listing,
                                 struct pt_error *error)
{
    return list(folder, is_trace, describe_trace, listing, error);
}

enum pt_status pt_listing_trace_file(const char *path, struct pt_listing *listing,
                                     struct pt_error *error)
{
    char *full = realpath(path, NULL);
    char *slash = full ? strrchr(full, '/') : NULL;
    enum pt_status status;

    *listing = (struct pt_listing){0};
    if (slash == NULL)
        return pt_error_sys(error, "cannot open %s", path);
    *slash = '\0';
    status = add(listing, full, slash + 1, describe_trace, error);
    if (status == PT_OK && listing->n == 0)
        status = pt_error_set(error, PT_E_MISSING, "%s is not a file", path);
    if (status == PT_OK && listing->items[0].state == PT_LISTED_DAMAGED)
        status = pt_error_set(error, PT_E_FORMAT, "%s", listing->items[0].problem);
    free(full);
    return status;
}

enum pt_status pt_listing_results(const char *folder, struct pt_listing *listing,
                                  struct pt_error *error)
{
    return list(folder, is_result, describe_result, listing, error);
}

void pt_listing_destroy(struct pt_listing *listing)
{
    for (size_t i = 0; i < listing->n; i++) {
        struct pt_listed *item = &listing->items[i];

        for (size_t t = 0; t < item->n_traces; t++)
            free(item->traces[t]);
        free(item->traces);
        free(item->name);
        free(item->path);
        free(item->problem);
        free(item->args);
        free(item->report);
        free(item->log);
    }
    free(listing->items);
    *listing = (struct pt_listing){0};
}
