#ifndef Py_BUILD_CORE
#define Py_BUILD_CORE 1
#endif
#include "cpython/attributes.h"

#include "internal/pycore_dict.h"
#include "internal/pycore_object.h"

#include <structmember.h>

/* Instances of ordinary classes keep their values in an array beside the object, under
 * keys that the class shares, until somebody asks for __dict__. Asking would make the
 * program slower, so both forms are read where they lie. */
static PyDictValues *inline_values(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyDictValues *values;

    if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES))
        return NULL;
    values = _PyObject_InlineValues(object);
    return values->valid ? values : NULL;
#elif PY_VERSION_HEX >= 0x030c0000
    PyDictOrValues *slot;

    if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT))
        return NULL;
    slot = _PyObject_DictOrValuesPointer(object);
    return _PyDictOrValues_IsValues(*slot) ? _PyDictOrValues_GetValues(*slot) : NULL;
#else
    if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT))
        return NULL;
    return *_PyObject_ValuesPointer(object);
#endif
}

static PyObject *instance_dictionary(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    Py_ssize_t offset = type->tp_dictoffset;

#if PY_VERSION_HEX >= 0x030d0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT)
        return (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
#elif PY_VERSION_HEX >= 0x030c0000
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT) {
        PyDictOrValues *slot = _PyObject_DictOrValuesPointer(object);
        return _PyDictOrValues_IsValues(*slot) ? NULL : _PyDictOrValues_GetDict(*slot);
    }
#else
    if (type->tp_flags & Py_TPFLAGS_MANAGED_DICT)
        return *_PyObject_ManagedDictPointer(object);
#endif
    if (offset == 0)
        return NULL;
    if (offset < 0) {
        /* behind the items of a variable-sized object, from its end */
        Py_ssize_t n = Py_SIZE(object);
        offset += (Py_ssize_t)_PyObject_VAR_SIZE(type, n < 0 ? -n : n);
    }
    return *(PyObject **)((char *)object + offset);
}

static bool may_have_slots(PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) && type->tp_mro;
}

bool pt_attributes_start(struct pt_attributes *walk, PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyDictValues *values = inline_values(object);

    *walk = (struct pt_attributes){.object = object};
    if (values) {
        PyDictKeysObject *keys = ((PyHeapTypeObject *)type)->ht_cached_keys;

        walk->keys = DK_UNICODE_ENTRIES(keys);
        walk->values = values->values;
        walk->n_values = keys->dk_nentries;
    } else {
        walk->dictionary = instance_dictionary(object);
        if (walk->dictionary && !PyDict_Check(walk->dictionary))
            walk->dictionary = NULL;
    }
    return values || walk->dictionary || type->tp_dictoffset != 0 ||
           may_have_slots(type);
}

static bool next_inline(struct pt_attributes *walk, PyObject **name, PyObject **value)
{
    const PyDictUnicodeEntry *entries = walk->keys;

    while (walk->position < walk->n_values) {
        Py_ssize_t i = walk->position++;

        if (walk->values[i] && entries[i].me_key) {
            *name = entries[i].me_key;
            *value = walk->values[i];
            return true;
        }
    }
    return false;
}

/* __slots__ are member descriptors of the heap types in the MRO. */
static bool next_slot(struct pt_attributes *walk, PyObject **name, PyObject **value)
{
    PyObject *mro = Py_TYPE(walk->object)->tp_mro;

    if (!may_have_slots(Py_TYPE(walk->object)) || !PyTuple_Check(mro))
        return false;
    for (; walk->class_index < PyTuple_GET_SIZE(mro);
         walk->class_index++, walk->slot_index = 0) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(
            mro, PyTuple_GET_SIZE(mro) - 1 - walk->class_index);
        PyObject *slots;

        if (!PyType_Check(base) || !(base->tp_flags & Py_TPFLAGS_HEAPTYPE))
            continue;
        slots = ((PyHeapTypeObject *)base)->ht_slots;
        if (!slots || !PyTuple_Check(slots))
            continue;
        while (base->tp_members && walk->slot_index < PyTuple_GET_SIZE(slots)) {
            Py_ssize_t i = walk->slot_index++;
            const PyMemberDef *member = &base->tp_members[i];

            if (!member->name || member->type != T_OBJECT_EX)
                break;
            *value = *(PyObject **)((char *)walk->object + member->offset);
            *name = PyTuple_GET_ITEM(slots, i);
            if (*value)
                return true;
        }
    }
    return false;
}

bool pt_attributes_next(struct pt_attributes *walk, PyObject **name, PyObject **value)
{
    if (walk->values) {
        if (next_inline(walk, name, value))
            return true;
    } else if (walk->dictionary &&
               PyDict_Next(walk->dictionary, &walk->position, name, value)) {
        return true;
    }
    return next_slot(walk, name, value);
}

PyObject *pt_attributes_get(PyObject *object, const char *name)
{
    struct pt_attributes walk;
    PyObject *key, *value;

    if (!pt_attributes_start(&walk, object))
        return NULL;
    while (pt_attributes_next(&walk, &key, &value))
        if (PyUnicode_Check(key) && PyUnicode_CompareWithASCIIString(key, name) == 0)
            return value;
    return NULL;
}

PyObject *pt_type_get(PyTypeObject *type, const char *name)
{
    PyObject *mro = type->tp_mro;

    if (!mro || !PyTuple_Check(mro))
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(mro); i++) {
        PyTypeObject *base = (PyTypeObject *)PyTuple_GET_ITEM(mro, i);
        PyObject *key, *value;
        Py_ssize_t position = 0;

        /* static builtin types hold no fields of the kinds that are asked for */
        if (!PyType_Check(base) || !(base->tp_flags & Py_TPFLAGS_HEAPTYPE))
            continue;
        while (PyDict_Next(base->tp_dict, &position, &key, &value))
            if (PyUnicode_Check(key) &&
                PyUnicode_CompareWithASCIIString(key, name) == 0)
                return value;
    }
    return NULL;
}
