/* The kernels of every mode at every precision: included with PT_REAL 64 and 32 after
 * kernel_real.h, whose names are still defined.
 *
 * The exact result is s + e, s being rounded to nearest; or, where operands carry noise
 * of their own, s + e is that of the noisy operands to twice the precision. Let `low`
 * be the number of t bits next to it towards zero, `gap` the way from there to the next
 * one away from zero, and `rest` what is missing:
 *
 *   0        low    s + e       low + gap
 *   |─ ─ ─ ─ ─|───────|─────────────|          0 <= rest / gap < 1
 *               rest
 *
 *   sr        away from zero where rest / gap > u, u uniform in (0, 1)
 *   ud        … where a bit says so, unless rest is zero
 *   pb        … where rest / gap > 1/2: to nearest
 *   rr, mca   rest / gap + 1/2 - u to nearest, unless rest is zero: as sr, but below a
 *             power of two, where the next number is half a gap away, also towards zero
 *
 * (edge.c says the same for one operation, in the way of the definitions.) */

/* x with noise 2^(e - (t - 1)) (1/2 - u), e the exponent of x; |x| is not below it. */
static inline struct NAME(pair)
    NAME(with_noise)(REAL x, uint32_t random, unsigned dropped)
{
    INT exponent = NAME(magnitude)(x) & ~(((INT)1 << MANTISSA) - 1);
    INT down = (INT)(MANTISSA - dropped) << MANTISSA; /* t - 1 */
    REAL noise = (C(0.5) - NAME(uniform)(random)) * NAME(real)(exponent - down);
    struct NAME(pair) r = {.s = x + noise};
    r.e = noise - (r.s - x);
    return r;
}

static inline struct NAME(pair) NAME(two_sum)(REAL x, REAL y)
{
    struct NAME(pair) r = {.s = x + y};
    REAL v = r.s - x;
    r.e = (x - (r.s - v)) + (y - v);
    return r;
}

/* The operations on pairs of which the second part is far below the first one, or
 * zero. */
static inline struct NAME(pair) NAME(pair_add)(struct NAME(pair) x, struct NAME(pair) y)
{
    struct NAME(pair) r = NAME(two_sum)(x.s, y.s);
    return NAME(two_sum)(r.s, r.e + (x.e + y.e));
}

static inline struct NAME(pair) NAME(pair_sub)(struct NAME(pair) x, struct NAME(pair) y)
{
    y.s = -y.s;
    y.e = -y.e;
    return NAME(pair_add)(x, y);
}

static inline struct NAME(pair) NAME(pair_mul)(struct NAME(pair) x, struct NAME(pair) y)
{
    REAL p = x.s * y.s;
    return NAME(two_sum)(p, NAME(residual)(x.s, y.s, p) + (x.s * y.e + x.e * y.s));
}

static inline struct NAME(pair) NAME(pair_div)(struct NAME(pair) x, struct NAME(pair) y)
{
    REAL q = x.s / y.s;
    return NAME(two_sum)(q, ((NAME(remainder)(x.s, q, y.s) + x.e) - q * y.e) / y.s);
}

static inline struct NAME(pair)
    NAME(pair_sqrt)(struct NAME(pair) x, struct NAME(pair) unused)
{
    REAL s = SQRT(x.s);
    (void)unused;
    return NAME(two_sum)(s, (NAME(remainder)(x.s, s, s) + x.e) / (s + s));
}

/* Whether a magnitude is neither zero where zero is allowed nor in range: its sign. */
static inline INT NAME(unfit)(REAL x, INT low, INT high, INT zero)
{
    INT m = NAME(magnitude)(x);
    return NAME(outside)(m, low, high) & ~-(zero & (INT)(x == 0));
}

static inline INT NAME(unfit_add)(REAL x, REAL y, REAL s)
{
    (void)x;
    (void)y;
    return NAME(unfit)(s, LOW, HIGH, 1);
}

static inline INT NAME(unfit_mul)(REAL x, REAL y, REAL s)
{
    INT zero = (INT)(x == 0) | (INT)(y == 0);
    return NAME(unfit)(s, LOW, HIGH, zero) | NAME(unfit)(x, 0, FACTOR, 0) |
           NAME(unfit)(y, 0, FACTOR, 0);
}

