/* The handler may not do more than wake a thread:
 *
 *     SIGTERM ─▶ handler ─semaphore─▶ watcher ─▶ pt_finish ─▶ default action, again
 *                                        └─▶ pending call: the main thread stands still
 *
 * Without us the signal would have ended the process on the spot. So the program should
 * do nothing more that is seen from outside: its main thread stops at the next
 * bytecode, and a child that it forks in between dies, too.
 */
#include "embed/termination.h"

#include <Python.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "embed/finish.h"
#include "embed/own_threads.h"

static struct {
    sem_t woken; /* posted by the handler, awaited by the watcher */
    pid_t owner; /* a forked child has the handler, not the threads */
    volatile sig_atomic_t dying;
} state;

static void die(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;
    sigaction(SIGTERM, &action, NULL);
    kill(getpid(), SIGTERM);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void on_signal(int number)
{
    (void)number;
    int kept = errno;
    state.dying = 1;
    if (getpid() != state.owner || sem_post(&state.woken) != 0)
        die();
    errno = kept;
}

/* With the GIL free for whoever seals. */
static int stand_still(void *unused)
{
    (void)unused;
    Py_BEGIN_ALLOW_THREADS;
    while (state.dying)
        pause();
    Py_END_ALLOW_THREADS;
    return 0;
}

static void *watch(void *unused)
{
    (void)unused;
    while (sem_wait(&state.woken) != 0 && errno == EINTR)
        continue;
    (void)Py_AddPendingCall(stand_still, NULL);
    pt_finish((struct pt_ending){.exit_status = -1, .signal = SIGTERM});
    die();
    return NULL;
}

/* A forked child has no watcher: it must die by itself, as it would without us. */
static void in_child(void)
{
    struct sigaction present, action = {.sa_handler = SIG_DFL};
    if (state.dying)
        die();
    if (sigaction(SIGTERM, NULL, &present) == 0 && present.sa_handler == on_signal)
        sigaction(SIGTERM, &action, NULL);
}

enum pt_status pt_termination_install(struct pt_error *error)
{
    struct sigaction present,
        action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    static bool in_child_installed;
    struct pt_own_threads kept;
    pthread_t watcher;

    if (sigaction(SIGTERM, NULL, &present) != 0 || present.sa_handler != SIG_DFL)
        return PT_OK;
    state.owner = getpid();
    if (sem_init(&state.woken, 0, 0) != 0)
        return pt_error_sys(error, "cannot make a semaphore");
    pt_own_threads_begin(&kept);
    int failed = pthread_create(&watcher, NULL, watch, NULL);
    pt_own_threads_end(&kept);
    if (failed == 0 && !in_child_installed)
        failed = pthread_atfork(NULL, NULL, in_child);
    if (failed != 0) {
        errno = failed;
        return pt_error_sys(error, "cannot start a thread");
    }
    in_child_installed = true;
    pthread_detach(watcher);
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTERM, &action, NULL) != 0)
        return pt_error_sys(error, "cannot handle SIGTERM");
    return PT_OK;
}
