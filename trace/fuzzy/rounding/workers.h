/* Threads that work for others. A rounding mode belongs to a thread, so the call for
 * which a pool of threads works has to hand its own on:
 *
 *   OpenMP     a parallel region is entered in the mode of the thread that opened it,
 *              and left in the one that the thread had before
 *   others     (OpenBLAS, pools of C++) a thread that waits for work, in
 *              pthread_cond_wait, for a lock or in sched_yield, goes on in the mode
 * that a thread of Python or a region was in when it last took a lock or signalled, as
 * all do that hand work out
 *
 * New threads begin in nearest. Two threads that hand out work at the same time may get
 * each other's mode; so may, once in a great while, a spinning worker that the system
 * stops between its last look and its work. */
#ifndef PT_FUZZY_ROUNDING_WORKERS_H
#define PT_FUZZY_ROUNDING_WORKERS_H

#include <stdbool.h>

/* The calling thread runs Python: it is nobody's worker. Quick. Thread: safe. */
extern _Thread_local bool pt_rounding_runs_python;

/* OpenBLAS's threads spin for a while before they wait, some versions without a call
 * that could be taken: from now on they are to wait at once (OPENBLAS_THREAD_TIMEOUT,
 * unless it is set). Before the library is loaded. Thread: before all others. */
void pt_rounding_workers_start(void);

/* For slots of that name; what is to stand in one, NULL: what stands there. Thread:
 * caller locks. */
bool pt_rounding_worker_wants(const char *symbol);
void *pt_rounding_worker_choose(const char *symbol, void *routine);

#endif
