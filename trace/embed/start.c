/* An executable's first instructions call __libc_start_main, with its main: the loader
 * finds ours first. In an interpreter it passes on another main; everywhere else the
 * call is passed on as it is. */
#include "embed/start.h"

#include <Python.h>

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef int main_function(int argc, char **argv, char **variables);

/* glibc's and musl's; the two functions in the middle are those of executables older
 * than glibc 2.34. */
typedef int start_function(main_function *main, int argc, char **argv,
                           void (*initialise)(void), void (*finalise)(void),
                           void (*finalise_loader)(void), void *stack_end);

__attribute__((visibility("default"))) start_function __libc_start_main;

int __libc_start_main(main_function *main, int argc, char **argv,
                      void (*initialise)(void), void (*finalise)(void),
                      void (*finalise_loader)(void), void *stack_end)
{
    start_function *next = NULL;

    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    if (next == NULL)
        abort();
    return next(Py_InitializeFromConfig != NULL ? pt_start_main : main, argc, argv,
                initialise, finalise, finalise_loader, stack_end);
}

/* A table of references of our own, as the loader has filled them in. */
struct references {
    const ElfW(Rela) * items;
    size_t n;
};

static const char *find_missing(const struct references *references,
                                const ElfW(Sym) * symbols, const char *names,
                                uintptr_t base)
{
    for (size_t i = 0; i < references->n; i++) {
        const ElfW(Rela) *item = &references->items[i];
        const ElfW(Sym) *symbol = &symbols[ELF64_R_SYM(item->r_info)];
        const char *name = names + symbol->st_name;
        bool is_python = strncmp(name, "Py", 2) == 0 || strncmp(name, "_Py", 3) == 0;
        if (is_python && *(void **)(base + item->r_offset) == NULL)
            return name;
    }
    return NULL;
}

const char *pt_start_missing(void)
{
    static const char here;
    struct references data = {0}, calls = {0};
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL, *missing = NULL;
    struct link_map *map = NULL;
    Dl_info info;

    if (dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP) == 0)
        return NULL;
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        /* glibc has relocated these on most machines */
        ElfW(Addr) address = entry->d_un.d_ptr;
        const void *at =
            (const void *)(address < map->l_addr ? map->l_addr + address : address);
        size_t n = entry->d_un.d_val / sizeof(ElfW(Rela));
        if (entry->d_tag == DT_SYMTAB)
            symbols = at;
        else if (entry->d_tag == DT_STRTAB)
            names = at;
        else if (entry->d_tag == DT_RELA)
            data.items = at;
        else if (entry->d_tag == DT_RELASZ)
            data.n = n;
        else if (entry->d_tag == DT_JMPREL)
            calls.items = at;
        else if (entry->d_tag == DT_PLTRELSZ)
            calls.n = n;
    }
    if (symbols != NULL && names != NULL && data.items != NULL)
        missing = find_missing(&data, symbols, names, map->l_addr);
    if (missing == NULL && symbols != NULL && names != NULL && calls.items != NULL)
        missing = find_missing(&calls, symbols, names, map->l_addr);
    return missing;
}
