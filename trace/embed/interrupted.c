#define Py_BUILD_CORE_MODULE 1
#include "embed/interrupted.h"

#include <Python.h>

/* Headers of the interpreter's interior: not written for our warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#if PY_VERSION_HEX >= 0x030c0000
#include <internal/pycore_runtime.h>
#else
#include <internal/pycore_pylifecycle.h>
#endif
#pragma GCC diagnostic pop

bool pt_interrupted(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return _PyRuntime.signals.unhandled_keyboard_interrupt != 0;
#else
    return _Py_UnhandledKeyboardInterrupt != 0;
#endif
}
