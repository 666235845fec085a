#include "embed/extensions.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

enum { LEAST = 8 }; /* fewer are as likely data */

#if defined(__x86_64__)
/* sqrt, add, mul, sub, div of SSE2 and AVX */
static bool is_operation(unsigned char opcode)
{
    return opcode == 0x51 || opcode == 0x58 || opcode == 0x59 || opcode == 0x5c ||
           opcode == 0x5e;
}

/* A prefix 66, F2 or F3, REX or not, 0F, the operation. */
static bool is_sse(const unsigned char *at)
{
    if (at[0] != 0x66 && at[0] != 0xf2 && at[0] != 0xf3)
        return false;
    at += (at[1] & 0xf0) == 0x40 ? 2 : 1;
    return at[0] == 0x0f && is_operation(at[1]);
}

/* Two-byte VEX; looks so like data that few of them prove nothing. */
static bool is_vex(const unsigned char *at)
{
    return at[0] == 0xc5 && (at[1] & 3) != 0 && is_operation(at[2]);
}

uint64_t pt_extension_instructions(const unsigned char *code, size_t n)
{
    enum { AROUND = 4, RARE = 1000 };
    uint64_t sse = 0, vex = 0;

    for (size_t i = 0; i + AROUND <= n; i++) {
        sse += is_sse(code + i);
        vex += is_vex(code + i);
    }
    return vex > n / RARE ? sse + vex : sse;
}
#elif defined(__aarch64__)
/* FADD, FSUB, FMUL, FDIV, FNMUL of scalars (data processing with two sources), and the
 * fused forms (three sources). */
uint64_t pt_extension_instructions(const unsigned char *code, size_t n)
{
    uint64_t found = 0;

    for (size_t i = 0; i + 4 <= n; i += 4) {
        uint32_t word;

        memcpy(&word, code + i, sizeof word);
        bool two = (word & 0xff200c00) == 0x1e200800 && ((word >> 12) & 15) < 9 &&
                   (((word >> 12) & 15) < 4 || ((word >> 12) & 15) == 8);
        bool three = (word & 0xff000000) == 0x1f000000;
        found += two || three;
    }
    return found;
}
#else
uint64_t pt_extension_instructions(const unsigned char *code, size_t n)
{
    (void)code;
    (void)n;
    return 0;
}
#endif

struct search {
    const char *path;
    uint64_t instructions;
};

static int search_object(struct dl_phdr_info *object, size_t size, void *data)
{
    struct search *search = data;

    (void)size;
    if (!object->dlpi_name || strcmp(object->dlpi_name, search->path) != 0)
        return 0;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) &&
            (segment->p_flags & PF_R))
            search->instructions += pt_extension_instructions(
                (const unsigned char *)(object->dlpi_addr + segment->p_vaddr),
                segment->p_filesz);
    }
    return 1;
}

void pt_extensions_visit(pt_extension_visitor *visit, void *context)
{
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    PyObject *key, *module;
    Py_ssize_t position = 0;

    if (!modules || !PyDict_CheckExact(modules))
        return;
    while (PyDict_Next(modules, &position, &key, &module)) {
        PyObject *file =
            PyModule_Check(module)
                ? PyDict_GetItemString(PyModule_GetDict(module), "__file__")
                : NULL;
        const char *path =
            file && PyUnicode_Check(file) ? PyUnicode_AsUTF8(file) : NULL;
        const char *suffix = path ? strrchr(path, '.') : NULL;
        const char *name = PyUnicode_Check(key) ? PyUnicode_AsUTF8(key) : NULL;

        if (!suffix || strcmp(suffix, ".so") != 0 || !name)
            continue;
        struct search search = {.path = path};
        dl_iterate_phdr(search_object, &search);
        if (search.instructions >= LEAST)
            visit(context, &(struct pt_extension){name, path, search.instructions});
    }
    PyErr_Clear();
}
