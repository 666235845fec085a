/* When import is asked for `pytracer`, it first asks whether that is a builtin module:
 * this is where we learn of it, before any folder is searched. The folder that holds
 * our pytracer.py then becomes the last one of sys.path, and the functions it needs are
 * put into sys.modules. */
#include "embed/markers.h"

#include <Python.h>

#include <stdbool.h>
#include <string.h>

#include "cpython/patch.h"
#include "intercept/intercept.h"

/* ---- what pytracer.py calls ------------------------------------------------------ */

static PyObject *enter(PyObject *self, PyObject *name)
{
    const char *text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
    struct pt_region_mark mark;

    (void)self;
    if (text == NULL) {
        PyErr_Clear();
        text = "?";
    }
    mark = pt_intercept_region_enter(text);
    return Py_BuildValue("KIn", (unsigned long long)mark.epoch, mark.thread,
                         (Py_ssize_t)mark.level);
}

static PyObject *leave(PyObject *self, PyObject *arguments)
{
    unsigned long long epoch;
    Py_ssize_t level;
    unsigned thread;
    PyObject *raised; /* borrowed: the type of an exception, or None */

    (void)self;
    if (!PyArg_ParseTuple(arguments, "(KIn)O", &epoch, &thread, &level, &raised)) {
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    pt_intercept_region_leave((struct pt_region_mark){epoch, thread, (size_t)level},
                              raised);
    Py_RETURN_NONE;
}

static PyObject *pause_all(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    pt_intercept_pause();
    Py_RETURN_NONE;
}

static PyObject *resume_all(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    pt_intercept_continue();
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"enter", enter, METH_O, NULL},
                                  {"leave", leave, METH_VARARGS, NULL},
                                  {"pause", pause_all, METH_NOARGS, NULL},
                                  {"resume", resume_all, METH_NOARGS, NULL},
                                  {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_pytracer",
                                        .m_size = -1, .m_methods = functions};

/* ---- import ---------------------------------------------------------------------- */

static const char *tracer; /* path of our shared object. Written before the program */

/* The folder "python" beside the tracer. New reference; NULL with an exception. */
static PyObject *our_folder(void)
{
    const char *slash = strrchr(tracer, '/'); /* the path is absolute */
    PyObject *folder = PyUnicode_DecodeFSDefaultAndSize(tracer, slash - tracer);
    PyObject *path = folder != NULL ? PyUnicode_FromFormat("%U/python", folder) : NULL;
    Py_XDECREF(folder);
    return path;
}

static void provide(void)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    PyObject *folders = PySys_GetObject("path");  /* borrowed */
    PyObject *folder = our_folder(), *module;

    if (folder != NULL && folders != NULL && PyList_Check(folders) &&
        PySequence_Contains(folders, folder) == 0)
        (void)PyList_Append(folders, folder);
    Py_XDECREF(folder);
    if (modules != NULL && PyDict_GetItemString(modules, "_pytracer") == NULL) {
        module = PyModule_Create(&definition);
        if (module != NULL)
            (void)PyDict_SetItemString(modules, "_pytracer", module);
        Py_XDECREF(module);
    }
    PyErr_Clear();
}

static PyCFunction original; /* NULL: not installed. Written once, before the program */

static PyObject *is_builtin(PyObject *self, PyObject *name)
{
    if (PyUnicode_Check(name) &&
        PyUnicode_CompareWithASCIIString(name, "pytracer") == 0)
        provide();
    return original(self, name);
}

enum pt_status pt_markers_install(const char *path, struct pt_error *error)
{
    PyObject *imp = PyImport_ImportModule("_imp");
    PyObject *function = imp != NULL ? PyObject_GetAttrString(imp, "is_builtin") : NULL;
    PyCFunction ours = is_builtin;
    bool done = false;
    void *pointer;

    tracer = path;
    memcpy(&pointer, &ours, sizeof pointer);
    if (function != NULL && PyCFunction_CheckExact(function) &&
        PyCFunction_GET_FLAGS(function) == METH_O) {
        PyMethodDef *method = ((PyCFunctionObject *)function)->m_ml;

        original = method->ml_meth;
        done = pt_patch_pointer((void **)&method->ml_meth, pointer);
    }
    Py_XDECREF(function);
    Py_XDECREF(imp);
    PyErr_Clear();
    return done ? PT_OK
                : pt_error_set(error, PT_E_UNSUPPORTED,
                               "this Python's import has no _imp.is_builtin as known");
}
