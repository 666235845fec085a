/* The interpreter that would have run the program. */
#ifndef PT_LAUNCHER_INTERPRETER_H
#define PT_LAUNCHER_INTERPRETER_H

#include <linux/limits.h>

#include "base/status.h"

struct pt_interpreter {
    char command[PATH_MAX];    /* what was started: --python, or what PATH gave */
    char executable[PATH_MAX]; /* what it calls sys.executable */
    char version[16];          /* "3.11" */
    char release[32];          /* "3.11.2" */
    char program[PATH_MAX];    /* the file that runs: no link, no script around it */
};

/* Chooses: `wanted` (may be NULL), else that of VIRTUAL_ENV, of CONDA_PREFIX, python3
 * or python on PATH; then runs it to ask for its version. PT_E_MISSING: there is none;
 * PT_E_UNSUPPORTED: not CPython, or a free-threaded build. */
PT_MUST_CHECK enum pt_status pt_interpreter_find(const char *wanted,
                                                 struct pt_interpreter *interpreter,
                                                 struct pt_error *error);

/* The tracer (a shared object) built for this version, in ../libexec/pytracer beside
 * our own executable: `path` has room for PATH_MAX. PT_E_MISSING says how to build it.
 */
PT_MUST_CHECK enum pt_status
pt_interpreter_tracer(const struct pt_interpreter *interpreter, char *path,
                      struct pt_error *error);

#endif
