/* The tracer of one Python version: a shared object that pytracer-trace preloads into
 * the user's own interpreter. It runs its main in the place of the interpreter's: what
 * `python` would do on the command line that is handed over (embed/handle.h), with the
 * interception in place before the program's first line. Python's API is that of the
 * executable or of its libpython: nothing of Python is linked.
 *
 *   start       our main in the place of the interpreter's
 *   handle      command line and configuration, from the launcher
 *   stack       the interpreter's thread
 *   python      start-up as `python` does it
 *   modules     are the configured modules there?
 *   session     the trace, from open to seal      (metadata, sources, report)
 *   endings     every way out leads to the seal   (termination: SIGTERM)  */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>

#include "embed/endings.h"
#include "embed/handle.h"
#include "embed/markers.h"
#include "embed/modules.h"
#include "embed/own_threads.h"
#include "embed/python.h"
#include "embed/session.h"
#include "embed/stack.h"
#include "embed/start.h"
#include "embed/stochastic.h"

static _Noreturn void refuse(const struct pt_error *error)
{
    fprintf(stderr, "pytracer-trace: %s\n", error->text);
    exit(error->status == PT_E_USAGE ? 2 : 1);
}

/* The whole life of the interpreter; ends the process. */
static void run(void *context)
{
    const struct pt_handle *handle = context;
    struct pt_error error = {0};

    enum pt_status status = pt_stochastic_start(handle->config, &error);
    if (status == PT_OK)
        status =
            pt_python_start(handle->executable, handle->argc, handle->argv, &error);
    if (status == PT_OK)
        status = pt_modules_check(handle->config, &handle->command, &error);
    if (status == PT_OK)
        status = pt_stochastic_watch(handle->config, &error);
    if (status == PT_OK)
        status = pt_session_open(handle, &error);
    if (status == PT_OK)
        status = pt_markers_install(handle->tracer, &error);
    if (status == PT_OK)
        status = pt_endings_install(&error);
    if (status != PT_OK)
        refuse(&error);
    exit(Py_RunMain());
}

int pt_start_main(int argc, char **argv, char **variables)
{
    struct pt_handle handle = {0};
    struct pt_error error = {0};

    (void)variables;
    enum pt_status status = pt_handle_read(argc, argv, &handle, &error);
    const char *missing = pt_start_missing();
    if (status == PT_OK && missing != NULL)
        status = pt_error_set(&error, PT_E_UNSUPPORTED,
                              "%s has no %s, which the tracer needs: name another "
                              "interpreter with --python",
                              handle.executable, missing);
    if (status == PT_OK) {
        pt_own_threads_name_process(handle.argv[0]);
        status = pt_stack_run(run, &handle, &error);
    }
    if (status != PT_OK)
        refuse(&error);
    return 1;
}
