#include "embed/python.h"

#include <Python.h>

#include <stdlib.h>

/* Ends the process as Py_BytesMain would. */
static _Noreturn void leave(PyStatus status)
{
    if (PyStatus_IsExit(status))
        exit(status.exitcode);
    Py_ExitStatusException(status);
}

enum pt_status pt_python_start(const char *executable, int argc, char **argv,
                               struct pt_error *error)
{
    PyPreConfig before;
    PyConfig config;

    PyPreConfig_InitPythonConfig(&before);
    PyStatus status = Py_PreInitializeFromBytesArgs(&before, argc, argv);
    if (PyStatus_Exception(status))
        leave(status);
    PyConfig_InitPythonConfig(&config);
    status = PyConfig_SetBytesArgv(&config, argc, argv);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.executable, executable);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(&config, &config.program_name, executable);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        leave(status);
    if (!Py_IsInitialized())
        return pt_error_set(error, PT_E_UNSUPPORTED, "%s did not start", executable);
    return PT_OK;
}
