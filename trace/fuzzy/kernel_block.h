/* Blocks of `sr` at full precision; included by kernel_real.h.
 *
 * They run while the processor rounds toward zero. Let s be the truncated result, g the
 * gap above it (in magnitude) and e what is missing, 0 <= e < g. Then
 *
 *     truncate(s + (e + u g)),   u uniform in (0, 1),
 *
 * is s + g with probability e / g, and s otherwise: e + u g reaches g or does not. The
 * sign and exponent of s alone give g, below powers of two as well, so neither a
 * neighbour nor a comparison is needed. (Adding random digits and truncating: Croci et
 * al., see kernel_real.h, section 7.)
 *
 * What is missing of a product or of a division's or root's remainder is exact under
 * truncation too. That of a sum, by TwoSum, is wrong by at most 2^-p g, p the
 * precision; it is exactly zero where the sum is exact, and never of the wrong sign
 * (Boldo, Graillat and Muller, "On the robustness of the 2Sum and Fast2Sum algorithms",
 * ACM TOMS 44(1), 2017; all pairs of small formats tried). Zeros keep the signs they
 * have to nearest: truncation differs from that in none. */

/* 2^-MANTISSA u, u the middle of one of 2^32 (2^23) equal parts of (0, 1). */
static inline REAL NAME(share)(uint32_t random)
{
#if PT_REAL == 64
    INT b =
        (INT)((uint64_t)random | UINT64_C(0x3df0000000000000)); /* 2^-32 + r 2^-84 */
    return NAME(real)(b) - (0x1p-32 - 0x1p-85);
#else
    INT b = (INT)((random >> 9) | UINT32_C(0x34000000)); /* 2^-23 + r 2^-46 */
    return NAME(real)(b) - (0x1p-23f - 0x1p-47f);
#endif
}

/* Sign and exponent of s: 2^MANTISSA times the gap. */
static inline REAL NAME(scale)(REAL s)
{
    return NAME(real)(NAME(bits)(s) & ~(((INT)1 << MANTISSA) - 1));
}

/* x y + z: the product is exact here, or its rounding of no weight. */
static inline REAL NAME(multiply_add)(REAL x, REAL y, REAL z)
{
#if PT_KERNELS_FMA
    return FMA(x, y, z);
#else
    return x * y + z;
#endif
}

/* What may be out of range. The processor tells most of it, at no cost: an operation
 * that overflows, is invalid or divides by zero, and a residual that is too small to be
 * exact, set flags that stay set (flags.h). But whether u g or what is added to it
 * underflows depends on u, and what is done again must not be chosen by u. So a square
 * is formed that underflows long before: of a power of two or a product's size, below
 * 2^-537 (2^-75) it is no number of the format, where u g and all sums with it are
 * exact down to 2^-937 (2^-79).
 *
 * What is left to look at: the sum `high` of squares is not below TOO_HIGH where an
 * element is near overflow, Inf or NaN, and `zero` is NaN where one of its terms is. */
struct NAME(watch) {
    REAL high, zero;
};
#define TOO_HIGH NAME(real)((INT)(2 * BIAS) << MANTISSA)

/* The operations on one element, under truncation. `missing` is -e. Written so that
 * zeros keep their signs: what is subtracted from -0 is +0. */
static inline REAL NAME(cut_add)(REAL x, REAL y, uint32_t random,
                                 struct NAME(watch) * watch)
{
    REAL s = x + y;
    REAL v = s - x;
    REAL missing = ((s - v) - x) + (v - y);
    REAL scale = NAME(scale)(s);
    watch->high = NAME(multiply_add)(scale, scale, watch->high);
    return s - NAME(multiply_add)(-NAME(share)(random), scale, missing);
}

static inline REAL NAME(cut_sub)(REAL x, REAL y, uint32_t random,
                                 struct NAME(watch) * watch)
{
    return NAME(cut_add)(x, -y, random, watch);
}

static inline REAL NAME(cut_mul)(REAL x, REAL y, uint32_t random,
                                 struct NAME(watch) * watch)
{
    REAL s = x * y;
    REAL missing = -NAME(residual)(x, y, s);
    REAL scale = NAME(scale)(s);
    watch->high += scale * scale;
    return s - NAME(multiply_add)(-NAME(share)(random), scale, missing);
}

/* s or, where `rest` has not the sign of `span`, the next number away from zero: by a
 * mask, as a branch would be a coin's toss where this is not vectorised. */
