/* The kernels every processor of the architecture can run. */
#define PT_KERNELS       pt_fuzzy_kernels_baseline
#define PT_KERNELS_NAME  "baseline"
#define PT_KERNELS_WIDTH 2
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define PT_KERNELS_FMA 1
#else
#define PT_KERNELS_FMA 0
#endif
#include "fuzzy/kernel_body.h"
