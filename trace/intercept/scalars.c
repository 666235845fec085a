/* The arithmetic of numpy's scalars of floating-point numbers. Each type has a table of
 * functions of its own, which the interpreter reads at every operator. */
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "cpython/numpy_abi.h"
#include "intercept/builtins.h"

static const struct {
    const char *name;
    size_t offset; /* in PyNumberMethods */
    enum pt_calling calling;
} operators[] = {
    {"__add__", offsetof(PyNumberMethods, nb_add), PT_CALLING_BINARY},
    {"__sub__", offsetof(PyNumberMethods, nb_subtract), PT_CALLING_BINARY},
    {"__mul__", offsetof(PyNumberMethods, nb_multiply), PT_CALLING_BINARY},
    {"__truediv__", offsetof(PyNumberMethods, nb_true_divide), PT_CALLING_BINARY},
    {"__floordiv__", offsetof(PyNumberMethods, nb_floor_divide), PT_CALLING_BINARY},
    {"__mod__", offsetof(PyNumberMethods, nb_remainder), PT_CALLING_BINARY},
    {"__divmod__", offsetof(PyNumberMethods, nb_divmod), PT_CALLING_BINARY},
    {"__pow__", offsetof(PyNumberMethods, nb_power), PT_CALLING_BINARY},
    {"__neg__", offsetof(PyNumberMethods, nb_negative), PT_CALLING_UNARY},
    {"__abs__", offsetof(PyNumberMethods, nb_absolute), PT_CALLING_UNARY},
};

/* Types may share a table with the one they are derived from: its operators are hooked
 * once, in the name of the first. */
static void hook_type(PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');

    if (!type->tp_as_number)
        return;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(operators); i++) {
        char name[64];
        struct pt_builtin_names names = {"numpy", name, NULL, false};
        void **slot = (void **)((char *)type->tp_as_number + operators[i].offset);

        snprintf(name, sizeof name, "%s.%s", dot ? dot + 1 : type->tp_name,
                 operators[i].name);
        pt_slot_hook(slot, operators[i].calling, &names, NULL);
    }
    PyType_Modified(type);
}

void pt_scalars_module(PyObject *module, const char *name)
{
    PyTypeObject *type;

    (void)module;
    if (!pt_numpy_is_core(name) || !pt_runtime.running ||
        !pt_runtime.config->numpy.scalar)
        return;
    for (size_t i = 0; (type = pt_numpy_float_type(i)); i++)
        hook_type(type);
}
