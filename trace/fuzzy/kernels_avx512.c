/* The kernels for AVX-512 (compiled with that instruction set, see CMakeLists.txt). */
#define PT_KERNELS       pt_fuzzy_kernels_avx512
#define PT_KERNELS_NAME  "avx512"
#define PT_KERNELS_WIDTH 8
#define PT_KERNELS_FMA   1
#include "fuzzy/kernel_body.h"
