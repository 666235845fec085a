#include "embed/endings.h"

#include <Python.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "embed/finish.h"
#include "embed/interrupted.h"
#include "embed/process_calls.h"
#include "embed/session.h"
#include "embed/stochastic.h"
#include "embed/termination.h"

/* ---- the end of the program ----------------------------------------------------- */

/* Registered before any callback of the program's, hence the last to be called. Python
 * code that empties the list by hand (atexit._run_exitfuncs) is not the end: at the end
 * there is no frame. */
static PyObject *at_exit(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    if (PyEval_GetFrame() == NULL)
        pt_session_stop();
    Py_RETURN_NONE;
}

/* After the interpreter is gone, and before Python kills itself by SIGINT. */
static void at_finalized(void)
{
    if (pt_interrupted())
        pt_session_seal((struct pt_ending){.exit_status = -1, .signal = SIGINT});
}

/* exit(), by Python or by a library. */
static void on_process_exit(int exit_status, void *unused)
{
    (void)unused;
    pt_finish((struct pt_ending){.exit_status = exit_status & 0xff});
}

/* ---- fork ----------------------------------------------------------------------- */

static PyObject *before_fork(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    pt_session_before_fork();
    Py_RETURN_NONE;
}

static PyObject *in_child(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    pt_session_in_child();
    pt_stochastic_forked(pt_session_process());
    Py_RETURN_NONE;
}

/* ---- installation --------------------------------------------------------------- */

static PyMethodDef at_exit_definition = {"at_exit", at_exit, METH_NOARGS, NULL};
static PyMethodDef before_definition = {"before_fork", before_fork, METH_NOARGS, NULL};
static PyMethodDef child_definition = {"in_child", in_child, METH_NOARGS, NULL};

static bool cover_fork(PyObject *posix)
{
    PyObject *before = PyCFunction_New(&before_definition, NULL);
    PyObject *child = PyCFunction_New(&child_definition, NULL);
    PyObject *enrol = PyObject_GetAttrString(posix, "register_at_fork");
    PyObject *names =
        Py_BuildValue("{sOsO}", "before", before, "after_in_child", child);
    PyObject *nothing = PyTuple_New(0), *result = NULL;

    if (enrol != NULL && names != NULL && nothing != NULL)
        result = PyObject_Call(enrol, nothing, names);
    bool done = result != NULL;
    Py_XDECREF(result);
    Py_XDECREF(nothing);
    Py_XDECREF(names);
    Py_XDECREF(enrol);
    Py_XDECREF(child);
    Py_XDECREF(before);
    return done;
}

/* A plain interpreter has not imported atexit: neither has ours, to look at. */
static bool cover_end(void)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    bool was_there = PyDict_GetItemString(modules, "atexit") != NULL;
    PyObject *module = PyImport_ImportModule("atexit");
    PyObject *function = PyCFunction_New(&at_exit_definition, NULL), *result = NULL;

    if (module != NULL && function != NULL)
        result = PyObject_CallMethod(module, "register", "O", function);
    if (!was_there && module != NULL)
        (void)PyDict_DelItemString(modules, "atexit");
    bool done = result != NULL;
    Py_XDECREF(result);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return done;
}

enum pt_status pt_endings_install(struct pt_error *error)
{
    PyObject *posix = PyImport_ImportModule("posix");
    bool done = posix != NULL && cover_end() && cover_fork(posix) &&
                pt_process_calls_cover() && Py_AtExit(at_finalized) == 0 &&
                on_exit(on_process_exit, NULL) == 0;
    Py_XDECREF(posix);
    PyErr_Clear();
    if (!done)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "cannot follow how the interpreter ends");
    return pt_termination_install(error);
}
