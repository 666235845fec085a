#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "catalogue/internal.h"
#include "pickle/convert.h"
#include "schema/schema.h"

static bool is_pickle(const char *path, enum pt_catalogue_format format)
{
    return format == PT_FORMAT_PICKLE ||
           (format == PT_FORMAT_AUTO && pt_pickle_detect(path));
}

/* <folder>/<i>/<name of the pickle>, so that the run keeps its name. */
static enum pt_status make_place(const char *path, size_t i, const char *folder,
                                 char place[PT_CATALOGUE_PATH], struct pt_error *error)
{
    const char *slash = strrchr(path, '/');
    int n = snprintf(place, PT_CATALOGUE_PATH, "%s/%zu", folder, i);
    if (n >= PT_CATALOGUE_PATH)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", folder);
    enum pt_status status = pt_folder_create(place, error);
    if (status)
        return status;
    n += snprintf(place + n, (size_t)(PT_CATALOGUE_PATH - n), "/%s",
                  slash ? slash + 1 : path);
    if (n >= PT_CATALOGUE_PATH)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", path);
    unlink(place); /* of an aggregation that was killed */
    return PT_OK;
}

/* Of the whole file, as SCHEMA.md says. */
static enum pt_status sum_file(const char *path, struct pt_catalogue_trace *trace,
                               struct pt_error *error)
{
    enum { PIECE = 1 << 16 };
    struct pt_hash_state state;
    uint64_t at = 0;
    size_t got = PIECE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data = malloc(PIECE);
    enum pt_status status = data ? PT_OK : pt_no_memory(error, path);
    if (!status && fd < 0)
        status = pt_error_sys(error, "cannot open %s", path);
    pt_hash_begin(&state);
    while (!status && got == PIECE) {
        status = pt_read_at(fd, data, PIECE, at, &got, path, error);
        pt_hash_add(&state, data, got);
        at += got;
    }
    if (fd >= 0)
        close(fd);
    free(data);
    trace->given_bytes = at;
    trace->checksum = pt_hash_end(&state).low;
    return status;
}

/* What is wrong with this pickle, and not with the aggregation. */
static bool is_its_own(enum pt_status status)
{
    return status == PT_E_FORMAT || status == PT_E_DAMAGED || status == PT_E_VERSION ||
           status == PT_E_UNSUPPORTED || status == PT_E_LIMIT;
}

enum pt_status pt_catalogue_import(const char *path, size_t i,
                                   const struct pt_catalogue_import *import,
                                   struct pt_catalogue_trace *trace,
                                   struct pt_error *error)
{
    struct pt_pickle_summary summary;
    struct pt_error why = {0};
    char place[PT_CATALOGUE_PATH];
    struct stat state;
    if (access(path, R_OK) || stat(path, &state) || !S_ISREG(state.st_mode) ||
        !state.st_size || !is_pickle(path, import->format))
        return PT_OK; /* what cannot be read is said where all files are opened */
    enum pt_status status = make_place(path, i, import->folder, place, error);
    if (status)
        return status;
    status = pt_pickle_convert(path, place, &import->limits, &summary, &why);
    if (status && !is_its_own(status))
        return pt_error_set(error, status, "%s", why.text);
    trace->status = status;
    snprintf(trace->words, sizeof trace->words, "%.*s", PT_CATALOGUE_WORDS - 1,
             status ? why.text : summary.damage);
    if (!status && summary.damage[0])
        trace->flags |= PT_RUN_DAMAGED;
    snprintf(trace->path, sizeof trace->path, "%s", status ? path : place);
    return status ? PT_OK : sum_file(path, trace, error);
}

/* Removes the files of a folder, and it. */
static void remove_place(const char *place)
{
    char path[PT_CATALOGUE_PATH];
    struct dirent *entry;
    DIR *folder = opendir(place);
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", place,
                                                entry->d_name) < (int)sizeof path)
            unlink(path);
    if (folder)
        closedir(folder);
    rmdir(place);
}

void pt_catalogue_import_end(const struct pt_team *team, const char *import_folder)
{
    char place[PT_CATALOGUE_PATH];
    struct dirent *entry;
    (void)pt_team_sum(team, 0); /* all have closed their traces */
    DIR *folder = team->rank == 0 ? opendir(import_folder) : NULL;
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' &&
            snprintf(place, sizeof place, "%s/%s", import_folder, entry->d_name) <
                (int)sizeof place)
            remove_place(place);
    if (folder) {
        closedir(folder);
        rmdir(import_folder);
    }
}