static inline INT NAME(unfit_div)(REAL x, REAL y, REAL s)
{
    INT zero = (INT)(x == 0);
    return NAME(unfit)(s, LOW, FACTOR, zero) | NAME(unfit)(x, LOW, FACTOR, 1) |
           NAME(unfit)(y, 0, FACTOR, 0);
}

static inline INT NAME(unfit_sqrt)(REAL x, REAL y, REAL s)
{
    (void)y;
    (void)s;
    return NAME(unfit)(x, LOW, HIGH, 1) | (NAME(bits)(x) & -(INT)(x != 0));
}
#define unfit_sub_64 unfit_add_64
#define unfit_sub_32 unfit_add_32

static inline REAL NAME(onto_grid)(enum pt_fuzzy_kind kind, struct NAME(pair) x,
                                   uint32_t random, unsigned dropped)
{
    INT step = (INT)1 << dropped;
    INT opposite = (INT)((NAME(bits)(x.s) ^ NAME(bits)(x.e)) < 0) &
                   ((INT)(x.e < 0) | (INT)(x.e > 0));
    INT low = (NAME(bits)(x.s) - opposite) & -step;
    REAL from = NAME(real)(low);
    REAL gap = ABS(NAME(real)(low + step) - from);
    REAL rest = ABS((x.s - from) + x.e);
    REAL u = NAME(uniform)(random);
    INT away, back = 0;
    if (kind == PT_FUZZY_KIND_UD)
        away = (INT)(rest > 0) & (INT)(random >> 31);
    else if (kind == PT_FUZZY_KIND_PB)
        away = (INT)(rest > C(0.5) * gap);
    else
        away = (INT)(rest > u * gap);
    if (kind == PT_FUZZY_KIND_RR || kind == PT_FUZZY_KIND_MCA)
        back = (INT)(rest < (u - C(0.75)) * gap) & (INT)(rest > 0) &
               (INT)((low & (((INT)1 << MANTISSA) - 1)) == 0);
    return NAME(real)(low + ((step & -away) - (step & -back)));
}

/* One kernel for each operation and kind; `random` has n numbers for the rounding, then
 * n for the noise of each operand, as the kind needs them. */
#define GRID(op, kind, KIND)                                                           \
    static bool NAME(grid_##kind##_##op)(const void *av, const void *bv, void *outv,   \
                                         const uint32_t *restrict random, size_t n,    \
                                         unsigned dropped)                             \
    {                                                                                  \
        const bool noisy = KIND == PT_FUZZY_KIND_PB || KIND == PT_FUZZY_KIND_MCA;      \
        const REAL *restrict a = av, *restrict b = bv;                                 \
        REAL *restrict out = outv;                                                     \
        INT range = 0;                                                                 \
        for (size_t i = 0; i < n; i++) {                                               \
            struct NAME(pair) x = {a[i], 0}, y = {b[i], 0}, r;                         \
            if (noisy) {                                                               \
                x = NAME(with_noise)(a[i], random[n + i], dropped);                    \
                y = NAME(with_noise)(b[i], random[2 * n + i], dropped);                \
                range |= NAME(outside)(NAME(magnitude)(a[i]), LOW, FACTOR) |           \
                         NAME(outside)(NAME(magnitude)(b[i]), LOW, FACTOR);            \
            }                                                                          \
            r = NAME(pair_##op)(x, y);                                                 \
            range |= NAME(unfit_##op)(a[i], b[i], r.s);                                \
            out[i] = NAME(onto_grid)(KIND, r, random[i], dropped);                     \
        }                                                                              \
        return range < 0;                                                              \
    }
#define GRIDS(kind, KIND)                                                              \
    GRID(add, kind, KIND)                                                              \
    GRID(sub, kind, KIND)                                                              \
    GRID(mul, kind, KIND)                                                              \
    GRID(div, kind, KIND)                                                              \
    GRID(sqrt, kind, KIND)
GRIDS(sr, PT_FUZZY_KIND_SR)
GRIDS(ud, PT_FUZZY_KIND_UD)
GRIDS(rr, PT_FUZZY_KIND_RR)
GRIDS(pb, PT_FUZZY_KIND_PB)
GRIDS(mca, PT_FUZZY_KIND_MCA)
#undef GRIDS
#undef GRID
#undef unfit_sub_64
#undef unfit_sub_32
