/* The floating-point environment around our own arithmetic: nothing that it raises on
 * the way is seen, only what IEEE arithmetic would have raised. */
#ifndef PT_FUZZY_FLAGS_H
#define PT_FUZZY_FLAGS_H

#include <fenv.h>
#include <stdbool.h>

#ifdef __x86_64__
#include <xmmintrin.h>

/* The control and status word of SSE; x87 is not used. FE_* are its flag bits. */
struct pt_fuzzy_environment {
    unsigned word;
};

static inline struct pt_fuzzy_environment pt_fuzzy_environment_enter(void)
{
    /* All masked, to nearest, gradual underflow; the low six bits are the flags, which
     * nobody looks at before they are put back. Writing costs more than comparing. */
    struct pt_fuzzy_environment before = {_mm_getcsr()};
    if ((before.word & ~0x3fu) != 0x1f80)
        _mm_setcsr(0x1f80);
    return before;
}

/* Back to the environment before, with the flags `raised` (FE_*) added. */
static inline void pt_fuzzy_environment_leave(struct pt_fuzzy_environment before,
                                              int raised)
{
    unsigned word = before.word | ((unsigned)raised & 0x3f);
    if (_mm_getcsr() != word)
        _mm_setcsr(word);
}

/* Between enter and leave: the direction of rounding. Toward zero begins without flags,
 * and until to nearest it can be asked whether anything but inexactness was signalled.
 */
static inline void pt_fuzzy_round_toward_zero(void)
{
    _mm_setcsr(0x7f80);
}

static inline bool pt_fuzzy_is_signalled(void)
{
    return (_mm_getcsr() & (FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW)) !=
           0;
}

static inline void pt_fuzzy_round_to_nearest(void)
{
    _mm_setcsr(0x1f80);
}

#else

struct pt_fuzzy_environment {
    fenv_t all;
};

static inline struct pt_fuzzy_environment pt_fuzzy_environment_enter(void)
{
    struct pt_fuzzy_environment before;
    fegetenv(&before.all);
    fesetenv(FE_DFL_ENV);
    return before;
}

static inline void pt_fuzzy_environment_leave(struct pt_fuzzy_environment before,
                                              int raised)
{
    fesetenv(&before.all);
    feraiseexcept(raised);
}

static inline void pt_fuzzy_round_toward_zero(void)
{
    feclearexcept(FE_ALL_EXCEPT);
    fesetround(FE_TOWARDZERO);
}

static inline bool pt_fuzzy_is_signalled(void)
{
    return fetestexcept(FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW) != 0;
}

static inline void pt_fuzzy_round_to_nearest(void)
{
    fesetround(FE_TONEAREST);
}

#endif
#endif