static inline REAL NAME(next_where)(REAL s, REAL rest, REAL span)
{
    INT up = (NAME(bits)(rest) ^ NAME(bits)(span)) >> (PT_REAL - 1);
    return NAME(real)(NAME(bits)(s) - up);
}

/* The quotient's and the root's e is known times a divisor: u g is brought to the same
 * scale and compared. */
static inline REAL NAME(cut_div)(REAL x, REAL y, uint32_t random,
                                 struct NAME(watch) * watch)
{
    REAL s = x / y;
    REAL missing = -NAME(remainder)(x, s, y);
    REAL scale = NAME(scale)(s);
    REAL span = scale * y; /* with the sign of x, as e */
    watch->high = NAME(multiply_add)(scale, scale, watch->high);
    /* -0, which would become the next number, times Inf is NaN. */
    watch->zero = NAME(multiply_add)(span * span, (REAL)INFINITY, watch->zero);
    return NAME(next_where)(s, NAME(multiply_add)(NAME(share)(random), span, missing),
                            span);
}

static inline REAL NAME(cut_sqrt)(REAL x, REAL unused, uint32_t random,
                                  struct NAME(watch) * watch)
{
    REAL s = SQRT(x);
    REAL missing = -NAME(remainder)(x, s, s);
    REAL span = NAME(scale)(s) * (s + s);
    (void)unused;
    watch->high += x * x;
    return NAME(next_where)(s, NAME(multiply_add)(NAME(share)(random), span, missing),
                            span);
}

static inline bool NAME(is_suspect)(struct NAME(watch) watch)
{
    return !(watch.high < TOO_HIGH) | (watch.zero != watch.zero);
}

