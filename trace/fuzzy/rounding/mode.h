/* The calling thread's rounding mode: of SSE and of x87, or of aarch64's one unit.
 * Flags, masks and the treatment of subnormals are left as they are. Thread: safe, acts
 * on the caller's own. */
#ifndef PT_FUZZY_ROUNDING_MODE_H
#define PT_FUZZY_ROUNDING_MODE_H

#include <stdbool.h>

/* In the order of the bits of x86's control words. */
enum pt_rounding_mode {
    PT_ROUNDING_NEAREST,
    PT_ROUNDING_DOWN,
    PT_ROUNDING_UP,
    PT_ROUNDING_ZERO
};

#if defined(__x86_64__)

#include <xmmintrin.h>

enum { PT_ROUNDING_SSE_BITS = 0x6000, PT_ROUNDING_X87_BITS = 0x0c00 };

static inline enum pt_rounding_mode pt_rounding_mode_get(void)
{
    return (enum pt_rounding_mode)((_mm_getcsr() & PT_ROUNDING_SSE_BITS) >> 13);
}

static inline void pt_rounding_mode_set(enum pt_rounding_mode mode)
{
    unsigned short x87;
    unsigned sse = _mm_getcsr() & ~(unsigned)PT_ROUNDING_SSE_BITS;
    _mm_setcsr(sse | (unsigned)mode << 13);
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    x87 = (unsigned short)((x87 & ~PT_ROUNDING_X87_BITS) | (int)mode << 10);
    __asm__ volatile("fldcw %0" : : "m"(x87));
}

#elif defined(__aarch64__)

#include <stdint.h>

#define PT_ROUNDING_FPCR_BITS (UINT64_C(3) << 22)

/* aarch64 numbers up and down the other way round. */
static inline enum pt_rounding_mode pt_rounding_mode_get(void)
{
    uint64_t word;
    __asm__ volatile("mrs %0, fpcr" : "=r"(word));
    unsigned bits = (unsigned)(word >> 22) & 3;
    return (enum pt_rounding_mode)((bits >> 1 | bits << 1) & 3);
}

static inline void pt_rounding_mode_set(enum pt_rounding_mode mode)
{
    uint64_t word, bits = ((unsigned)mode >> 1 | (unsigned)mode << 1) & 3;
    __asm__ volatile("mrs %0, fpcr" : "=r"(word));
    word = (word & ~PT_ROUNDING_FPCR_BITS) | bits << 22;
    __asm__ volatile("msr fpcr, %0" : : "r"(word));
}

#else
#error "the rounding mode of this machine is not known"
#endif

/* The directed mode that the layer has set in this thread and not put back; nearest if
 * there is none. Whatever else the processor is set to is the program's own doing, and
 * left alone. */
extern _Thread_local enum pt_rounding_mode pt_rounding_ours
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline bool pt_rounding_is_ours(void)
{
    return pt_rounding_ours != PT_ROUNDING_NEAREST &&
           pt_rounding_mode_get() == pt_rounding_ours;
}

static inline void pt_rounding_take(enum pt_rounding_mode mode)
{
    pt_rounding_mode_set(mode);
    pt_rounding_ours = mode;
}

#endif
