/* Threads of a rank beside those that compute. */
#ifndef PT_TEAM_THREAD_H
#define PT_TEAM_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts `run`; the caller joins. Signals go to the threads that were there before.
 * False: there can be no further thread. Thread: safe. */
bool pt_thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
