#include "embed/stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>

enum { GUARD_BYTES = 1 << 16 };
#define STACK_BYTES ((size_t)1 << 30)
#define STACK_LEAST ((size_t)1 << 24)

struct start {
    void (*run)(void *context);
    void *context;
    sigset_t mask;
};

static void *enter(void *argument)
{
    struct start *start = argument;
    pthread_sigmask(SIG_SETMASK, &start->mask, NULL);
    start->run(start->context);
    return NULL;
}

/* Reserves address space; where the process may not have that much, half of it, …  The
 * lowest pages stay out of reach: overflow faults instead of overwriting. */
static void *reserve(size_t *bytes)
{
    for (*bytes = STACK_BYTES; *bytes >= STACK_LEAST; *bytes /= 2) {
        void *stack =
            mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (stack != MAP_FAILED) {
            (void)mprotect(stack, GUARD_BYTES, PROT_NONE);
            /* Whole huge pages for a few frames would be memory above the program's. */
            (void)madvise(stack, *bytes, MADV_NOHUGEPAGE);
            return stack;
        }
    }
    return NULL;
}

enum pt_status pt_stack_run(void (*run)(void *context), void *context,
                            struct pt_error *error)
{
    struct start start = {.run = run, .context = context};
    sigset_t all;
    pthread_attr_t attributes;
    pthread_t thread;
    size_t bytes;

    void *stack = reserve(&bytes);
    if (stack == NULL)
        return pt_error_sys(error, "cannot reserve a stack for the interpreter");
    pthread_attr_init(&attributes);
    int failed = pthread_attr_setstack(&attributes, (char *)stack + GUARD_BYTES,
                                       bytes - GUARD_BYTES);
    if (failed == 0) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &start.mask);
        failed = pthread_create(&thread, &attributes, enter, &start);
    }
    pthread_attr_destroy(&attributes);
    if (failed != 0) {
        errno = failed;
        return pt_error_sys(error, "cannot start the interpreter's thread");
    }
    pthread_join(thread, NULL);
    return PT_OK;
}
