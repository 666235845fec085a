#include "pickle/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum pt_status pt_pickle_damaged(const struct pt_pickle_source *source,
                                 const char *what, struct pt_error *error)
{
    return pt_error_set(error, PT_E_DAMAGED, "%s: damaged at byte %llu: %s",
                        source->path, (unsigned long long)pt_pickle_source_at(source),
                        what);
}

enum pt_status pt_pickle_source_open(const char *path, struct pt_pickle_source *source,
                                     struct pt_error *error)
{
    struct stat state;
    enum pt_status status = PT_OK;
    memset(source, 0, sizeof *source);
    source->path = path;
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        return pt_error_sys(error, "%s", path);
    source->buffer = malloc(PT_PICKLE_BUFFER);
    if (!source->buffer)
        status = pt_error_set(error, PT_E_MEMORY, "out of memory for %s", path);
    else if (fstat(source->fd, &state))
        status = pt_error_sys(error, "%s", path);
    else
        source->size = (uint64_t)state.st_size;
    if (status)
        pt_pickle_source_close(source);
    return status;
}

void pt_pickle_source_close(struct pt_pickle_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    source->fd = -1;
    free(source->buffer);
    source->buffer = NULL;
}

uint64_t pt_pickle_source_at(const struct pt_pickle_source *source)
{
    return source->start + source->at;
}

void pt_pickle_source_seek(struct pt_pickle_source *source, uint64_t offset)
{
    if (offset >= source->start && offset - source->start <= source->n) {
        source->at = (size_t)(offset - source->start);
        return;
    }
    source->start = offset;
    source->n = source->at = 0;
}

/* Fills the buffer from the next byte on. */
static enum pt_status refill(struct pt_pickle_source *source, struct pt_error *error)
{
    size_t got = 0;
    source->start += source->at;
    memmove(source->buffer, source->buffer + source->at, source->n - source->at);
    source->n -= source->at;
    source->at = 0;
    enum pt_status status =
        pt_read_at(source->fd, source->buffer + source->n, PT_PICKLE_BUFFER - source->n,
                   source->start + source->n, &got, source->path, error);
    source->n += got;
    return status;
}

enum pt_status pt_pickle_source_take(struct pt_pickle_source *source, size_t bytes,
                                     const unsigned char **data, struct pt_error *error)
{
    if (source->n - source->at < bytes) {
        enum pt_status status = refill(source, error);
        if (status)
            return status;
    }
    if (source->n - source->at < bytes)
        return pt_pickle_damaged(source, "the file ends within a record", error);
    *data = source->buffer + source->at;
    source->at += bytes;
    return PT_OK;
}

enum pt_status pt_pickle_source_skip(struct pt_pickle_source *source, uint64_t bytes,
                                     struct pt_error *error)
{
    uint64_t at = pt_pickle_source_at(source);
    if (at > source->size || bytes > source->size - at)
        return pt_pickle_damaged(source, "the file ends within a record", error);
    pt_pickle_source_seek(source, at + bytes);
    return PT_OK;
}

enum pt_status pt_pickle_source_line(struct pt_pickle_source *source, uint64_t *bytes,
                                     struct pt_error *error)
{
    *bytes = 0;
    for (;;) {
        size_t left = source->n - source->at;
        const unsigned char *from = source->buffer + source->at;
        const unsigned char *end = left ? memchr(from, '\n', left) : NULL;
        size_t step = end ? (size_t)(end - from) : left;
        *bytes += step;
        source->at += step + (end ? 1 : 0);
        if (end)
            return PT_OK;
        enum pt_status status = refill(source, error);
        if (status)
            return status;
        if (source->n == 0)
            return pt_pickle_damaged(source, "the file ends within a line", error);
    }
}

enum pt_status pt_pickle_source_copy(const struct pt_pickle_source *source,
                                     uint64_t offset, size_t bytes, void *data,
                                     struct pt_error *error)
{
    size_t got = 0;
    if (offset >= source->start && offset - source->start <= source->n &&
        bytes <= source->n - (size_t)(offset - source->start)) {
        memcpy(data, source->buffer + (offset - source->start), bytes);
        return PT_OK;
    }
    enum pt_status status =
        pt_read_at(source->fd, data, bytes, offset, &got, source->path, error);
    if (!status && got != bytes)
        status = pt_pickle_damaged(source, "the file became shorter", error);
    return status;
}
