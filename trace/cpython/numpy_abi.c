#include "cpython/numpy_abi.h"

#include <string.h>

/* Places in numpy's tables of pointers, which never move (numpy's numpy_api.py). */
enum {
    API_ABI_VERSION = 0,
    API_ARRAY_TYPE = 2,
    API_GENERIC_TYPE = 10,
    UFUNC_API_TYPE = 0
};

/* Layouts, after numpy's ndarraytypes.h and ufuncobject.h. */
struct array_object {
    PyObject_HEAD char *data;
    int nd;
    Py_ssize_t *dimensions;
    Py_ssize_t *strides;
    PyObject *base;
    PyObject *descr;
    int flags;
};
enum { ARRAY_C_CONTIGUOUS = 0x1, ARRAY_WRITEABLE = 0x400 };

struct subarray {
    PyObject *base;  /* descriptor */
    PyObject *shape; /* tuple */
};
struct descr_1 {
    PyObject_HEAD PyTypeObject *typeobj;
    char kind, type, byteorder, flags;
    int type_num;
    int elsize;
    int alignment;
    struct subarray *subarray;
    PyObject *fields;
    PyObject *names;
};
struct descr_2 { /* names, fields and subarray exist for legacy types only */
    PyObject_HEAD PyTypeObject *typeobj;
    char kind, type, byteorder, former_flags;
    int type_num;
    uint64_t flags;
    Py_ssize_t elsize;
    Py_ssize_t alignment;
    PyObject *metadata;
    Py_hash_t hash;
    void *reserved[2];
    struct subarray *subarray;
    PyObject *fields;
    PyObject *names;
};
enum { DESCR_TYPE_VOID = 20 };

struct ufunc_object {
    PyObject_HEAD int nin, nout, nargs, identity;
    void **functions;
    void **data;
    int ntypes, reserved;
    const char *name;
    const char *types;
};

struct scalar_type {
    uint16_t place; /* in the table of pointers */
    char kind;
    uint8_t item_bytes;
};
static const struct scalar_type scalar_types[] = {
    {31, 'f', 8},
    {30, 'f', 4},
    {23, 'i', sizeof(long)},
    {8, 'b', 1},
    {34, 'c', 16},
    {33, 'c', 8},
    {22, 'i', sizeof(int)},
    {20, 'i', 1},
    {21, 'i', sizeof(short)},
    {24, 'i', sizeof(long long)},
    {25, 'u', 1},
    {26, 'u', sizeof(short)},
    {27, 'u', sizeof(int)},
    {28, 'u', sizeof(long)},
    {29, 'u', sizeof(long long)},
    {217, 'f', 2},
    {32, 'f', sizeof(long double)},
    {35, 'c', 2 * sizeof(long double)},
    {215, 'M', 8},
    {216, 'm', 8},
};

/* What a type is, for the types met last: asking its whole ancestry for each value took
 * longer than writing it. A type has a version that no other one ever has, and that
 * changes with it; 0 is none. */
struct kinds {
    const PyTypeObject *type;
    unsigned version;
    bool array, generic, ufunc;
};

/* Guarded by the GIL. */
static struct {
    struct kinds known[64];
    int major; /* of the ABI; 0: numpy has not appeared */
    PyTypeObject *array, *generic, *ufunc;
    PyTypeObject *scalars[PT_ARRAY_LENGTH(scalar_types)];
} numpy;

bool pt_numpy_is_core(const char *module_name)
{
    return strcmp(module_name, "numpy.core._multiarray_umath") == 0 ||
           strcmp(module_name, "numpy._core._multiarray_umath") == 0;
}

bool pt_numpy_is_open(void)
{
    return numpy.major != 0;
}

static void **table(PyObject *module, const char *name)
{
    PyObject *names = PyModule_GetDict(module);
    PyObject *capsule = names ? PyDict_GetItemString(names, name) : NULL;

    if (!capsule || !PyCapsule_CheckExact(capsule))
        return NULL;
    return PyCapsule_GetPointer(capsule, NULL);
}

