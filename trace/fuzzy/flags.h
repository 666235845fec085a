/* The floating-point environment around our own arithmetic: nothing that it raises on
 * the way is seen, only what IEEE arithmetic would have raised. */
#ifndef PT_FUZZY_FLAGS_H
#define PT_FUZZY_FLAGS_H

#include <fenv.h>

#ifdef __x86_64__
#include <xmmintrin.h>

/* The control and status word of SSE; x87 is not used. FE_* are its flag bits. */
struct pt_fuzzy_environment {
    unsigned word;
};

static inline struct pt_fuzzy_environment pt_fuzzy_environment_enter(void)
{
    struct pt_fuzzy_environment before = {_mm_getcsr()};
    _mm_setcsr(0x1f80); /* all masked, to nearest, gradual underflow, no flags */
    return before;
}

/* Back to the environment before, with the flags `raised` (FE_*) added. */
static inline void pt_fuzzy_environment_leave(struct pt_fuzzy_environment before,
                                              int raised)
{
    _mm_setcsr(before.word | ((unsigned)raised & 0x3f));
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

#endif
#endif
