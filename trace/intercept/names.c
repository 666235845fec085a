#include <stdio.h>
#include <string.h>

#include "cpython/attributes.h"
#include "intercept/runtime.h"

static bool is_word(const char *part, size_t bytes, const char *word)
{
    return bytes == strlen(word) && memcmp(part, word, bytes) == 0;
}

/* By custom a leading underscore; numpy hid its parts in "core", "lib",
 * "mtrand" and "linalg.linalg" before. `outer` is the part before, or NULL. */
static bool is_private(const char *outer, const char *part, size_t bytes)
{
    size_t outer_bytes = outer ? (size_t)(part - 1 - outer) : 0;

    return part[0] == '_' || is_word(part, bytes, "core") ||
           is_word(part, bytes, "lib") || is_word(part, bytes, "mtrand") ||
           (outer && outer_bytes == bytes && memcmp(outer, part, bytes) == 0);
}

/* True if a part of the dotted name is not meant for users. */
static bool has_private_part(const char *module)
{
    const char *outer = NULL, *part = module;

    for (;;) {
        size_t bytes = strcspn(part, ".");

        if (is_private(outer, part, bytes))
            return true;
        if (!part[bytes])
            return false;
        outer = part;
        part += bytes + 1;
    }
}

static bool is_text(PyObject *object, const char *text)
{
    return object && PyUnicode_Check(object) &&
           PyUnicode_CompareWithASCIIString(object, text) == 0;
}

/* Decorators leave what they wrap in __wrapped__. What stands for the function need not
 * be one itself: numpy's dispatchers are objects of a type of theirs. */
static bool is_function_of(PyObject *object, const char *module, const char *name)
{
    for (int i = 0; i < 8 && object; i++) {
        PyFunctionObject *function = (PyFunctionObject *)object;

        if (PyFunction_Check(object) && is_text(function->func_module, module) &&
            is_text(function->func_qualname, name))
            return true;
        object =
            PyModule_Check(object) ? NULL : pt_attributes_get(object, "__wrapped__");
    }
    return false;
}

/* True if `object`, found in `package`, is the function or class `name` that `module`
 * defines. A class may say that its home is the package. */
static bool is_defined_as(PyObject *object, const char *package, const char *module,
                          const char *name)
{
    PyTypeObject *type = (PyTypeObject *)object;
    PyObject *home;

    if (!PyType_Check(object) || !(type->tp_flags & Py_TPFLAGS_HEAPTYPE))
        return is_function_of(object, module, name);
    home = PyDict_GetItemString(type->tp_dict, "__module__");
    return (is_text(home, module) || is_text(home, package)) &&
           is_text(((PyHeapTypeObject *)object)->ht_qualname, name);
}

/* What the package has under the name, or NULL. Borrowed. */
static PyObject *member(const char *package, const char *name)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *home, *names;

    if (!modules || !PyDict_CheckExact(modules))
        return NULL;
    home = PyDict_GetItemString(modules, package);
    if (!home || !PyModule_Check(home))
        return NULL;
    names = PyModule_GetDict(home);
    return names ? PyDict_GetItemString(names, name) : NULL;
}

/* `compiled`: a function or class that cannot tell where it was defined; its name has
 * to do. */
static bool exports(const char *package, const char *module, const char *name,
                    bool compiled)
{
    PyObject *object = member(package, name);

    if (!object || PyModule_Check(object))
        return false;
    return compiled || is_defined_as(object, package, module, name);
}

/* Modules that users name stay as they are. For the others, the nearest package around
 * them that has no private part and exports the class or function. */
static void find_public(const char *module, const char *qualname, bool compiled,
                        char *out, size_t room)
{
    char name[256];
    char *dot;

    snprintf(out, room, "%s", module);
    if (!has_private_part(module) || module[0] == '_')
        return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(qualname, "."), qualname);
    while ((dot = strrchr(out, '.'))) {
        *dot = '\0';
        if (!has_private_part(out) && exports(out, module, name, compiled))
            return;
    }
    snprintf(out, room, "%s", module);
}

void pt_public_module(const char *module, const char *qualname, char *out, size_t room)
{
    find_public(module, qualname, false, out, room);
}

void pt_exporting_module(const char *module, const char *qualname, char *out,
                         size_t room)
{
    find_public(module, qualname, true, out, room);
}