enum pt_status pt_numpy_open(PyObject *module, struct pt_error *error)
{
    void **arrays = table(module, "_ARRAY_API");
    void **ufuncs = table(module, "_UFUNC_API");
    unsigned (*abi_version)(void);
    int major;

    PyErr_Clear();
    if (!arrays || !ufuncs)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "this numpy has no C interface under the known names");
    memcpy(&abi_version, &arrays[API_ABI_VERSION], sizeof abi_version);
    major = (int)(abi_version() >> 24);
    if (major != 1 && major != 2)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "numpy's binary interface %d is not one of 1, 2", major);
    numpy.array = arrays[API_ARRAY_TYPE];
    numpy.generic = arrays[API_GENERIC_TYPE];
    numpy.ufunc = ufuncs[UFUNC_API_TYPE];
    for (size_t i = 0; i < PT_ARRAY_LENGTH(scalar_types); i++)
        numpy.scalars[i] = arrays[scalar_types[i].place];
    memset(numpy.known, 0, sizeof numpy.known);
    numpy.major = major;
    return PT_OK;
}

static bool is_of(PyTypeObject *type, PyTypeObject *base)
{
    return base && (type == base || PyType_IsSubtype(type, base));
}

static struct kinds ask_kinds(PyTypeObject *type)
{
    return (struct kinds){.type = type,
                          .version = type->tp_version_tag,
                          .array = is_of(type, numpy.array),
                          .generic = is_of(type, numpy.generic),
                          .ufunc = is_of(type, numpy.ufunc)};
}

static inline struct kinds kinds_of(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    size_t slot = ((uintptr_t)type >> 5) % PT_ARRAY_LENGTH(numpy.known);
    struct kinds *known = &numpy.known[slot];

    if (known->type == type && known->version == type->tp_version_tag &&
        known->version != 0)
        return *known;
    return *known = ask_kinds(type);
}

static void read_descr(PyObject *object, struct pt_elements *elements)
{
    const struct descr_1 *descr = (const struct descr_1 *)object;

    elements->dtype = object;
    elements->kind = descr->kind;
    elements->swapped = descr->byteorder == (PY_BIG_ENDIAN ? '<' : '>');
    if (numpy.major == 1)
        elements->item_bytes = (uint32_t)descr->elsize;
    else
        elements->item_bytes = (uint32_t)((const struct descr_2 *)object)->elsize;
}

bool pt_numpy_array(PyObject *object, struct pt_elements *elements)
{
    const struct array_object *array = (const struct array_object *)object;

    if (!kinds_of(object).array || !array->descr)
        return false;
    read_descr(array->descr, elements);
    elements->data = array->data;
    elements->ndim = array->nd;
    elements->shape = array->dimensions;
    elements->strides = array->strides;
    elements->contiguous = array->flags & ARRAY_C_CONTIGUOUS;
    elements->writeable = array->flags & ARRAY_WRITEABLE;
    elements->exact = Py_TYPE(object) == numpy.array && elements->kind != 'O';
    return true;
}

static const struct scalar_type *scalar_type_of(PyTypeObject *type)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(scalar_types); i++)
        if (type == numpy.scalars[i])
            return &scalar_types[i];
    return NULL;
}

bool pt_numpy_is_generic(PyObject *object)
{
    return kinds_of(object).generic;
}

bool pt_numpy_scalar(PyObject *object, struct pt_elements *elements)
{
    const struct scalar_type *scalar = NULL;

    if (!kinds_of(object).generic)
        return false;
    for (PyTypeObject *type = Py_TYPE(object); type && !scalar; type = type->tp_base)
        scalar = scalar_type_of(type);
    if (!scalar)
        return false;
    /* the value follows the object's head, at its own alignment, which 16 bytes are */
    static_assert(sizeof(PyObject) % 16 == 0, "place of the value of a numpy scalar");
    *elements = (struct pt_elements){.data = (const char *)(object + 1),
                                     .kind = scalar->kind,
                                     .item_bytes = scalar->item_bytes,
                                     .contiguous = true};
    return true;
}

