#include "format/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "format/format.h"

enum pt_status pt_stage_reserve(const char *part, const unsigned char *header,
                                struct pt_error *error)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0)
        return errno == EEXIST
                   ? pt_error_set(error, PT_E_EXISTS, "%s is there already", part)
                   : pt_error_sys(error, "cannot create %s", part);
    enum pt_status status =
        pt_write_at(fd, header, PT_TRACE_HEADER_BYTES, 0, part, error);
    if (close(fd) != 0 && status == PT_OK)
        status = pt_error_sys(error, "cannot write %s", part);
    if (status != PT_OK)
        unlink(part);
    return status;
}

static enum pt_status copy_bytes(int from, uint64_t bytes, int to, const char *part,
                                 struct pt_error *error)
{
    enum { PIECE = 1 << 20 };
    char *piece = malloc(PIECE);
    enum pt_status status =
        piece ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory");

    for (uint64_t at = 0; status == PT_OK && at < bytes;) {
        size_t want = bytes - at < PIECE ? (size_t)(bytes - at) : PIECE;
        ssize_t got = pread(from, piece, want, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            status =
                got < 0 ? pt_error_sys(error, "cannot read what is staged for %s", part)
                        : pt_error_set(error, PT_E_IO, "what is staged for %s was cut",
                                       part);
        else
            status = pt_write_at(to, piece, (size_t)got, at, part, error);
        at += got > 0 ? (uint64_t)got : 0;
    }
    free(piece);
    return status;
}

enum pt_status pt_stage_copy(int from, uint64_t bytes, const char *part,
                             struct pt_descriptor *descriptor, struct pt_error *error)
{
    if (pt_descriptor_open(descriptor, part) != 0)
        return pt_error_sys(error, "cannot open %s", part);
    enum pt_status status = copy_bytes(from, bytes, descriptor->fd, part, error);
    if (status == PT_OK && fsync(descriptor->fd) != 0 && errno != EINVAL &&
        errno != EROFS)
        status = pt_error_sys(error, "cannot synchronise %s", part);
    if (status != PT_OK) {
        (void)!ftruncate(descriptor->fd, PT_TRACE_HEADER_BYTES);
        (void)pt_descriptor_close(descriptor);
    }
    return status;
}

enum pt_status pt_stage_leave(const char *staged, const char *part,
                              struct pt_error *error)
{
    struct pt_descriptor descriptor = {.fd = -1};
    struct stat state;
    int from = open(staged, O_RDONLY | O_CLOEXEC);
    enum pt_status status = PT_OK;

    if (from < 0 || fstat(from, &state) != 0)
        status = pt_error_sys(error, "cannot open %s", staged);
    else
        status = pt_stage_copy(from, (uint64_t)state.st_size, part, &descriptor, error);
    if (status == PT_OK && pt_descriptor_close(&descriptor) != 0)
        status = pt_error_sys(error, "cannot close %s", part);
    if (from >= 0)
        close(from);
    if (status == PT_OK)
        unlink(staged);
    return status;
}
