#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_CHUNK = 1 << 30 }; /* Linux moves at most 2^31 - 4096 bytes per call */

static int make_folder(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno == EEXIST && stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return 0;
        errno = ENOTDIR;
    }
    return -1;
}

enum pt_status pt_folder_create(const char *path, struct pt_error *error)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof part)
        return pt_error_set(error, PT_E_USAGE, "not a usable folder name: '%s'", path);
    memcpy(part, path, n + 1);
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        struct stat st;
        if (stat(part, &st) != 0 && make_folder(part) != 0)
            return pt_error_sys(error, "cannot create the folder %s", part);
        *p = '/';
    }
    if (make_folder(part) != 0)
        return pt_error_sys(error, "cannot create the folder %s", path);
    return PT_OK;
}

static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 1;

    if (n >= sizeof folder)
        return;
    memcpy(folder, slash ? path : ".", n);
    folder[n] = '\0';
    int fd = open(n ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd); /* some file systems refuse; the rename itself is done */
        close(fd);
    }
}

enum pt_status pt_file_publish(const char *from, const char *to, struct pt_error *error)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pt_error_sys(error, "cannot open %s", from);
    int bad = fsync(fd);
    int saved = errno;
    close(fd);
    if (bad && saved != EINVAL && saved != EROFS) {
        errno = saved;
        return pt_error_sys(error, "cannot synchronise %s", from);
    }
    if (rename(from, to) != 0)
        return pt_error_sys(error, "cannot rename %s to %s", from, to);
    sync_folder_of(to);
    return PT_OK;
}

enum pt_status pt_file_write(const char *path, const void *data, size_t bytes,
                             struct pt_error *error)
{
    char part[PATH_MAX];
    enum pt_status status;

    if (snprintf(part, sizeof part, "%s.XXXXXX", path) >= (int)sizeof part)
        return pt_error_set(error, PT_E_USAGE, "the name %s is too long", path);
    int fd = mkostemp(part, O_CLOEXEC);
    if (fd < 0)
        return pt_error_sys(error, "cannot create %s", part);
    mode_t mask = umask(0);
    umask(mask);
    status = pt_write_at(fd, data, bytes, 0, part, error);
    if (status == PT_OK && fchmod(fd, 0666 & ~mask) != 0)
        status = pt_error_sys(error, "cannot set the mode of %s", part);
    if (close(fd) != 0 && status == PT_OK)
        status = pt_error_sys(error, "cannot close %s", part);
    if (status == PT_OK)
        status = pt_file_publish(part, path, error);
    if (status != PT_OK)
        unlink(part);
    return status;
}

enum pt_status pt_file_read(const char *path, size_t limit, char **data, size_t *bytes,
                            struct pt_error *error)
{
    enum pt_status status = PT_OK;
    char *buffer = NULL;
    size_t used = 0, room = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return pt_error_sys(error, "cannot open %s", path);
    for (;;) { /* by read, not by size: pipes and /proc have none */
        if (used == room) {
            size_t larger = room ? room * 2 : 65536;
            char *moved = realloc(buffer, larger + 1);
            if (!moved) {
                status = pt_error_set(error, PT_E_MEMORY, "no memory to read %s", path);
                goto done;
            }
            buffer = moved;
            room = larger;
        }
        ssize_t n = read(fd, buffer + used, room - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            status = pt_error_sys(error, "cannot read %s", path);
            goto done;
        }
        if (n == 0)
            break;
        used += (size_t)n;
        if (used > limit) {
            status = pt_error_set(error, PT_E_LIMIT, "%s is larger than %zu bytes",
                                  path, limit);
            goto done;
        }
    }
    buffer[used] = '\0';
    *data = buffer;
    *bytes = used;
    buffer = NULL;
done:
    free(buffer);
    close(fd);
    return status;
}

enum pt_status pt_write_at(int fd, const void *data, size_t bytes, uint64_t offset,
                           const char *path, struct pt_error *error)
{
    const char *p = data;

    while (bytes) {
        size_t piece = bytes < IO_CHUNK ? bytes : IO_CHUNK;
        ssize_t n = pwrite(fd, p, piece, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pt_error_sys(error, "cannot write %s", path);
        p += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return PT_OK;
}

enum pt_status pt_read_at(int fd, void *data, size_t bytes, uint64_t offset,
                          size_t *got, const char *path, struct pt_error *error)
{
    char *p = data;

    *got = 0;
    while (*got < bytes) {
        size_t piece = bytes - *got < IO_CHUNK ? bytes - *got : IO_CHUNK;
        ssize_t n = pread(fd, p + *got, piece, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pt_error_sys(error, "cannot read %s", path);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return PT_OK;
}
