/* The kernels of one format: included with PT_REAL 64 and 32 by kernel_body.h.
 *
 * Let s be the result rounded to nearest and e what is missing to the exact result.
 * With t the neighbour of s on the side of e and g = t - s the gap, the exact result
 * lies |e| / |g| of the way from s to t, so t is taken where u |g| < |e|, or where
 * (1 - u) |g| < |e|, u uniform in (0, 1): the first if t lies towards zero, the second
 * if away from it, so that of two results the one that is farther from zero goes with
 * the greater numbers, as it does where sums and products are truncated
 * (kernel_block.h), or the lesser, as quotients and roots have it there.
 * (Stochastic rounding: Croci et al., "Stochastic rounding: implementation, error
 * analysis and applications", R. Soc. Open Sci. 9, 2022.) Taking the gap from the
 * neighbour itself keeps powers of two right, below which the gap is half as wide.
 *
 * e comes from Dekker's Fast2Sum and, for the others, from a fused multiply-add or
 * Veltkamp's and Dekker's product (Muller et al., Handbook of Floating-Point
 * Arithmetic, 2nd ed., chapter 4). Division and square root have it times a divisor,
 * which is then brought to the other side of the comparison. */

#define NAME(name) PT_CONCAT(PT_CONCAT(name, _), PT_REAL)

#if PT_REAL == 64
#define FORMAT       PT_FUZZY_BINARY64
#define REAL         double
#define INT          int64_t
#define UINT         uint64_t
#define C(x)         x
#define MANTISSA     52
#define BIAS         1023
#define LOW_AT       (-960) /* residuals are exact from here on */
#define FMA(x, y, z) __builtin_fma(x, y, z)
#define SQRT(x)      __builtin_sqrt(x)
#define ABS(x)       __builtin_fabs(x)
#else
#define FORMAT       PT_FUZZY_BINARY32
#define REAL         float
#define INT          int32_t
#define UINT         uint32_t
#define C(x)         x##f
#define MANTISSA     23
#define BIAS         127
#define LOW_AT       (-96)
#define FMA(x, y, z) __builtin_fmaf(x, y, z)
#define SQRT(x)      __builtin_sqrtf(x)
#define ABS(x)       __builtin_fabsf(x)
#endif

/* Bit patterns: least magnitude in range; first magnitude out of range (half of the
 * largest binade's start, so that t is finite for all below). */
#define LOW  ((INT)(BIAS + LOW_AT) << MANTISSA)
#define HIGH ((INT)(2 * BIAS) << MANTISSA)
/* Splitting a factor must not overflow: its largest magnitude without a fused
 * multiply-add (binary32 is split into binary64 and needs no bound). */
#if PT_REAL == 64 && !PT_KERNELS_FMA
#define FACTOR ((INT)(BIAS + 995) << MANTISSA)
#else
#define FACTOR HIGH
#endif

/* s + e, e far below s. */
struct NAME(pair) {
    REAL s, e;
};

