#include "embed/modules.h"

#include <Python.h>

#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Where the program's own modules lie: sys.path[0], which Python has not put there yet.
 * New reference; NULL with an exception. */
static PyObject *program_folder(const struct pt_command *command)
{
    const char *script = command->kind == PT_COMMAND_SCRIPT ? command->target : "";
    const char *slash = strrchr(script, '/');
    if (slash == NULL)
        return PyUnicode_FromString("");
    return PyUnicode_DecodeFSDefaultAndSize(script, slash - script + 1);
}

/* Steals `entry`, which may be NULL. */
static bool append(PyObject *list, PyObject *entry)
{
    bool done = entry != NULL && PyList_Append(list, entry) == 0;
    Py_XDECREF(entry);
    return done;
}

/* [program's folder, the program itself (a folder or an archive), python_modules_path
 * …]. New reference; NULL with an exception. */
static PyObject *extra_path(const struct pt_config *config,
                            const struct pt_command *command)
{
    const struct pt_strings *paths = &config->python_modules_path;
    PyObject *list = PyList_New(0);
    bool done = list != NULL && append(list, program_folder(command));

    if (command->kind == PT_COMMAND_SCRIPT)
        done = done && append(list, PyUnicode_DecodeFSDefault(command->target));
    for (size_t i = 0; done && i < paths->n; i++)
        done = append(list, PyUnicode_DecodeFSDefault(paths->items[i]));
    if (!done)
        Py_CLEAR(list);
    return list;
}

/* Does import's own search find `name`? An error counts as yes: the program will see
 * it. */
static bool is_found(PyObject *name, PyObject *path)
{
    PyObject *modules = PySys_GetObject("modules"); /* borrowed */
    if (modules != NULL && PyDict_Contains(modules, name) == 1)
        return true;
    PyObject *importer = PyImport_ImportModule("_frozen_importlib");
    PyObject *files = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *finder = NULL, *spec = NULL;
    if (importer != NULL)
        spec = PyObject_CallMethod(importer, "_find_spec", "OO", name, Py_None);
    if (spec == Py_None && files != NULL) {
        Py_CLEAR(spec);
        finder = PyObject_GetAttrString(files, "PathFinder");
        if (finder != NULL)
            spec = PyObject_CallMethod(finder, "find_spec", "OO", name, path);
    }
    bool found = spec != Py_None;
    Py_XDECREF(spec);
    Py_XDECREF(finder);
    Py_XDECREF(files);
    Py_XDECREF(importer);
    PyErr_Clear();
    return found;
}

/* The search fills sys.path_importer_cache with what the folders hold now; the program
 * starts with the cache as it was. */
static bool is_found_unseen(const char *top, PyObject *path)
{
    PyObject *name = PyUnicode_FromString(top);
    PyObject *cache = PySys_GetObject("path_importer_cache"); /* borrowed */
    PyObject *kept = cache != NULL && PyDict_Check(cache) ? PyDict_Copy(cache) : NULL;
    bool found = name == NULL || is_found(name, path);
    if (kept != NULL) {
        PyDict_Clear(cache);
        (void)PyDict_Update(cache, kept);
    }
    Py_XDECREF(kept);
    Py_XDECREF(name);
    PyErr_Clear();
    return found;
}

enum pt_status pt_modules_check(const struct pt_config *config,
                                const struct pt_command *command,
                                struct pt_error *error)
{
    enum pt_status status = PT_OK;
    const char *who = config->file;
    if (who == NULL && config->include.n > 0)
        who = "--target"; /* the only other way to an include list */
    if (who == NULL)
        return PT_OK;
    PyObject *path = extra_path(config, command);
    for (size_t i = 0; path != NULL && i < config->modules_to_load.n; i++) {
        char top[NAME_MAX + 1];
        const char *name = config->modules_to_load.items[i];
        size_t length = strcspn(name, ".");
        if (length > NAME_MAX || strchr(name, '*') != NULL)
            continue;
        memcpy(top, name, length);
        top[length] = '\0';
        if (!is_found_unseen(top, path)) {
            status = pt_error_set(error, PT_E_MISSING,
                                  "%s: modules_to_load names %s, and Python finds no "
                                  "module %s; install it, correct the name, or add its "
                                  "folder to python_modules_path",
                                  who, name, top);
            break;
        }
    }
    Py_XDECREF(path);
    PyErr_Clear();
    return status;
}
