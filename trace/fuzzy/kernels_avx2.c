/* The kernels for AVX2 (compiled with that instruction set, see CMakeLists.txt). */
#define PT_KERNELS       pt_fuzzy_kernels_avx2
#define PT_KERNELS_NAME  "avx2"
#define PT_KERNELS_WIDTH 4
#define PT_KERNELS_FMA   1
#include "fuzzy/kernel_body.h"
