/* The life of a trace: opened before the program's first line, sealed after its last,
 * however it ends.
 *
 *     open ──▶ running ──stop──▶ stopped ──seal──▶ sealed
 *        ▲        └──────fork (child)──────▶ none
 *        └───────────────continue──────────────┘
 *
 * stop needs the interpreter: it ends the interception, and asks for what only Python
 * knows. seal does not: it may follow when the interpreter is gone. There is one
 * session per process. */
#ifndef PT_EMBED_SESSION_H
#define PT_EMBED_SESSION_H

#include <stdbool.h>

#include "base/status.h"
#include "embed/handle.h"

/* How the process ends, as far as it is known. */
struct pt_ending {
    int exit_status; /* -1: not known */
    int signal;      /* 0: none */
};

/* Creates the folders of the cache, the log and the trace, and starts to record.
 * Nothing of the program has run yet: an error is a reason not to run it. Thread: under
 * the GIL. */
PT_MUST_CHECK enum pt_status pt_session_open(const struct pt_handle *handle,
                                             struct pt_error *error);

/* Ends the recording. Again: nothing. Thread: under the GIL. */
void pt_session_stop(void);

/* True from the end of stop on, and where there is no session. Thread: safe. */
bool pt_session_stopped(void);

/* Writes what is known of the end and gives the trace its name. A session that was not
 * stopped, and the child of a fork, leave the file as it is. Again: nothing. Problems
 * are warned about, never fatal. Thread: safe, no GIL needed. */
void pt_session_seal(struct pt_ending ending);

/* Around a fork, in Python's own hooks: the child has no session. Thread: under the
 * GIL. */
void pt_session_before_fork(void);
void pt_session_in_child(void);

/* In such a child, if it goes on as a Python program: opens a trace of its own, of the
 * same run. Does nothing where the parent had none, or io.fork is
 * false. Thread: under the GIL. */
PT_MUST_CHECK enum pt_status pt_session_continue(struct pt_error *error);

/* A number that tells this process from every other one of its run, and that is the
 * same in every run: of the rank and of the path of forks below it. 0 is the main
 * process. */
uint64_t pt_session_process(void);

#endif
