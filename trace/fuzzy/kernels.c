#include "fuzzy/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"

/* Best last. */
static const struct pt_fuzzy_kernels *const tables[] = {
    &pt_fuzzy_kernels_baseline,
#ifdef __x86_64__
    &pt_fuzzy_kernels_avx2,
    &pt_fuzzy_kernels_avx512,
#endif
};

static bool runs_here(const struct pt_fuzzy_kernels *table)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (table == &pt_fuzzy_kernels_avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (table == &pt_fuzzy_kernels_avx512)
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
#endif
    return table == &pt_fuzzy_kernels_baseline;
}

const struct pt_fuzzy_kernels *pt_fuzzy_kernels_named(const char *name)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(tables); i++)
        if (strcmp(tables[i]->name, name) == 0)
            return runs_here(tables[i]) ? tables[i] : NULL;
    return NULL;
}

const struct pt_fuzzy_kernels *pt_fuzzy_kernels_best(void)
{
    const char *forced = getenv("PYTRACER_FUZZY_KERNELS");
    const struct pt_fuzzy_kernels *table =
        forced ? pt_fuzzy_kernels_named(forced) : NULL;
    for (size_t i = PT_ARRAY_LENGTH(tables); !table && i > 0; i--)
        if (runs_here(tables[i - 1]))
            table = tables[i - 1];
    return table;
}
