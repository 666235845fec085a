#include "embed/handle.h"

#include <Python.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handover.h"

/* Takes the launcher's libpython out of LD_PRELOAD again. */
static void restore_environment(const char *library)
{
    const char *value = getenv("LD_PRELOAD");
    size_t length = strlen(library);
    if (length == 0 || value == NULL || strncmp(value, library, length) != 0)
        return;
    if (value[length] == ':') {
        char *before = strdup(value + length + 1);
        if (before != NULL)
            setenv("LD_PRELOAD", before, 1);
        free(before);
    } else
        unsetenv("LD_PRELOAD");
}

/* The standard library that Python is about to use is of the interpreter's release. */
static enum pt_status check_release(char **argv, struct pt_error *error)
{
    const char *ours = Py_GetVersion(), *wanted = argv[PT_HANDLE_RELEASE];
    size_t length = strlen(wanted);
    if (strncmp(ours, wanted, length) == 0 && strspn(ours + length, "0123456789") == 0)
        return PT_OK;
    return pt_error_set(error, PT_E_UNSUPPORTED,
                        "%s is Python %s and has no shared libpython, the tracer's is "
                        "%.*s: build a tracer for it (cmake "
                        "-DPython3_EXECUTABLE=%s …), or name another interpreter with "
                        "--python",
                        argv[PT_HANDLE_PYTHON], wanted, (int)strcspn(ours, " "), ours,
                        argv[PT_HANDLE_PYTHON]);
}

enum pt_status pt_handle_read(int argc, char **argv, struct pt_handle *handle,
                              struct pt_error *error)
{
    if (argc <= PT_HANDLE_ARGUMENTS)
        return pt_error_set(error, PT_E_USAGE,
                            "this program is started by pytracer-trace, not by hand");
    if (strcmp(argv[PT_HANDLE_VERSION], PT_VERSION) != 0)
        return pt_error_set(error, PT_E_VERSION,
                            "%s is of version " PT_VERSION
                            ", pytracer-trace of %s: install them together",
                            argv[0], argv[PT_HANDLE_VERSION]);
    int descriptor = atoi(argv[PT_HANDLE_DESCRIPTOR]);
    enum pt_status status = pt_handover_read(descriptor, &handle->config, error);
    close(descriptor);
    restore_environment(argv[PT_HANDLE_LIBRARY]);
    if (status == PT_OK)
        status = check_release(argv, error);
    for (enum pt_report report = 0; report < PT_REPORT_N; report++)
        if (strcmp(argv[PT_HANDLE_REPORT], pt_report_name(report)) == 0)
            handle->report = report;
    handle->executable = argv[PT_HANDLE_PYTHON];
    handle->argc = argc - PT_HANDLE_ARGUMENTS;
    handle->argv = argv + PT_HANDLE_ARGUMENTS;
    handle->command = pt_command_find(handle->argc - 1, handle->argv + 1);
    return status;
}
