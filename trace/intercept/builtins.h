/* Functions and methods of compiled modules. builtins.c intercepts one definition,
 * compiled.c finds them. Guarded by the GIL. */
#ifndef PT_INTERCEPT_BUILTINS_H
#define PT_INTERCEPT_BUILTINS_H

#include "intercept/objects.h"

struct pt_builtin_names {
    const char *module, *name;      /* where it is defined, and its qualified name */
    const PyCodeObject *parameters; /* Cython's; NULL: as the definition's text says */
};

/* Records the calls through `definition` from now on, if they are selected. False if
 * they cannot be recorded, or already are. */
bool pt_builtin_hook(PyMethodDef *definition, const struct pt_builtin_names *names,
                     enum pt_function_kind kind);
bool pt_builtin_is_hooked(const PyMethodDef *definition);

/* The parameters of a code object; as pt_signature_names. */
size_t pt_parameter_names(const PyCodeObject *code, struct pt_name *names, size_t room);

#endif
