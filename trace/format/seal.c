#include "format/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* On file systems without RENAME_NOREPLACE a hard link has the same effect; where there
 * are no hard links either, a look and a rename must do: the names carry host and pid,
 * so that nobody else writes this one. */
static int rename_keeping(const char *part, const char *path)
{
    if (renameat2(AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
        return -1;
    if (link(part, path) == 0)
        return unlink(part);
    if (errno == EEXIST)
        return -1;
    if (access(path, F_OK) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(part, path);
}

/* The rename itself is done: a file system that cannot synchronise folders is no
 * failure. */
static void sync_folder(const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;

    if (n >= sizeof folder)
        return;
    if (slash) {
        memcpy(folder, path, n);
        memcpy(folder + n, n ? "" : "/", n ? 1 : 2);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

enum pt_status pt_trace_seal(const char *part, const char *path, struct pt_error *error)
{
    if (rename_keeping(part, path) != 0) {
        if (errno == EEXIST)
            return pt_error_set(error, PT_E_EXISTS,
                                "%s is there already: the trace stays in %s", path,
                                part);
        return pt_error_sys(error, "cannot rename %s to %s", part, path);
    }
    sync_folder(path);
    return PT_OK;
}
