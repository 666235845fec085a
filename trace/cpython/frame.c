#include "cpython/frame.h"

Py_ssize_t pt_code_extra_open(freefunc release, void *probe)
{
    PyCodeObject *code = PyCode_NewEmpty("pytracer", "probe", 1);
    Py_ssize_t index = -1;

    if (!code)
        goto done;
    index = _PyEval_RequestCodeExtraIndex(release);
    if (index < 0)
        goto done;
    if (!pt_code_extra_set(code, index, probe) || pt_code_extra(code, index) != probe)
        index = -1;
done:
    Py_XDECREF(code);
    PyErr_Clear();
    return index;
}

bool pt_code_extra_set(PyCodeObject *code, Py_ssize_t index, void *data)
{
    if (_PyCode_SetExtra((PyObject *)code, index, data) == 0)
        return true;
    PyErr_Clear();
    return false;
}

void pt_frame_hook_set(pt_frame_hook *hook)
{
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(),
                                         hook ? hook : _PyEval_EvalFrameDefault);
}
