#define Py_BUILD_CORE 1
#include "fuzzy/evaluation.h"

#include "cpython/frame.h"

#include <dlfcn.h>
#include <link.h>
#include <opcode.h>
#include <stdint.h>
#include <string.h>

#include "cpython/patch.h"

enum { OPCODES = 256, LEAST_INSIDE = 128 };

/* Specialised instructions that add, subtract and multiply floats themselves. */
static const uint8_t specialised[] = {BINARY_OP_ADD_FLOAT, BINARY_OP_SUBTRACT_FLOAT,
                                      BINARY_OP_MULTIPLY_FLOAT};

/* Some instructions that exist in every version, to tell where a table starts. */
static const uint8_t present[] = {
    CACHE,        POP_TOP,     PUSH_NULL, UNARY_NEGATIVE, BINARY_SUBSCR, STORE_SUBSCR,
    GET_ITER,     LOAD_CONST,  LOAD_NAME, STORE_NAME,     LOAD_GLOBAL,   LOAD_FAST,
    STORE_FAST,   COMPARE_OP,  FOR_ITER,  CALL,           RESUME,        BINARY_OP,
    RETURN_VALUE, BUILD_TUPLE, BUILD_MAP, SWAP,           COPY,          IMPORT_NAME};

struct search {
    uintptr_t first, last;        /* the evaluation function */
    uintptr_t text_from, text_to; /* the segment it lies in */
    /* goes through the words of a data segment for its table */
    void (*segment)(struct search *search, void **words, size_t n);
    void **table; /* a table found */
    size_t n_tables;
};

/* What the instruction BINARY_OP calls, by its argument. All but ** are exported; the
 * numbers are those of every version. */
static const binaryfunc operators[] = {
    [NB_ADD] = PyNumber_Add,
    [NB_AND] = PyNumber_And,
    [NB_FLOOR_DIVIDE] = PyNumber_FloorDivide,
    [NB_LSHIFT] = PyNumber_Lshift,
    [NB_MATRIX_MULTIPLY] = PyNumber_MatrixMultiply,
    [NB_MULTIPLY] = PyNumber_Multiply,
    [NB_REMAINDER] = PyNumber_Remainder,
    [NB_OR] = PyNumber_Or,
    [NB_RSHIFT] = PyNumber_Rshift,
    [NB_SUBTRACT] = PyNumber_Subtract,
    [NB_TRUE_DIVIDE] = PyNumber_TrueDivide,
    [NB_XOR] = PyNumber_Xor,
    [NB_INPLACE_ADD] = PyNumber_InPlaceAdd,
    [NB_INPLACE_MULTIPLY] = PyNumber_InPlaceMultiply,
    [NB_INPLACE_SUBTRACT] = PyNumber_InPlaceSubtract,
    [NB_INPLACE_TRUE_DIVIDE] = PyNumber_InPlaceTrueDivide,
};

/* Written under the GIL. */
static struct {
    void **table;
    void *before[PT_ARRAY_LENGTH(specialised)];
} patched;

/* What the entries of unknown opcodes hold: the most frequent address. */
static void *most_frequent(void *const *table)
{
    void *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < OPCODES; i++) {
        size_t n = 0;
        for (size_t j = i; j < OPCODES; j++)
            n += table[j] == table[i];
        if (n > most) {
            most = n;
            best = table[i];
        }
    }
    return best;
}

static bool is_inside(const struct search *search, const void *entry)
{
    return (uintptr_t)entry >= search->first && (uintptr_t)entry < search->last;
}

/* Compilers may put what is seldom executed elsewhere, that of unknown opcodes first of
 * all: of the others nine in ten lie in the function. */
static bool is_table(const struct search *search, void *const *table)
{
    size_t known = 0, inside = 0;
    for (size_t i = 0; i < OPCODES; i++)
        inside += is_inside(search, table[i]);
    if (inside < LEAST_INSIDE)
        return false;
    void *unknown = most_frequent(table);
    for (size_t i = 0; i < OPCODES; i++)
        known += table[i] != unknown;
    if (is_inside(search, unknown))
        inside -= OPCODES - known;
    if (known < LEAST_INSIDE || 10 * inside < 9 * known)
        return false;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(present); i++)
        if (table[present[i]] == unknown)
            return false;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(specialised); i++)
        if (table[specialised[i]] == unknown ||
            table[specialised[i]] == table[BINARY_OP])
            return false;
    return true;
}

static bool is_code(const struct search *search, const void *word)
{
    return (uintptr_t)word >= search->text_from && (uintptr_t)word < search->text_to;
}

/* For stretches of addresses of code. Each that is long enough has a word whose number
 * is a multiple of the least length. */
static void search_dispatch(struct search *search, void **words, size_t n)
{
    for (size_t i = 0, last = 0; i < n; i = (last / OPCODES + 1) * OPCODES) {
        size_t first = i;
        last = i;
        if (!is_code(search, words[i]))
            continue;
        while (first > 0 && is_code(search, words[first - 1]))
            first--;
        while (last + 1 < n && is_code(search, words[last + 1]))
            last++;
        for (size_t at = first; at + OPCODES <= last + 1; at++)
            if (is_table(search, words + at)) {
                search->table = words + at;
                search->n_tables++;
            }
    }
}

