#include "format/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HIGH = 4064, BELOW_LIMIT = 32 };

/* Moves the file to a number that programs do not reach by opening files. */
static int move_up(int fd)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 4 * BELOW_LIMIT)
        return fd;
    rlim_t least = limit.rlim_cur - BELOW_LIMIT;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, least < HIGH ? (int)least : HIGH);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

static bool is_ours(const struct pt_descriptor *descriptor, int fd)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == descriptor->device &&
           status.st_ino == descriptor->inode;
}

static int take(struct pt_descriptor *descriptor, int fd)
{
    struct stat status;
    descriptor->fd = -1;
    if (fd < 0)
        return -1;
    fd = move_up(fd);
    if (fstat(fd, &status) != 0) {
        int failure = errno;
        close(fd);
        errno = failure;
        return -1;
    }
    *descriptor = (struct pt_descriptor){fd, status.st_dev, status.st_ino};
    return 0;
}

int pt_descriptor_create(struct pt_descriptor *descriptor, const char *path)
{
    return take(descriptor, open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
}

int pt_descriptor_open(struct pt_descriptor *descriptor, const char *path)
{
    return take(descriptor, open(path, O_RDWR | O_CLOEXEC));
}

int pt_descriptor_use(struct pt_descriptor *descriptor, const char *path)
{
    if (is_ours(descriptor, descriptor->fd))
        return descriptor->fd;
    descriptor->fd = -1;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (!is_ours(descriptor, fd)) {
        close(fd);
        errno = ESTALE;
        return -1;
    }
    descriptor->fd = move_up(fd);
    return descriptor->fd;
}

int pt_descriptor_close(struct pt_descriptor *descriptor)
{
    int fd = descriptor->fd;
    bool ours = is_ours(descriptor, fd);
    descriptor->fd = -1;
    return ours ? close(fd) : 0;
}