PyTypeObject *pt_numpy_float_type(size_t i)
{
    for (size_t k = 0; k < PT_ARRAY_LENGTH(scalar_types); k++)
        if ((scalar_types[k].kind == 'f' || scalar_types[k].kind == 'c') && i-- == 0)
            return numpy.scalars[k];
    return NULL;
}

static PyObject *field_names(PyObject *dtype, PyObject **fields)
{
    PyObject *names;

    if (((const struct descr_1 *)dtype)->type_num != DESCR_TYPE_VOID)
        return NULL;
    if (numpy.major == 1) {
        names = ((const struct descr_1 *)dtype)->names;
        *fields = ((const struct descr_1 *)dtype)->fields;
    } else {
        names = ((const struct descr_2 *)dtype)->names;
        *fields = ((const struct descr_2 *)dtype)->fields;
    }
    return names && *fields && PyTuple_Check(names) ? names : NULL;
}

Py_ssize_t pt_numpy_n_fields(const struct pt_elements *elements)
{
    PyObject *fields;
    PyObject *names = elements->dtype ? field_names(elements->dtype, &fields) : NULL;

    return names ? PyTuple_GET_SIZE(names) : 0;
}

bool pt_numpy_field(const struct pt_elements *elements, Py_ssize_t i, PyObject **name,
                    struct pt_elements *field)
{
    PyObject *fields;
    PyObject *names = field_names(elements->dtype, &fields);
    PyObject *entry; /* (descriptor, offset[, title]) */

    *name = PyTuple_GET_ITEM(names, i);
    entry =
        PyObject_TypeCheck(fields, &PyDict_Type) ? PyDict_GetItem(fields, *name) : NULL;
    if (!entry || !PyTuple_Check(entry) || PyTuple_GET_SIZE(entry) < 2 ||
        !PyLong_Check(PyTuple_GET_ITEM(entry, 1)))
        return false;
    *field = *elements;
    read_descr(PyTuple_GET_ITEM(entry, 0), field);
    field->data += PyLong_AsSsize_t(PyTuple_GET_ITEM(entry, 1));
    field->contiguous = false;
    return true;
}

bool pt_numpy_is_ufunc(PyObject *object)
{
    return kinds_of(object).ufunc;
}

PyTypeObject *pt_numpy_ufunc_type(void)
{
    return numpy.ufunc;
}

struct pt_ufunc_shape pt_numpy_ufunc_shape(PyObject *ufunc)
{
    const struct ufunc_object *object = (const struct ufunc_object *)ufunc;

    return (struct pt_ufunc_shape){object->nin, object->nout,
                                   object->name ? object->name : "?"};
}

struct pt_ufunc_loops pt_numpy_ufunc_loops(PyObject *ufunc)
{
    const struct ufunc_object *object = (const struct ufunc_object *)ufunc;

    return (struct pt_ufunc_loops){
        object->functions, object->data, object->types,
        object->functions && object->data && object->types ? object->ntypes : 0};
}

void pt_numpy_ufunc_set_loops(PyObject *ufunc, void **functions, void **data)
{
    struct ufunc_object *object = (struct ufunc_object *)ufunc;

    object->functions = functions;
    object->data = data;
}

vectorcallfunc *pt_numpy_ufunc_entry(PyObject *ufunc)
{
    PyTypeObject *type = Py_TYPE(ufunc);

    if (!(type->tp_flags & Py_TPFLAGS_HAVE_VECTORCALL) ||
        type->tp_vectorcall_offset <= 0)
        return NULL;
    return (vectorcallfunc *)((char *)ufunc + type->tp_vectorcall_offset);
}
