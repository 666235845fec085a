/* The loop of a summary with AVX2 instructions; compiled with -mavx2 and called only
 * where the processor has it. Nothing is fused: the same results. */
#define PT_SUMMARY_ADD           pt_summary_add_avx2
#define PT_SUMMARY_BYTES_AT_ONCE 32
#include "capture/summary_kernel.h"
