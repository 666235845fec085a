/* Extension modules, at the moment when they have been executed. The interpreter's
 * import runs _imp.exec_dynamic once for each; its method definition is static data
 * that is read at every call, so the function pointer in it is replaced. */
#include <string.h>

#include "base/log.h"
#include "cpython/numpy_abi.h"
#include "cpython/patch.h"
#include "intercept/runtime.h"

enum { CALLBACKS = 8 };

static struct {
    pt_intercept_module_callback *callbacks[CALLBACKS];
    size_t n;
    pt_intercept_module_callback *before;
    PyCFunction original; /* NULL: not watching yet */
} watch;

static const char *name_of(PyObject *module)
{
    PyObject *names = PyModule_GetDict(module);
    PyObject *name = names ? PyDict_GetItemString(names, "__name__") : NULL;

    return name && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
}

static PyObject *exec_dynamic(PyObject *self, PyObject *module)
{
    const char *name = PyModule_Check(module) ? name_of(module) : NULL;
    if (name && watch.before)
        watch.before(module, name);
    PyObject *result = watch.original(self, module);
    name = result && PyModule_Check(module) ? name_of(module) : NULL;

    for (size_t i = 0; name && i < watch.n; i++) {
        pt_intercept_suspend();
        watch.callbacks[i](module, name);
        pt_intercept_resume();
    }
    if (result)
        PyErr_Clear();
    return result;
}

enum pt_status pt_modules_watch(struct pt_error *error)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *imp = modules ? PyDict_GetItemString(modules, "_imp") : NULL;
    PyObject *function =
        imp && PyModule_Check(imp)
            ? PyDict_GetItemString(PyModule_GetDict(imp), "exec_dynamic")
            : NULL;
    PyMethodDef *definition;
    PyCFunction replacement = exec_dynamic;
    void *pointer;

    if (watch.original)
        return PT_OK;
    if (!function || !PyCFunction_CheckExact(function) ||
        PyCFunction_GET_FLAGS(function) != METH_O)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "this Python's import has no _imp.exec_dynamic as known");
    definition = ((PyCFunctionObject *)function)->m_ml;
    watch.original = definition->ml_meth;
    memcpy(&pointer, &replacement, sizeof pointer);
    if (pt_patch_pointer((void **)&definition->ml_meth, pointer))
        return PT_OK;
    watch.original = NULL;
    return pt_error_set(
        error, PT_E_UNSUPPORTED,
        "cannot watch the loading of extension modules: the system does "
        "not let libpython's data be changed");
}

void pt_intercept_before_module(pt_intercept_module_callback *callback)
{
    watch.before = callback;
}

enum pt_status pt_intercept_on_module(pt_intercept_module_callback *callback,
                                      struct pt_error *error)
{
    for (size_t i = 0; i < watch.n; i++)
        if (watch.callbacks[i] == callback)
            return PT_OK;
    if (watch.n == CALLBACKS)
        return pt_error_set(error, PT_E_LIMIT, "more than %d callbacks for modules",
                            CALLBACKS);
    watch.callbacks[watch.n++] = callback;
    return pt_modules_watch(error);
}
