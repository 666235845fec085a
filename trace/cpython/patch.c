#include "cpython/patch.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel tells whether an address can be written without a fault of ours: asked to
 * "or" zero to the word there, in one atomic step, and to wake those that wait for it,
 * whom there are none of, it fails with EFAULT. Nothing changes, and no file is opened.
 */
static bool is_writable(void **where)
{
    uint32_t none = 0;

    return syscall(SYS_futex, &none, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, NULL, where,
                   FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)) >= 0;
}

bool pt_patch_pointer(void **where, void *value)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)((uintptr_t)where & ~(page - 1));

    if (is_writable(where)) {
        *where = value;
        return true;
    }
    if (errno != EFAULT || mprotect(start, page, PROT_READ | PROT_WRITE) != 0)
        return false;
    *where = value;
    /* if closing fails, the page stays open: no harm to the program */
    (void)!mprotect(start, page, PROT_READ);
    return true;
}
