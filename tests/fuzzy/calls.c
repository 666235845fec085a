/* What a compiled extension does, for ctypes: calls libm, and says what it leaves
 * behind. */
#include <errno.h>
#include <fenv.h>
#include <math.h>

#define EXPORT __attribute__((visibility("default")))

#define ONE(name)                                                                      \
    EXPORT double call_##name(double x);                                               \
    EXPORT float call_##name##f(float x);                                              \
    double call_##name(double x)                                                       \
    {                                                                                  \
        return name(x);                                                                \
    }                                                                                  \
    float call_##name##f(float x)                                                      \
    {                                                                                  \
        return name##f(x);                                                             \
    }
ONE(exp)
ONE(log)
ONE(log10)
ONE(sin)
ONE(cbrt)
ONE(erf)
ONE(tgamma)
ONE(tanh)

EXPORT double call_pow(double x, double y);
double call_pow(double x, double y)
{
    return pow(x, y);
}

/* One call of sincos in an optimised build. */
EXPORT double call_sincos(double x);
double call_sincos(double x)
{
    return sin(x) * 2 + cos(x);
}

/* errno * 64 + the exceptions raised by log(x). */
EXPORT int after_log(double x);
int after_log(double x)
{
    volatile double r;
    errno = 0;
    feclearexcept(FE_ALL_EXCEPT);
    r = log(x);
    (void)r;
    return errno * 64 + (fetestexcept(FE_ALL_EXCEPT) & ~FE_INEXACT);
}
