#include <Python.h>

#include "fuzzy/floats.h"
#include "fuzzy/fuzzy.h"

enum pt_status pt_fuzzy_python_ready(struct pt_error *error)
{
    if (!(pt_fuzzy_runtime.options.layers & PT_FUZZY_PYTHON))
        return PT_OK;
    enum pt_status status = pt_fuzzy_floats_install(error);
    if (status == PT_OK)
        status = pt_fuzzy_builtins_install(error);
    if (status == PT_OK)
        pt_fuzzy_layer_installed(PT_FUZZY_PYTHON);
    return status;
}
