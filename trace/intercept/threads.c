#include <pthread.h>
#include <stdlib.h>

#include "intercept/runtime.h"

static __thread struct pt_thread *self;
static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Runs in the ending thread, without the GIL. */
static void end_thread(void *thread)
{
    ((struct pt_thread *)thread)->ended = true;
}

static void make_key(void)
{
    /* without the key, records of ended threads are not used again: nothing worse */
    (void)pthread_key_create(&ending, end_thread);
}

static struct pt_thread *reuse(void)
{
    for (struct pt_thread *thread = pt_runtime.threads; thread; thread = thread->next)
        if (thread->ended) {
            thread->n_calls = thread->n_roots = thread->marks.n = 0;
            thread->suspended = thread->regions = 0;
            thread->ended = false;
            return thread;
        }
    return NULL;
}

struct pt_thread *pt_thread_self(void)
{
    struct pt_thread *thread = self;

    if (thread)
        return thread;
    pthread_once(&once, make_key);
    thread = reuse();
    if (!thread) {
        thread = calloc(1, sizeof *thread);
        if (!thread)
            return NULL;
        thread->next = pt_runtime.threads;
        pt_runtime.threads = thread;
    }
    thread->number = pt_runtime.n_threads++;
    pthread_setspecific(ending, thread);
    self = thread;
    return thread;
}

void pt_threads_forget(void)
{
    for (struct pt_thread *thread = pt_runtime.threads; thread; thread = thread->next) {
        thread->n_calls = thread->n_roots = thread->marks.n = 0;
        thread->regions = 0;
        if (thread != self)
            thread->ended = true;
        else
            thread->number = 0;
    }
    pt_runtime.n_threads = self ? 1 : 0;
}
