/* What a compiled extension does, for ctypes: calls libm, and says what it leaves
 * behind. */
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#define TWO(name)                                                                      \
    EXPORT double call_##name(double x, double y);                                     \
    EXPORT float call_##name##f(float x, float y);                                     \
    double call_##name(double x, double y)                                             \
    {                                                                                  \
        return name(x, y);                                                             \
    }                                                                                  \
    float call_##name##f(float x, float y)                                             \
    {                                                                                  \
        return name##f(x, y);                                                          \
    }
/* clang-format off */
ONE(exp) ONE(exp2) ONE(exp10) ONE(expm1) ONE(log) ONE(log2) ONE(log10) ONE(log1p) ONE(sin) ONE(cos)
ONE(tan) ONE(asin) ONE(acos) ONE(atan) ONE(sinh) ONE(cosh) ONE(tanh) ONE(asinh) ONE(acosh) ONE(atanh)
ONE(cbrt) ONE(erf) ONE(erfc) ONE(lgamma) ONE(tgamma) ONE(j0) ONE(j1) ONE(y0) ONE(y1) ONE(sqrt)
TWO(pow) TWO(atan2) TWO(hypot)
    /* clang-format on */

    EXPORT double call_fma(double x, double y, double z);
double call_fma(double x, double y, double z)
{
    return fma(x, y, z);
}

EXPORT float call_fmaf(float x, float y, float z);
float call_fmaf(float x, float y, float z)
{
    return fmaf(x, y, z);
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

/* Sums of products, as no library does them: for the layer rounding. */
#define SUM(name, real)                                                                \
    EXPORT real name(const real *x, const real *y, int n);                             \
    real name(const real *x, const real *y, int n)                                     \
    {                                                                                  \
        real sum = 0;                                                                  \
        for (int i = 0; i < n; i++)                                                    \
            sum += x[i] * y[i];                                                        \
        return sum;                                                                    \
    }
SUM(sum_double, double)
SUM(sum_float, float)
SUM(sum_long_double, long double)

/* What may depend on the mode, once it is directed: 1 for a number read, 2 for one
 * printed, 4 for an exponential, 8 for one rounded to a whole number that come out
 * other than in nearest; 16 if the mode is not directed after all. */
EXPORT int changed_by_mode(void);
int changed_by_mode(void)
{
    char text[64];
    volatile double third = 1, e = 1, half = 2.5, one = 1;
    volatile long double wide = 0.5L;
    int changed = 0;
    third /= 3;
    if (strtod("0.1", NULL) != 0x1.999999999999ap-4 ||
        strtold("0.1", NULL) != 0xc.ccccccccccccccdp-7L ||
        strtof("0.3", NULL) != 0x1.333334p-2f)
        changed |= 1;
    /* many arguments: some are on the stack */
    snprintf(text, sizeof text, "%.2f %d %d %d %d %.1f %d %d %.0Lf %.1f", 0.125, 1, 2,
             3, 4, 0.25, 5, 6, wide, third);
    if (strcmp(text, "0.12 1 2 3 4 0.2 5 6 0 0.3") != 0)
        changed |= 2;
    if (exp(e) != 0x1.5bf0a8b145769p+1)
        changed |= 4;
    if (rint(half) != 2 || lrint(half) != 2 || nearbyint(-half) != -2)
        changed |= 8;
    if (one + 0x1p-60 == 1 && one - 0x1p-60 == 1)
        changed |= 16;
    return changed;
}

/* fegetround() after fesetround(mode); -1 asks only. */
EXPORT int mode_after(int mode);
int mode_after(int mode)
{
    if (mode >= 0)
        fesetround(mode);
    return fegetround();
}
