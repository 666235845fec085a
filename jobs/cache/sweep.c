#include "cache/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of another host or of a batch job may be in writing although we cannot see the
 * process: only after so long without a write they count as left behind. */
enum { SILENT_SECONDS = 24 * 3600 };

static const struct {
    const char *which;
    enum pt_cache_kind kind;
} folders[] = {
    {"traces", PT_CACHE_TRACE},   {"stats", PT_CACHE_STATS},
    {"sources", PT_CACHE_SOURCE}, {"report", PT_CACHE_REPORT},
    {"info", PT_CACHE_LOG},
};

static bool writer_lives(const struct pt_cache_id *id, time_t modified)
{
    char host[PT_CACHE_WHERE];

    pt_cache_host(host);
    if (strcmp(id->where, host) == 0)
        return kill((pid_t)id->pid, 0) == 0 || errno == EPERM;
    return time(NULL) - modified < SILENT_SECONDS;
}

static enum pt_status add(struct pt_sweep *sweep, const struct pt_sweep_file *file,
                          const char *folder, const char *name, struct pt_error *error)
{
    struct pt_sweep_file *files = sweep->files;

    if ((sweep->n & (sweep->n - 1)) == 0) {
        files = reallocarray(files, sweep->n ? 2 * sweep->n : 1, sizeof *files);
        if (files == NULL)
            return pt_error_set(error, PT_E_MEMORY, "no memory for the list of files");
        sweep->files = files;
    }
    files[sweep->n] = *file;
    if (asprintf(&files[sweep->n].path, "%s/%s", folder, name) < 0)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the list of files");
    sweep->n++;
    return PT_OK;
}

static enum pt_status look_at(struct pt_sweep *sweep, int fd, const char *folder,
                              const char *name, enum pt_cache_kind kind,
                              struct pt_error *error)
{
    struct pt_sweep_file file = {0};
    struct pt_cache_id id;
    struct stat st;
    bool partial = false;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return PT_OK;
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return PT_OK; /* gone meanwhile: renamed when sealed */
    file.kind = pt_cache_name_kind(name, &id, &partial);
    if (file.kind != kind || !S_ISREG(st.st_mode)) {
        sweep->others++;
        return PT_OK;
    }
    file.bytes = (uint64_t)st.st_size;
    file.modified = st.st_mtime;
    if (kind == PT_CACHE_SOURCE)
        file.busy = partial && time(NULL) - st.st_mtime < SILENT_SECONDS;
    else if (partial || kind == PT_CACHE_LOG)
        file.busy = writer_lives(&id, st.st_mtime);
    return add(sweep, &file, folder, name, error);
}

static enum pt_status list_folder(struct pt_sweep *sweep, const char *folder,
                                  enum pt_cache_kind kind, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = NULL;
    const struct dirent *entry;

    if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
        return PT_OK;
    if (fd < 0)
        return pt_error_sys(error, "cannot open the folder %s", folder);
    dir = fdopendir(fd);
    if (dir == NULL) {
        status = pt_error_sys(error, "cannot read the folder %s", folder);
        close(fd);
        return status;
    }
    while (status == PT_OK && (entry = readdir(dir)) != NULL)
        status = look_at(sweep, fd, folder, entry->d_name, kind, error);
    closedir(dir);
    return status;
}

/* Sources belong to the traces: as long as a trace is in writing, they stay. */
static void hold_sources(struct pt_sweep *sweep)
{
    bool writing = false;

    for (size_t i = 0; i < sweep->n; i++)
        writing |= sweep->files[i].busy && sweep->files[i].kind == PT_CACHE_TRACE;
    for (size_t i = 0; writing && i < sweep->n; i++)
        sweep->files[i].busy |= sweep->files[i].kind == PT_CACHE_SOURCE;
}

enum pt_status pt_sweep_list(const struct pt_config *config, struct pt_sweep *sweep,
                             struct pt_error *error)
{
    enum pt_status status = PT_OK;

    *sweep = (struct pt_sweep){0};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(folders) && status == PT_OK; i++) {
        char *folder = pt_config_cache_folder(config, folders[i].which);

        if (folder == NULL)
            status = pt_error_set(error, PT_E_MEMORY, "no memory for a path");
        else
            status = list_folder(sweep, folder, folders[i].kind, error);
        free(folder);
    }
    hold_sources(sweep);
    return status;
}

void pt_sweep_destroy(struct pt_sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++)
        free(sweep->files[i].path);
    free(sweep->files);
    *sweep = (struct pt_sweep){0};
}

void pt_sweep_folders(const struct pt_config *config)
{
    for (size_t i = 0; i <= PT_ARRAY_LENGTH(folders); i++) {
        bool root = i == PT_ARRAY_LENGTH(folders);
        char *folder = pt_config_cache_folder(config, root ? NULL : folders[i].which);

        if (folder)
            (void)rmdir(folder); /* refuses what is not empty, and symbolic links */
        free(folder);
    }
}
