#include "fuzzy/library/slots.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>

#include "cpython/patch.h"

#if defined(__x86_64__)
enum {
    JUMP_SLOT = R_X86_64_JUMP_SLOT,
    GLOB_DAT = R_X86_64_GLOB_DAT,
    PLAIN = R_X86_64_64
};
#elif defined(__aarch64__)
enum {
    JUMP_SLOT = R_AARCH64_JUMP_SLOT,
    GLOB_DAT = R_AARCH64_GLOB_DAT,
    PLAIN = R_AARCH64_ABS64
};
#else
#error "the relocations of this machine are not known"
#endif

/* A loaded library, as its dynamic section describes it. */
struct object {
    const char *path;
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *names;
    const ElfW(Rela) * tables[2]; /* for data, and for calls */
    size_t n[2];
    uintptr_t code_from, code_to;
};

struct scan {
    pt_fuzzy_wanted_fn *wanted;
    pt_fuzzy_slot_fn *choose;
    bool is_first; /* the program itself comes first */
    size_t failed;
    struct object *found; /* to be worked on when the loader's lock is free again */
    size_t n_found, room;
};

/* Base addresses of the libraries that were gone through, and the loader's counts then.
 * Under the caller's lock. */
static struct {
    uintptr_t *bases;
    size_t n, room;
    unsigned long long loaded, unloaded;
} seen;

static bool add_seen(uintptr_t base)
{
    if (seen.n == seen.room) {
        size_t room = seen.room ? 2 * seen.room : 64;
        uintptr_t *grown = realloc(seen.bases, room * sizeof *grown);
        if (!grown)
            return false;
        seen.bases = grown;
        seen.room = room;
    }
    seen.bases[seen.n++] = base;
    return true;
}

static bool was_seen(uintptr_t base)
{
    for (size_t i = 0; i < seen.n; i++)
        if (seen.bases[i] == base)
            return true;
    return false;
}

/* glibc has relocated these on most machines. */
static uintptr_t pointer(const struct object *object, ElfW(Addr) address)
{
    return address < object->base ? object->base + address : address;
}

static void read_dynamic(struct object *object, const ElfW(Dyn) * entry)
{
    for (; entry->d_tag != DT_NULL; entry++)
        switch (entry->d_tag) {
        case DT_SYMTAB:
            object->symbols = (const void *)pointer(object, entry->d_un.d_ptr);
            break;
        case DT_STRTAB:
            object->names = (const void *)pointer(object, entry->d_un.d_ptr);
            break;
        case DT_RELA:
            object->tables[0] = (const void *)pointer(object, entry->d_un.d_ptr);
            break;
        case DT_RELASZ:
            object->n[0] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_JMPREL:
            object->tables[1] = (const void *)pointer(object, entry->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            object->n[1] = entry->d_un.d_val / sizeof(ElfW(Rela));
            break;
        default:
            break;
        }
}

static bool is_our_own(const struct dl_phdr_info *info)
{
    uintptr_t here = (uintptr_t)(void *)&seen;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD && here >= from &&
            here < from + info->dlpi_phdr[i].p_memsz)
            return true;
    }
    return false;
}

static bool keep(struct scan *scan, const struct object *object)
{
    if (scan->n_found == scan->room) {
        size_t room = scan->room ? 2 * scan->room : 64;
        struct object *grown = realloc(scan->found, room * sizeof *grown);
        if (!grown)
            return false;
        scan->found = grown;
        scan->room = room;
    }
    scan->found[scan->n_found++] = *object;
    return true;
}

static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
    struct scan *scan = data;
    struct object object = {.path = info->dlpi_name, .base = info->dlpi_addr};
    const ElfW(Dyn) *dynamic = NULL;
    bool is_program = scan->is_first;

    (void)size;
    scan->is_first = false;
    if (is_program) {
        if (seen.loaded == info->dlpi_adds && seen.unloaded == info->dlpi_subs)
            return 1;
        /* another library may lie where one was before */
        if (seen.unloaded != info->dlpi_subs)
            seen.n = 0;
        seen.loaded = info->dlpi_adds;
        seen.unloaded = info->dlpi_subs;
    }
    if (is_program || was_seen(info->dlpi_addr) || is_our_own(info) ||
        !add_seen(info->dlpi_addr))
        return 0;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_DYNAMIC) {
            dynamic = (const void *)from;
        } else if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X)) {
            object.code_from = from;
            object.code_to = from + segment->p_memsz;
        }
    }
    if (!dynamic)
        return 0;
    read_dynamic(&object, dynamic);
    if (object.symbols && object.names && !keep(scan, &object))
        return 1;
    return 0;
}

/* What the slot is bound to. Python loads with RTLD_NOW, so it is bound in general; a
 * slot that is not yet points into its own library, where the loader is called from,
 * and the loader's search is repeated. */
static void *bound_to(const struct object *object, const ElfW(Sym) * symbol,
                      const char *name, void *value)
{
    uintptr_t at = (uintptr_t)value;
    bool within = at >= object->code_from && at < object->code_to;
    bool own = symbol->st_shndx != SHN_UNDEF && at == object->base + symbol->st_value;
    if (!within || own)
        return value;
    void *real = dlsym(RTLD_DEFAULT, name);
    void *library = real ? NULL : dlopen(object->path, RTLD_LAZY | RTLD_NOLOAD);
    if (library) {
        real = dlsym(library, name);
        dlclose(library);
    }
    return real;
}

static void work_on(struct scan *scan, const struct object *object,
                    const ElfW(Rela) * r)
{
    unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
    const ElfW(Sym) *symbol = &object->symbols[ELF64_R_SYM(r->r_info)];
    if (type != JUMP_SLOT && type != GLOB_DAT && type != PLAIN)
        return;
    if (symbol->st_name == 0 || (type == PLAIN && r->r_addend != 0) ||
        ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT)
        return;
    const char *name = object->names + symbol->st_name;
    if (!scan->wanted(object->path, name))
        return;
    void **slot = (void **)(object->base + r->r_offset);
    void *real = bound_to(object, symbol, name, *slot);
    void *with =
        real ? scan->choose(object->path, name, real, type == JUMP_SLOT) : NULL;
    if (with && with != *slot && !pt_patch_pointer(slot, with))
        scan->failed++;
}

size_t pt_fuzzy_slots_scan(pt_fuzzy_wanted_fn *wanted, pt_fuzzy_slot_fn *choose)
{
    struct scan scan = {.wanted = wanted, .choose = choose, .is_first = true};
    dl_iterate_phdr(look_at, &scan);
    for (size_t i = 0; i < scan.n_found; i++)
        for (size_t table = 0; table < 2; table++)
            for (size_t k = 0; k < scan.found[i].n[table]; k++)
                if (scan.found[i].tables[table])
                    work_on(&scan, &scan.found[i], &scan.found[i].tables[table][k]);
    free(scan.found);
    return scan.failed;
}