static inline INT NAME(bits)(REAL x)
{
    INT b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static inline REAL NAME(real)(INT b)
{
    REAL x;
    memcpy(&x, &b, sizeof x);
    return x;
}

static inline INT NAME(magnitude)(REAL x)
{
    return NAME(bits)(x) & (INT)(((UINT)-1) >> 1);
}

/* Negative where low <= magnitude < high does not hold. */
static inline INT NAME(outside)(INT magnitude, INT low, INT high)
{
    UINT m = (UINT)magnitude;
    return (INT)((m - (UINT)low) | ((UINT)high - 1 - m));
}

/* Uniform in (0, 1): the middles of 2^32 (2^23) equal parts. */
static inline REAL NAME(uniform)(uint32_t random)
{
#if PT_REAL == 64
    INT b = (INT)((uint64_t)random | UINT64_C(0x4130000000000000)); /* 2^20 + r 2^-32 */
    return NAME(real)(b) - (0x1p20 - 0x1p-33);
#else
    INT b = (INT)((random >> 9) | UINT32_C(0x3f800000)); /* 1 + r 2^-23 */
    return NAME(real)(b) - (1.0f - 0x1p-24f);
#endif
}

/* One operation at a time is a chain of latencies, which lasts the longer the more
 * often a number changes between the registers of fractions and those of integers. So
 * its steps are taken in vectors, all parts of which hold the same. */
typedef REAL NAME(reals) __attribute__((vector_size(16)));
typedef INT NAME(integers) __attribute__((vector_size(16)));
typedef UINT NAME(unsigneds) __attribute__((vector_size(16)));

static inline NAME(reals) NAME(all)(REAL x)
{
#if PT_REAL == 64
    return (NAME(reals)){x, x};
#else
    return (NAME(reals)){x, x, x, x};
#endif
}

/* s or the neighbour on the side of the exact result, which is at s + e / divisor. Both
 * neighbours are prepared, as they are known before e is, and what decides is brought
 * to the sign of s / s. No branch: it would be a coin's toss. Products with the gap are
 * exact, or so good that nobody sees, while s and s divisor are in range. */
static inline NAME(reals)
    NAME(choose)(NAME(reals) s, NAME(reals) e, NAME(reals) divisor, uint32_t random)
{
    NAME(unsigneds) bits = (NAME(unsigneds))s; /* a zero's neighbour wraps round */
    NAME(integers) sign = (NAME(integers))(s * divisor) & ~(INT)(((UINT)-1) >> 1);
    NAME(reals) u = NAME(all)(NAME(uniform)(random));
    NAME(reals) away = (1 - u) * divisor * ((NAME(reals))(bits + 1) - s);
    NAME(reals) towards = u * divisor * ((NAME(reals))(bits - 1) - s);
    away = (NAME(reals))((NAME(integers))away ^ sign);
    towards = (NAME(reals))((NAME(integers))towards ^ sign);
    e = (NAME(reals))((NAME(integers))e ^ sign);
    return (NAME(reals))(bits - (NAME(unsigneds))(e > away) +
                         (NAME(unsigneds))(e < towards));
}

/* x y - s, exact. */
static inline REAL NAME(residual)(REAL x, REAL y, REAL s)
{
#if PT_KERNELS_FMA
    return FMA(x, y, -s);
#elif PT_REAL == 64
    REAL cx = x * 0x1.0000002p27, cy = y * 0x1.0000002p27;
    REAL xh = cx - (cx - x), yh = cy - (cy - y);
    REAL xl = x - xh, yl = y - yh;
    return ((xh * yh - s) + xh * yl + xl * yh) + xl * yl;
#else
    return (REAL)((double)x * (double)y - (double)s);
#endif
}

/* a - q b for the quotient q of a and b, exact. */
static inline REAL NAME(remainder)(REAL a, REAL q, REAL b)
{
#if PT_KERNELS_FMA
    return FMA(-q, b, a);
#elif PT_REAL == 64
    REAL p = q * b;
    return (a - p) - NAME(residual)(q, b, p);
#else
    return (REAL)((double)a - (double)q * (double)b);
#endif
}

/* Each operation on one element. *range gets a set sign bit where the result is not to
 * be used; zero products, quotients and roots count as such. */
static inline REAL NAME(one_add)(REAL a, REAL b, uint32_t random, INT *range)
{
    NAME(reals) x = NAME(all)(a), y = NAME(all)(b);
    NAME(reals) s = x + y;
    /* |x| >= |y|, as Dekker's Fast2Sum wants it: its chain is the shorter one */
    INT magnitudes = (INT)(((UINT)-1) >> 1);
    NAME(integers)
    swap = (NAME(reals))((NAME(integers))x & magnitudes) <
           (NAME(reals))((NAME(integers))y & magnitudes);
    swap &= (NAME(integers))x ^ (NAME(integers))y;
    x = (NAME(reals))((NAME(integers))x ^ swap);
    y = (NAME(reals))((NAME(integers))y ^ swap);
    NAME(reals) e = y - (s - x);
    INT m = NAME(magnitude)(s[0]), largest = ((INT)(2 * BIAS + 1) << MANTISSA) - 1;
    *range |= ((m - LOW) & -m) | (largest - 1 - m);
    return NAME(choose)(s, e, NAME(all)(1), random)[0];
}

static inline REAL NAME(one_sub)(REAL x, REAL y, uint32_t random, INT *range)
{
    return NAME(one_add)(x, -y, random, range);
}

static inline REAL NAME(one_mul)(REAL x, REAL y, uint32_t random, INT *range)
{
    REAL s = x * y;
    REAL e = NAME(residual)(x, y, s);
    *range |= NAME(outside)(NAME(magnitude)(s), LOW, HIGH);
    if (FACTOR != HIGH)
        *range |= (FACTOR - 1 - NAME(magnitude)(x)) | (FACTOR - 1 - NAME(magnitude)(y));
    return NAME(choose)(NAME(all)(s), NAME(all)(e), NAME(all)(1), random)[0];
}

static inline REAL NAME(one_div)(REAL x, REAL y, uint32_t random, INT *range)
{
    REAL s = x / y;
    REAL e = NAME(remainder)(x, s, y);
    *range |= NAME(outside)(NAME(magnitude)(s), LOW, FACTOR) |
              NAME(outside)(NAME(magnitude)(x), LOW, FACTOR);
    if (FACTOR != HIGH)
        *range |= FACTOR - 1 - NAME(magnitude)(y);
    return NAME(choose)(NAME(all)(s), NAME(all)(e), NAME(all)(y), ~random)[0];
}

static inline REAL NAME(one_sqrt)(REAL x, REAL unused, uint32_t random, INT *range)
{
    REAL s = SQRT(x);
    REAL e = NAME(remainder)(x, s, s);
    (void)unused;
    /* The sign is part of the pattern here: negative ones are out of range. */
    *range |= NAME(outside)(NAME(bits)(x), LOW, HIGH);
    return NAME(choose)(NAME(all)(s), NAME(all)(e), NAME(all)(s + s), ~random)[0];
}

static void NAME(nudge)(const void *rv, const void *xv, void *outv,
                        const uint32_t *restrict random, size_t n)
{
    const REAL *restrict r = rv, *restrict x = xv;
    REAL *restrict out = outv;
    INT infinite = (INT)(2 * BIAS + 1) << MANTISSA, one = (INT)BIAS << MANTISSA;
    INT fraction = ((INT)1 << MANTISSA) - 1;
    for (size_t i = 0; i < n; i++) {
        INT m = NAME(magnitude)(r[i]), at = NAME(magnitude)(x[i]);
        INT eighth = (INT)(random[i] >> 29);
        INT power_of_two = (INT)((m & fraction) == 0);
        INT up = (INT)(eighth == 0);
        INT down = (INT)(eighth == 1) | ((INT)(eighth == 2) & power_of_two);
        INT movable = (INT)(m != 0) & (INT)(m < infinite - 1) & (INT)(m != one) &
                      (INT)(at != 0) & (INT)(at != infinite);
        out[i] = NAME(real)(NAME(bits)(r[i]) + ((up - down) & -movable));
    }
}

#include "fuzzy/kernel_block.h"
#include "fuzzy/kernel_sum.h"
#include "fuzzy/kernel_scan.h"
#include "fuzzy/kernel_grid.h"

#undef NAME
#undef FORMAT
#undef REAL
#undef INT
#undef UINT
#undef C
#undef MANTISSA
#undef BIAS
#undef LOW_AT
#undef FMA
#undef SQRT
#undef ABS
#undef LOW
#undef HIGH
#undef FACTOR
