/* The stochastic arithmetic as an extension module, so that the tests can switch it on
 * inside an ordinary interpreter: start, stop, pause, resume, counts, draws. */
#include <Python.h>

#include "fuzzy/fuzzy.h"

static PyObject *raise(const struct pt_error *error)
{
    PyErr_Format(PyExc_RuntimeError, "%s: %s", pt_status_name(error->status),
                 error->text);
    return NULL;
}

/* start(umath_module, layers, mode, seed, precision64, precision32) */
static PyObject *start(PyObject *self, PyObject *args)
{
    PyObject *umath;
    const char *layers, *mode;
    unsigned long long seed;
    struct pt_fuzzy_options options = {0};
    struct pt_error error = {0};

    (void)self;
    if (!PyArg_ParseTuple(args, "OssKII", &umath, &layers, &mode, &seed,
                          &options.precision_binary64, &options.precision_binary32))
        return NULL;
    options.seed = seed;
    if (pt_fuzzy_parse_layers(layers, &options.layers, &error) != PT_OK ||
        pt_fuzzy_parse_mode(mode, &options.mode, &error) != PT_OK ||
        pt_fuzzy_start(&options, &error) != PT_OK ||
        pt_fuzzy_python_ready(&error) != PT_OK ||
        pt_fuzzy_numpy_ready(umath, &error) != PT_OK ||
        pt_fuzzy_libraries_ready(&error) != PT_OK)
        return raise(&error);
    Py_RETURN_NONE;
}

/* ready(umath_module): once more, as for a module that is executed twice */
static PyObject *ready(PyObject *self, PyObject *umath)
{
    struct pt_error error = {0};
    (void)self;
    if (pt_fuzzy_numpy_ready(umath, &error) != PT_OK)
        return raise(&error);
    Py_RETURN_NONE;
}

static PyObject *stop(PyObject *self, PyObject *none)
{
    (void)self;
    (void)none;
    pt_fuzzy_stop();
    Py_RETURN_NONE;
}

static PyObject *pause_thread(PyObject *self, PyObject *none)
{
    (void)self;
    (void)none;
    pt_fuzzy_pause();
    Py_RETURN_NONE;
}

static PyObject *resume(PyObject *self, PyObject *none)
{
    (void)self;
    (void)none;
    pt_fuzzy_resume();
    Py_RETURN_NONE;
}

static PyObject *forked(PyObject *self, PyObject *process)
{
    (void)self;
    pt_fuzzy_forked(PyLong_AsUnsignedLongLong(process));
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* counts() -> (perturbed, nearest, names of the active layers) */
static PyObject *counts(PyObject *self, PyObject *none)
{
    struct pt_fuzzy_counts n = pt_fuzzy_counts();
    char layers[64];
    (void)self;
    (void)none;
    pt_fuzzy_layers_text(pt_fuzzy_active(), layers, sizeof layers);
    return Py_BuildValue("KKs", (unsigned long long)n.perturbed,
                         (unsigned long long)n.nearest, layers);
}

static PyMethodDef methods[] = {
    {"start", start, METH_VARARGS, NULL},  {"ready", ready, METH_O, NULL},
    {"stop", stop, METH_NOARGS, NULL},     {"pause", pause_thread, METH_NOARGS, NULL},
    {"resume", resume, METH_NOARGS, NULL}, {"forked", forked, METH_O, NULL},
    {"counts", counts, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                        .m_name = "pt_fuzzy_module", .m_size = -1,
                                        .m_methods = methods};

PyMODINIT_FUNC PyInit_pt_fuzzy_module(void);

PyMODINIT_FUNC PyInit_pt_fuzzy_module(void)
{
    return PyModule_Create(&definition);
}
