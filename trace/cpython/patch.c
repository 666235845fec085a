#include "cpython/patch.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel tells whether an address can be written without a fault of ours: a read
 * from a pipe into it fails with EFAULT. What is read is what stands there. */
static bool is_writable(void **where)
{
    int ends[2];
    bool writable = false;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    if (write(ends[1], where, sizeof *where) == sizeof *where)
        writable = read(ends[0], where, sizeof *where) == sizeof *where;
    close(ends[0]);
    close(ends[1]);
    return writable;
}

bool pt_patch_pointer(void **where, void *value)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)where & ~(page - 1));

    if (is_writable(where)) {
        *where = value;
        return true;
    }
    if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return false;
    *where = value;
    /* if closing fails, the page stays open: no harm to the program */
    (void)!mprotect(start, page, PROT_READ);
    return true;
}