static bool is_operators(void *const *table)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(operators); i++)
        if (operators[i] && memcmp(&table[i], &operators[i], sizeof operators[i]) != 0)
            return false;
    return true;
}

static void search_operators(struct search *search, void **words, size_t n)
{
    void *first;
    memcpy(&first, &operators[0], sizeof first);
    for (size_t i = 0; i + PT_ARRAY_LENGTH(operators) <= n; i++)
        if (words[i] == first && is_operators(words + i)) {
            search->table = words + i;
            search->n_tables++;
        }
}

static int search_object(struct dl_phdr_info *object, size_t size, void *data)
{
    struct search *search = data;
    bool found = false;
    (void)size;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) ||
            search->first < from || search->first >= from + segment->p_memsz)
            continue;
        search->text_from = from;
        search->text_to = from + segment->p_memsz;
        found = true;
    }
    for (size_t i = 0; found && i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t from = (object->dlpi_addr + segment->p_vaddr + 7) & ~(uintptr_t)7;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_R) &&
            !(segment->p_flags & PF_X) && segment->p_filesz >= 8)
            search->segment(search, (void **)from, (segment->p_filesz - 7) / 8);
    }
    return found;
}

/* The only table of the evaluation loop's library that `segment` finds; else NULL. */
static void **find_table(void (*segment)(struct search *, void **, size_t))
{
    struct search search = {.segment = segment};
    Dl_info info;
    ElfW(Sym) *symbol = NULL;
    void *function = NULL;
    *(PyObject * (**)(PyThreadState *, struct _PyInterpreterFrame *, int)) & function =
        _PyEval_EvalFrameDefault;
    if (!dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
        return NULL;
    search.first = (uintptr_t)function;
    search.last = search.first + symbol->st_size;
    dl_iterate_phdr(search_object, &search);
    return search.n_tables == 1 ? search.table : NULL;
}

enum pt_status pt_fuzzy_evaluation_generic(struct pt_error *error)
{
    if (patched.table)
        return PT_OK;
    void **table = find_table(search_dispatch);
    if (!table)
        return pt_error_set(
            error, PT_E_UNSUPPORTED,
            "the evaluation loop of this Python has no dispatch table "
            "that can be told apart: the layer python is not available");
    for (size_t i = 0; i < PT_ARRAY_LENGTH(specialised); i++) {
        patched.before[i] = table[specialised[i]];
        patched.table = table;
        if (!pt_patch_pointer(&table[specialised[i]], table[BINARY_OP])) {
            pt_fuzzy_evaluation_restore();
            return pt_error_set(error, PT_E_UNSUPPORTED,
                                "the memory of this Python's evaluation loop cannot be "
                                "changed: the layer python is not available");
        }
    }
    return PT_OK;
}

void pt_fuzzy_evaluation_restore(void)
{
    for (size_t i = 0; patched.table && i < PT_ARRAY_LENGTH(specialised); i++)
        if (patched.before[i])
            (void)!pt_patch_pointer(&patched.table[specialised[i]], patched.before[i]);
    memset(&patched, 0, sizeof patched);
}

bool pt_fuzzy_evaluation_operators_put(const struct pt_fuzzy_operator *new, size_t n)
{
    void **table = find_table(search_operators);
    for (size_t i = 0; table && i < n; i++) {
        void *function;
        memcpy(&function, &new[i].function, sizeof function);
        if (!pt_patch_pointer(&table[new[i].argument], function))
            return false;
    }
    return table != NULL;
}

/* A look-up: it happens at each operation. */
static const bool is_arithmetic[OPCODES] = {
    [BINARY_OP] = true,
    [BINARY_OP_ADD_FLOAT] = true,
    [BINARY_OP_SUBTRACT_FLOAT] = true,
    [BINARY_OP_MULTIPLY_FLOAT] = true,
    [BINARY_OP_ADD_INT] = true,
    [BINARY_OP_SUBTRACT_INT] = true,
    [BINARY_OP_MULTIPLY_INT] = true,
#if PY_VERSION_HEX < 0x030c0000
    [BINARY_OP_ADAPTIVE] = true,
#endif
};

bool pt_fuzzy_evaluation_in_arithmetic(void)
{
#if PY_VERSION_HEX >= 0x030d0000
    struct _PyInterpreterFrame *frame = PyThreadState_GetUnchecked()->current_frame;
    const _Py_CODEUNIT *at = frame ? frame->instr_ptr : NULL;
#else
    struct _PyInterpreterFrame *frame =
        _PyThreadState_UncheckedGet()->cframe->current_frame;
    const _Py_CODEUNIT *at = frame ? frame->prev_instr : NULL;
#endif
#if PY_VERSION_HEX >= 0x030c0000
    return at && frame->owner != FRAME_OWNED_BY_CSTACK &&
           is_arithmetic[(uint8_t)at->op.code];
#else
    return at && is_arithmetic[(uint8_t)_Py_OPCODE(*at)];
#endif
}
