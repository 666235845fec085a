/* The functions of `os` that end a process, replace it or double it, without Python's
 * own end: os._exit, os.execv, os.execve, os.fork. */
#ifndef PT_EMBED_PROCESS_CALLS_H
#define PT_EMBED_PROCESS_CALLS_H

#include <stdbool.h>

/* Puts functions of ours before the C functions behind them: the trace is sealed before
 * the process ends or becomes another program, and the child of os.fork gets a trace of
 * its own. The Python objects stay what they are. False with an exception: there is no
 * such module. Thread: under the GIL. */
bool pt_process_calls_cover(void);

#endif
