#include "embed/finish.h"

#include <Python.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "embed/own_threads.h"

/* Of the one call that has the session to end; never freed, as its thread may live on.
 */
static struct {
    pthread_mutex_t lock; /* one at a time */
    struct pt_ending ending;
    sem_t sealed;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *finish_with_lock(void *unused)
{
    (void)unused;
    (void)PyGILState_Ensure(); /* see finish.h: kept */
    pt_session_stop();
    pt_session_seal(state.ending);
    sem_post(&state.sealed);
    return NULL;
}

static void finish_elsewhere(struct pt_ending ending, const struct timespec *end)
{
    struct pt_own_threads kept;
    pthread_t thread;

    state.ending = ending;
    sem_init(&state.sealed, 0, 0);
    pt_own_threads_begin(&kept);
    int failed = pthread_create(&thread, NULL, finish_with_lock, NULL);
    pt_own_threads_end(&kept);
    if (failed == 0) {
        pthread_detach(thread);
        while (sem_timedwait(&state.sealed, end) != 0 && errno == EINTR)
            continue;
    }
}

void pt_finish(struct pt_ending ending)
{
    struct timespec end;
    if (!pt_session_stopped() && Py_IsInitialized()) {
        if (PyGILState_Check()) {
            pt_session_stop();
        } else {
            clock_gettime(CLOCK_REALTIME, &end);
            end.tv_sec += PT_FINISH_PATIENCE;
            if (pthread_mutex_timedlock(&state.lock, &end) == 0) {
                if (!pt_session_stopped())
                    finish_elsewhere(ending, &end);
                pthread_mutex_unlock(&state.lock);
            }
        }
    }
    pt_session_seal(ending);
}
