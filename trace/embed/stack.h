/* A thread with a large stack for the interpreter.
 *
 * Each Python call under the frame hook is also a call in C: on the 8 MiB of the
 * process's first thread a recursion ends in a segmentation fault near 19,000 frames.
 * So the interpreter lives, from its first moment on, on a thread whose stack is
 * reserved generously (memory that is not touched costs nothing), and the first thread
 * waits. */
#ifndef PT_EMBED_STACK_H
#define PT_EMBED_STACK_H

#include "base/status.h"

/* Calls run(context) on such a thread, with the signal mask of the caller; the caller
 * blocks all signals, so that they reach the interpreter, and waits. `run` is expected
 * to end the process; if it returns, so does this function. Thread: the process's
 * first. */
PT_MUST_CHECK enum pt_status pt_stack_run(void (*run)(void *context), void *context,
                                          struct pt_error *error);

#endif
