/* The ways in which a Python process ends, each leading to the session's stop and seal:
 *
 *     end of the program, sys.exit, exception    atexit, the last callback → stop
 *                                                on_exit, with the status   → seal
 *     KeyboardInterrupt not caught               Py_AtExit → seal (Python then kills
 *                                                itself by SIGINT)
 *     os._exit, os.exec…                         their C functions → stop, seal
 *     MPI_Abort                                  our function before it → stop, seal
 *     SIGTERM, where nothing else handles it     a thread of ours → stop, seal, die
 *     os.fork                                    the child begins a trace of its own
 *     other forks                                the child forgets the trace
 *
 * A process that is killed otherwise leaves NAME.trace.part, which is readable. */
#ifndef PT_EMBED_ENDINGS_H
#define PT_EMBED_ENDINGS_H

#include "base/status.h"

/* Puts all of this in place. After pt_session_open, before the program. Thread: under
 * the GIL, on the interpreter's thread. */
PT_MUST_CHECK enum pt_status pt_endings_install(struct pt_error *error);

#endif
