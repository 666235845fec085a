/* The open file of a trace, in a process that is not ours. A program may close all the
 * descriptors it finds (daemons do), and open files of its own, which get the numbers
 * that have become free: what is written by number alone would then destroy them. So
 * the number is a high one, and before each use it is asked whether it still is our
 * file; if not, the file is opened again by its name.
 *
 * Thread: caller locks. */
#ifndef PT_TRACE_DESCRIPTOR_H
#define PT_TRACE_DESCRIPTOR_H

#include <sys/types.h>

struct pt_descriptor {
    int fd; /* -1: none */
    dev_t device;
    ino_t inode;
};

/* Creates `path` exclusively. -1 with errno if that fails, else 0. */
int pt_descriptor_create(struct pt_descriptor *descriptor, const char *path);

/* Opens `path`, which is there. The same. */
int pt_descriptor_open(struct pt_descriptor *descriptor, const char *path);

/* The number under which the file can be written now; -1 with errno if it is lost. */
int pt_descriptor_use(struct pt_descriptor *descriptor, const char *path);

/* Closes it if it is still ours. -1 with errno if that fails, else 0. */
int pt_descriptor_close(struct pt_descriptor *descriptor);

#endif
