/* The kernels of one format: included with PT_REAL 64 and 32 by kernel_body.h.
 *
 * Let s be the result rounded to nearest and e what is missing to the exact result.
 * With t the neighbour of s on the side of e and g = t - s the gap, the exact result
 * lies |e| / |g| of the way from s to t, so t is taken where u |g| < |e|, u uniform in
 * (0, 1). (Stochastic rounding: Croci et al., "Stochastic rounding: implementation,
 * error analysis and applications", R. Soc. Open Sci. 9, 2022.) Taking the gap from the
 * neighbour itself keeps powers of two right, below which the gap is half as wide.
 *
 * e comes from Knuth's TwoSum and, for the others, from a fused multiply-add or
 * Veltkamp's and Dekker's product (Muller et al., Handbook of Floating-Point
 * Arithmetic, 2nd ed., chapter 4). Division and square root have it times a divisor,
 * which is then brought to the other side of the comparison. */

#define NAME(name) PT_CONCAT(PT_CONCAT(name, _), PT_REAL)

#if PT_REAL == 64
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

/* s or its neighbour on the side of e, where the distance to the exact result is
 * |e| / |divisor|; `e` and `side` have one magnitude, and `side` the sign of the true
 * error. *reach is given the way from s to that neighbour: Inf or NaN where there is
 * none. `alone`: outside of vectorised loops, where GCC chooses by a branch that nobody
 * can foresee. In a chain it does not matter: half of the time the next addition can
 * start ahead of it. */
static inline REAL NAME(choose)(REAL s, REAL side, REAL e, REAL divisor,
                                uint32_t random, REAL *reach, bool alone)
{
    INT step = ((NAME(bits)(s) ^ NAME(bits)(side)) >> (PT_REAL - 1)) | 1;
    REAL t = NAME(real)((INT)((UINT)NAME(bits)(s) + (UINT)step));
    REAL gap = (t - s) * divisor;
    REAL u = NAME(uniform)(random);
    *reach = t - s;
#if PT_KERNELS_FMA
    /* gap and e have one sign, which the fused difference keeps, even if it
     * underflows, unless e is the larger one. No branch: it would be a coin's toss. */
    REAL difference = FMA(u, gap, -e);
    if (alone) {
        INT taken = (NAME(bits)(difference) ^ NAME(bits)(e)) >> (PT_REAL - 1);
        return NAME(real)((INT)((UINT)NAME(bits)(s) + (UINT)(step & taken)));
    }
    return (NAME(bits)(difference) ^ NAME(bits)(e)) < 0 ? t : s;
#elif PT_REAL == 64
    (void)alone;
    /* Scaled so that u gap does not underflow; both stay below 2^1024. */
    return ABS(u * 0x1p52 * gap) < ABS(e * 0x1p52) ? t : s;
#else
    (void)alone;
    return fabs((double)u * (double)gap) < fabs((double)e) ? t : s;
#endif
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

/* Where a result is not to be used: `range` gets a set sign bit, or `reach` is no
 * longer zero. Zero products, quotients and roots count as such. */
struct NAME(trouble) {
    INT range;
    REAL reach;
};

/* Leaves `mark` as it is unless `reach` is Inf or NaN. */
static inline REAL NAME(mark)(REAL reach, REAL mark)
{
#if PT_KERNELS_FMA
    return FMA(reach, 0, mark);
#else
    return mark + reach * 0;
#endif
}

static inline bool NAME(is_trouble)(INT range, REAL reach)
{
    return range < 0 || !(reach == 0);
}

/* Each operation on one element. */
static inline REAL NAME(one_add)(REAL x, REAL y, uint32_t random,
                                 struct NAME(trouble) * trouble, bool alone)
{
    REAL s = x + y;
    REAL v = s - x;
    REAL e = (x - (s - v)) + (y - v);
    REAL reach;
    REAL result = NAME(choose)(s, e, e, C(1.0), random, &reach, alone);
    trouble->reach = NAME(mark)(reach, trouble->reach);
    return result;
}

static inline REAL NAME(one_sub)(REAL x, REAL y, uint32_t random,
                                 struct NAME(trouble) * trouble, bool alone)
{
    return NAME(one_add)(x, -y, random, trouble, alone);
}

static inline REAL NAME(one_mul)(REAL x, REAL y, uint32_t random,
                                 struct NAME(trouble) * trouble, bool alone)
{
    REAL s = x * y;
    REAL e = NAME(residual)(x, y, s);
    REAL reach;
    REAL result = NAME(choose)(s, e, e, C(1.0), random, &reach, alone);
    trouble->range |= NAME(magnitude)(s) - LOW;
    trouble->reach = NAME(mark)(reach, trouble->reach);
    if (FACTOR != HIGH)
        trouble->range |=
            (FACTOR - 1 - NAME(magnitude)(x)) | (FACTOR - 1 - NAME(magnitude)(y));
    return result;
}

static inline REAL NAME(one_div)(REAL x, REAL y, uint32_t random,
                                 struct NAME(trouble) * trouble, bool alone)
{
    REAL s = x / y;
    REAL e = NAME(remainder)(x, s, y);
    INT negative = NAME(bits)(y) & ~(INT)(((UINT)-1) >> 1);
    REAL reach;
    REAL result = NAME(choose)(s, NAME(real)(NAME(bits)(e) ^ negative), e, y, random,
                               &reach, alone);
    trouble->range |= NAME(outside)(NAME(magnitude)(s), LOW, FACTOR) |
                      NAME(outside)(NAME(magnitude)(x), LOW, FACTOR);
    if (FACTOR != HIGH)
        trouble->range |= FACTOR - 1 - NAME(magnitude)(y);
    return result;
}

static inline REAL NAME(one_sqrt)(REAL x, REAL unused, uint32_t random,
                                  struct NAME(trouble) * trouble, bool alone)
{
    REAL s = SQRT(x);
    REAL e = NAME(remainder)(x, s, s);
    REAL reach;
    (void)unused;
    /* The sign is part of the pattern here: negative ones are out of range. */
    trouble->range |= NAME(outside)(NAME(bits)(x), LOW, HIGH);
    return NAME(choose)(s, e, e, s + s, random, &reach, alone);
}

#define SCAN(op)                                                                       \
    static size_t NAME(scan_##op)(void *accv, const void *bv, void *outv,              \
                                  const uint32_t *random, size_t n)                    \
    {                                                                                  \
        const REAL *b = bv;                                                            \
        REAL *out = outv;                                                              \
        REAL acc;                                                                      \
        size_t i;                                                                      \
        memcpy(&acc, accv, sizeof acc);                                                \
        for (i = 0; i < n; i++) {                                                      \
            struct NAME(trouble) trouble = {0, 0};                                     \
            REAL next = NAME(one_##op)(acc, b[i], random[i], &trouble, false);         \
            if (NAME(is_trouble)(trouble.range, trouble.reach))                        \
                break;                                                                 \
            acc = next;                                                                \
            if (out)                                                                   \
                out[i] = acc;                                                          \
        }                                                                              \
        memcpy(accv, &acc, sizeof acc);                                                \
        return i;                                                                      \
    }
SCAN(add)
SCAN(sub)
SCAN(mul)
SCAN(div)
#undef SCAN

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
#include "fuzzy/kernel_grid.h"

#undef NAME
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
