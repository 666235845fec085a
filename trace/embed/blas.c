#include "embed/blas.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"

/* How the file names of the known ones begin. */
static bool is_blas(const char *path)
{
    static const char *const names[] = {
        "libblas",   "libcblas", "liblapack", "libopenblas", "libscipy_openblas",
        "libmkl_rt", "libblis",  "libatlas",  "libflexiblas"};
    const char *slash = strrchr(path, '/');
    for (size_t i = 0; slash != NULL && i < PT_ARRAY_LENGTH(names); i++)
        if (strncmp(slash + 1, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void ask_kernel(const char *path, struct pt_blas *blas)
{
    static const char *const names[] = {
        "openblas_get_corename", "openblas_get_corename64_",
        "scipy_openblas_get_corename", "scipy_openblas_get_corename64_"};
    void *library = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL)
        return;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++) {
        char *(*corename)(void);
        *(void **)&corename = dlsym(library, names[i]);
        if (corename != NULL)
            snprintf(blas->kernel, sizeof blas->kernel, "%s", corename());
    }
    dlclose(library);
}

static void add(const char *path, struct pt_blas *blas)
{
    size_t bytes = strlen(path) + 1;
    for (size_t at = 0; at < blas->libraries_bytes;
         at += strlen(blas->libraries + at) + 1)
        if (strcmp(blas->libraries + at, path) == 0)
            return;
    if (blas->libraries_bytes + bytes > sizeof blas->libraries)
        return;
    memcpy(blas->libraries + blas->libraries_bytes, path, bytes);
    blas->libraries_bytes += bytes;
    if (blas->kernel[0] == '\0')
        ask_kernel(path, blas);
}

void pt_blas_find(struct pt_blas *blas)
{
    char line[4096 + 128];
    FILE *maps = fopen("/proc/self/maps", "re");

    *blas = (struct pt_blas){.libraries_bytes = 0};
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if (is_blas(path))
            add(path, blas);
    }
    fclose(maps);
    /* The last separator is not part of the list. */
    if (blas->libraries_bytes > 0)
        blas->libraries_bytes--;
}
