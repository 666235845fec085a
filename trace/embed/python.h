/* Python's start-up, as `python` does it on its own command line. */
#ifndef PT_EMBED_PYTHON_H
#define PT_EMBED_PYTHON_H

#include "base/status.h"

/* Initialises the interpreter from argv (argv[0]: the command that would have been
 * typed) and the environment; sys.executable, the prefix and a virtual environment are
 * those of `executable`. On success Py_RunMain may follow. Where Python itself would
 * end here (--version, a wrong option), the process ends in the same way. Thread: the
 * one that will run the program. */
PT_MUST_CHECK enum pt_status pt_python_start(const char *executable, int argc,
                                             char **argv, struct pt_error *error);

#endif
