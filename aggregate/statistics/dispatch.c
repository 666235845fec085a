#include "statistics/lanes.h"

extern const struct pt_lanes_kernel pt_lanes_base;
#ifdef PT_LANES_X86
extern const struct pt_lanes_kernel pt_lanes_avx2, pt_lanes_avx512;
#endif

enum { MAX_KERNELS = 3 };

const struct pt_lanes_kernel *const *pt_lanes_kernels(size_t *n)
{
    static const struct pt_lanes_kernel *const all[MAX_KERNELS] = {
#ifdef PT_LANES_X86
        &pt_lanes_avx512, &pt_lanes_avx2,
#endif
        &pt_lanes_base};
    size_t skip = 0;

#ifdef PT_LANES_X86
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl")) {
        skip = __builtin_cpu_supports("avx2") ? 1 : 2;
    }
    *n = MAX_KERNELS - skip;
#else
    *n = 1;
#endif
    return all + skip;
}

const struct pt_lanes_kernel *pt_lanes_kernel_best(void)
{
    size_t n;

    return pt_lanes_kernels(&n)[0];
}
