#include "embed/process_calls.h"

#include <Python.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "embed/own_threads.h"
#include "embed/session.h"
#include "embed/termination.h"

enum call { CALL_EXIT, CALL_EXECV, CALL_EXECVE, CALL_FORK, CALL_N };

/* The C functions that stood there before; NULL: not covered. Written once, before the
 * program. */
static PyCFunction originals[CALL_N];

#define AS(type, function) ((type)(void (*)(void))(function))

/* The status where that is plain to see; the rest is the original's to refuse. */
static int status_of(PyObject *const *arguments, Py_ssize_t n, PyObject *names)
{
    if (n + (names != NULL ? PyTuple_GET_SIZE(names) : 0) != 1 ||
        !PyLong_Check(arguments[0]))
        return -1;
    int overflow = 0;
    long status = PyLong_AsLongAndOverflow(arguments[0], &overflow);
    return overflow != 0 || status < INT_MIN || status > INT_MAX ? -1
                                                                 : (int)(status & 0xff);
}

static PyObject *exit_at_once(PyObject *module, PyObject *const *arguments,
                              Py_ssize_t n, PyObject *names)
{
    int exit_status = status_of(arguments, n, names);
    if (exit_status >= 0) {
        pt_session_stop();
        pt_session_seal((struct pt_ending){.exit_status = exit_status});
    }
    return AS(_PyCFunctionFastWithKeywords, originals[CALL_EXIT])(module, arguments, n,
                                                                  names);
}

/* Will the system find that program? os.execvp tries one folder after the other. A
 * path-like object is not asked: that would be the program's code. */
static bool is_there(PyObject *path)
{
    PyObject *bytes = NULL;
    if (PyUnicode_Check(path))
        bytes = PyUnicode_EncodeFSDefault(path);
    else if (PyBytes_Check(path))
        bytes = Py_NewRef(path);
    bool there = bytes != NULL && access(PyBytes_AS_STRING(bytes), X_OK) == 0;
    Py_XDECREF(bytes);
    PyErr_Clear();
    return there;
}

static void before_exec(PyObject *const *arguments, Py_ssize_t n)
{
    if (n < 2 || pt_session_stopped() || !is_there(arguments[0]))
        return;
    pt_session_stop();
    pt_session_seal((struct pt_ending){.exit_status = -1});
}

static PyObject *exec_v(PyObject *module, PyObject *const *arguments, Py_ssize_t n)
{
    before_exec(arguments, n);
    return AS(_PyCFunctionFast, originals[CALL_EXECV])(module, arguments, n);
}

static PyObject *exec_ve(PyObject *module, PyObject *const *arguments, Py_ssize_t n,
                         PyObject *names)
{
    before_exec(arguments, n);
    return AS(_PyCFunctionFastWithKeywords, originals[CALL_EXECVE])(module, arguments,
                                                                    n, names);
}

/* From 3.12 on Python warns of a fork in a process with several threads. Ours are no
 * reason: they hold no lock that the child could need. Where there are no others, the
 * fork is made here, as posix.fork makes it. */
static PyObject *fork_without_warning(PyObject *module, PyObject *unused)
{
#if PY_VERSION_HEX >= 0x030c0000
    if (!pt_own_threads_alone())
        return originals[CALL_FORK](module, unused);
    if (PySys_Audit("os.fork", NULL) < 0)
        return NULL;
    PyOS_BeforeFork();
    pid_t pid = fork();
    int failure = errno;
    if (pid == 0)
        PyOS_AfterFork_Child();
    else
        PyOS_AfterFork_Parent();
    if (pid >= 0)
        return PyLong_FromLong(pid);
    errno = failure;
    return PyErr_SetFromErrno(PyExc_OSError);
#else
    return originals[CALL_FORK](module, unused);
#endif
}

static PyObject *fork_process(PyObject *module, PyObject *unused)
{
    struct pt_error error;
    pid_t before = getpid();
    PyObject *result = fork_without_warning(module, unused);
    if (getpid() == before || result == NULL)
        return result;
    if (pt_session_continue(&error) != PT_OK)
        pt_log_warning("a forked process is not traced: %s", error.text);
    else if (pt_termination_install(&error) != PT_OK)
        pt_log_warning("SIGTERM will not seal the trace: %s", error.text);
    return result;
}

/* The method definition is changed where it stands, so that every reference to the
 * function, however old, leads here. One of another form than expected is left alone.
 */
static void cover(PyObject *posix, enum call call, const char *name, int flags,
                  PyCFunction ours)
{
    PyObject *function = PyObject_GetAttrString(posix, name);
    if (function != NULL && PyCFunction_Check(function)) {
        PyMethodDef *definition = ((PyCFunctionObject *)function)->m_ml;
        if (definition->ml_flags == flags) {
            originals[call] = definition->ml_meth;
            definition->ml_meth = ours;
        }
    }
    Py_XDECREF(function);
    PyErr_Clear();
}

bool pt_process_calls_cover(void)
{
    enum { WITH_NAMES = METH_FASTCALL | METH_KEYWORDS };
    PyObject *posix = PyImport_ImportModule("posix");
    if (posix == NULL)
        return false;
    cover(posix, CALL_EXIT, "_exit", WITH_NAMES, AS(PyCFunction, exit_at_once));
    cover(posix, CALL_EXECV, "execv", METH_FASTCALL, AS(PyCFunction, exec_v));
    cover(posix, CALL_EXECVE, "execve", WITH_NAMES, AS(PyCFunction, exec_ve));
    cover(posix, CALL_FORK, "fork", METH_NOARGS, fork_process);
    Py_DECREF(posix);
    return true;
}