/* Elements of a line of the cache, and n of a block's from the i-th one on. */
#define ROW (PT_FUZZY_LINE / sizeof(REAL))
#define ROW_FROM(i, n, op)                                                             \
    NAME(row_##op)                                                                     \
    (a + (i), b + (i), out + (i), kept ? kept + (i) : NULL, random + (i), n, high, zero)

/* Not inlined: the compiler knows nothing of the direction of rounding. Each element of
 * a row is watched for itself. The memory is asked for what will be needed, row by row:
 * by itself the processor asks for little while random numbers are drawn. The signals
 * of additions mean nothing: all that is too small is exact there. */
#define BLOCK(op, signals)                                                             \
    static inline __attribute__((always_inline)) void NAME(row_##op)(                  \
        const REAL *a, const REAL *b, REAL *out, REAL *restrict kept,                  \
        const uint32_t *restrict random, size_t n, REAL *restrict high,                \
        REAL *restrict zero)                                                           \
    {                                                                                  \
        _Pragma("omp simd") for (size_t i = 0; i < n; i++)                             \
        {                                                                              \
            struct NAME(watch) watch = {high[i], zero[i]};                             \
            if (kept)                                                                  \
                kept[i] = a[i];                                                        \
            out[i] = NAME(cut_##op)(a[i], b[i], random[i], &watch);                    \
            high[i] = watch.high;                                                      \
            zero[i] = watch.zero;                                                      \
        }                                                                              \
    }                                                                                  \
    static inline __attribute__((always_inline)) bool NAME(body_##op)(                 \
        const REAL *a, const REAL *b, REAL *out, REAL *restrict kept,                  \
        const uint32_t *restrict random, size_t n, size_t ahead)                       \
    {                                                                                  \
        REAL high[ROW] = {0}, zero[ROW] = {0};                                         \
        size_t i = 0;                                                                  \
        for (; i + ROW <= n; i += ROW) {                                               \
            __builtin_prefetch((const char *)(a + i) + ahead);                         \
            __builtin_prefetch((const char *)(b + i) + ahead);                         \
            __builtin_prefetch((const char *)(out + i) + ahead);                       \
            ROW_FROM(i, ROW, op);                                                      \
        }                                                                              \
        ROW_FROM(i, n - i, op);                                                        \
        INT suspect = 0;                                                               \
        for (size_t j = 0; j < ROW; j++)                                               \
            suspect |= NAME(is_suspect)((struct NAME(watch)){high[j], zero[j]});       \
        return suspect;                                                                \
    }                                                                                  \
    static __attribute__((noinline)) bool NAME(truncated_##op)(                        \
        const REAL *a, const REAL *b, REAL *out, REAL *kept, const uint32_t *random,   \
        size_t n, size_t ahead)                                                        \
    {                                                                                  \
        return kept ? NAME(body_##op)(a, b, out, kept, random, n, ahead)               \
                    : NAME(body_##op)(a, b, out, NULL, random, n, ahead);              \
    }                                                                                  \
    static bool NAME(block_##op)(const void *av, const void *bv, void *outv,           \
                                 void *kept, const uint32_t *restrict random,          \
                                 size_t n, size_t ahead)                               \
    {                                                                                  \
        const REAL *a = av, *b = bv;                                                   \
        REAL *out = outv, few[FEW];                                                    \
        INT range = 0;                                                                 \
        for (size_t i = 0; n < FEW && i < n; i++)                                      \
            few[i] = NAME(one_##op)(a[i], b[i], random[i], &range);                    \
        if (n < FEW && range >= 0) {                                                   \
            memcpy(out, few, n * sizeof *out);                                         \
            return false;                                                              \
        }                                                                              \
        pt_fuzzy_round_toward_zero();                                                  \
        bool suspect = NAME(truncated_##op)(a, b, out, kept, random, n, ahead);        \
        suspect |= signals && pt_fuzzy_is_signalled();                                 \
        pt_fuzzy_round_to_nearest();                                                   \
        return suspect;                                                                \
    }
BLOCK(add, false)
BLOCK(sub, false)
BLOCK(mul, true)
BLOCK(div, true)
BLOCK(sqrt, true)
#undef BLOCK
#undef ROW_FROM
#undef ROW

/* What rounding cannot change, and signals nothing: NaN and Inf operands (but Inf - Inf
 * and the like), and zeros. Takes the place of the kernel's result; the others keep
 * theirs. */
static inline INT NAME(is_settled)(REAL x, REAL y, REAL plain, INT zero)
{
    INT high = (INT)(2 * BIAS + 1) << MANTISSA;
    INT mx = NAME(magnitude)(x), my = NAME(magnitude)(y);
    INT nan = (INT)(mx > high) | (INT)(my > high);
    INT inf = (INT)(mx == high) | (INT)(my == high);
    INT valid = (INT)(NAME(magnitude)(plain) <= high) | nan;
    return (nan | inf | zero) & valid;
}

#define SETTLE(op, plain_result, exact_zero, in_range)                                 \
    static size_t NAME(settle_##op)(const void *av, const void *bv, void *outv,        \
                                    size_t n, bool *rest)                              \
    {                                                                                  \
        const REAL *restrict a = av, *restrict b = bv;                                 \
        REAL *restrict out = outv;                                                     \
        UINT n_settled = 0, others = 0;                                                \
        for (size_t i = 0; i < n; i++) {                                               \
            REAL x = a[i], y = b[i];                                                   \
            REAL plain = plain_result;                                                 \
            INT settled = NAME(is_settled)(x, y, plain, exact_zero);                   \
            n_settled += (UINT)settled;                                                \
            others |= (UINT)(1 - (settled | (in_range)));                              \
            out[i] = settled ? plain : out[i];                                         \
        }                                                                              \
        *rest = others != 0;                                                           \
        return (size_t)n_settled;                                                      \
    }
/* The bounds are those of the operations that round to nearest (kernel_real.h), and lie
 * within what truncation allows. They look at IEEE's result, not at the kernel's, which
 * depends on the random number. Comparisons with NaN are false. Truth values are
 * integers here, for they are to vectorise, not to branch. */
#define WITHIN(x, low, high)                                                           \
    ((INT)(ABS(x) >= NAME(real)(low)) & (INT)(ABS(x) < NAME(real)(high)))
SETTLE(add, x + y, 0, WITHIN(plain, 0, HIGH))
SETTLE(sub, x - y, 0, WITHIN(plain, 0, HIGH))
SETTLE(mul, x *y, (INT)(x == 0) | (INT)(y == 0),
       WITHIN(plain, LOW, HIGH) & WITHIN(x, 0, FACTOR) & WITHIN(y, 0, FACTOR))
SETTLE(div, x / y, (INT)(x == 0) & (INT)(y != 0),
       WITHIN(plain, LOW, FACTOR) & WITHIN(x, LOW, FACTOR) & WITHIN(y, 0, FACTOR))
SETTLE(sqrt, SQRT(x), (INT)(x == 0), WITHIN(x, LOW, HIGH) & (INT)(x > 0))
#undef SETTLE
#undef WITHIN

#undef TOO_HIGH
