/* Callables of compiled modules. builtins.c intercepts one definition or slot;
 * compiled.c finds functions and methods, constructors.c types, scalars.c the operators
 * of numpy's scalars. Guarded by the GIL. */
#ifndef PT_INTERCEPT_BUILTINS_H
#define PT_INTERCEPT_BUILTINS_H

#include "intercept/objects.h"

struct pt_builtin_names {
    const char *module, *name;      /* where it is defined, and its qualified name */
    const PyCodeObject *parameters; /* Cython's; NULL: as the definition's text says */
    bool unlisted;                  /* not to be recorded, whatever is selected */
};

/* Records the calls through `definition` from now on, if they are selected, and rounds
 * them, if the layer rounding reaches them. False if nothing is to be done or can be,
 * or already is. */
bool pt_builtin_hook(PyMethodDef *definition, const struct pt_builtin_names *names,
                     enum pt_function_kind kind);
/* How the function in a slot is called. */
enum pt_calling {
    PT_CALLING_METHOD, /* as the flags of its definition say: pt_builtin_hook */
    PT_CALLING_NEW,    /* tp_new: type, arguments, keywords */
    PT_CALLING_INIT,   /* tp_init: object, arguments, keywords; returns a status */
    PT_CALLING_VECTOR, /* tp_vectorcall: type, arguments, their number, keywords */
    PT_CALLING_UNARY,  /* one number */
    PT_CALLING_BINARY  /* two of any type; of a power also a third, which is None */
};

/* Records the calls through a slot of a type in the same way. `text`: where the
 * documentation stands that begins with the signature, or NULL. */
bool pt_slot_hook(void **slot, enum pt_calling calling,
                  const struct pt_builtin_names *names, const char *const *text);

bool pt_builtin_is_hooked(const PyMethodDef *definition);

/* The parameters of a code object; as pt_signature_names. */
size_t pt_parameter_names(const PyCodeObject *code, struct pt_name *names, size_t room);

/* Records the making of objects of `type`, whose name and module are `names`, as
 * "type.__init__" or "type.__new__". */
void pt_constructor_hook(PyTypeObject *type, const struct pt_builtin_names *names);

#endif
