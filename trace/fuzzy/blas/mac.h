/* Multiply-adds rounded at random: included by kernel_body.h, after the kernels of both
 * formats. c + a b is rounded once, as the fused multiply-adds of current BLAS do.
 * Values of either format come as doubles.
 *
 * binary64. Let s be the sum to nearest, e what is missing to the exact one (the errors
 * of product and sum, by Dekker and Knuth) and g the gap above |s|. With u uniform in
 * (-1/2, 1/2), s + (e + u g) to nearest is the number below or above the exact result
 * with the probabilities of stochastic rounding, as long as all of it lies in one
 * binade. g is taken of the number below |s|: if s is a power of two, that is right for
 * results below it, which then have that number's exponent. Where the result has
 * another one (or s is zero) the block is done again. First with an eye on e: where
 * that is zero s stays, which holds for powers of two as well, and sparse and integral
 * matrices need no more. Then with care: the exact result is brought to the form h + e,
 * |e| at most half a gap, and h or its neighbour is chosen as for every other
 * operation. All three draw from the same random number in a way that leads to the same
 * choice wherever they hold.
 *
 * binary32. The exact result is a double to within 2^-53 of it. Of the 29 bits that a
 * binary32 does not have, a carry out of them is made by adding 29 random ones. */

#define BINADE (~(UINT64_MAX >> 12)) /* sign and exponent */

/* x y + z, where x y is a number of the format: without a fused instruction too. */
static inline double exactly(double x, double y, double z)
{
#if PT_KERNELS_FMA
    return __builtin_fma(x, y, z);
#else
    return x * y + z;
#endif
}

/* What is missing from s = c + p, p = a b, to the exact sum, rounded. p - v is a number
 * of the format (Knuth's sum), so that one rounding of a b - v is that of the whole. */
static inline double missing(double c, double a, double b, double p, double s)
{
    double v = s - c;
#if PT_KERNELS_FMA
    (void)p;
    return (c - (s - v)) + __builtin_fma(a, b, -v);
#else
    return (c - (s - v)) + ((p - v) + residual_64(a, b, p));
#endif
}

static inline double mac_64(double c, double a, double b, int32_t random, bool exact,
                            uint64_t *doubt)
{
    double p = a * b;
    double s = c + p;
    double e = missing(c, a, b, p, s);
    uint64_t below = (uint64_t)bits_64(s) - 1;
    /* of s's sign, which costs nothing, as u is as likely as -u */
    double power = real_64((int64_t)(below & BINADE));
    double u = exactly((double)random, 0x1p-84, 0x1p-85); /* times 2^-52 */
    double move = exactly(power, u, e);
    uint64_t inexact = UINT64_MAX;
    if (exact) {
        inexact = (uint64_t)bits_64(e) << 1 != 0 ? UINT64_MAX : 0;
        move = real_64((int64_t)((uint64_t)bits_64(move) & inexact));
    }
    double r = s + move;
    *doubt |= ((uint64_t)bits_64(r) ^ below) & inexact;
    return r;
}

static inline double mac_careful(double c, double a, double b, uint32_t random)
{
    double p = a * b;
    double s = c + p;
    double e = missing(c, a, b, p, s);
    double h = s + e;
    random ^= bits_64(s) < 0 ? 0x7fffffff : 0x80000000; /* u of the above, from 0 on */
    e -= h - s;
    /* t is its neighbour on the side of e. This is vectorised, as choose_64 is not, and
     * decides as above, by direction and not by magnitude. */
    int64_t step = ((bits_64(h) ^ bits_64(e)) >> 63) | 1;
    double t = real_64((int64_t)((uint64_t)bits_64(h) + (uint64_t)step));
    double u = uniform_64(e > 0 ? ~random : random);
    return fabs(u * (t - h)) < fabs(e) ? t : h;
}

static inline double mac_32(double c, double a, double b, uint32_t random)
{
#if PT_KERNELS_FMA
    double x = __builtin_fma(a, b, c);
#else
    double x = c + a * b;
#endif
    uint64_t lost = (UINT64_C(1) << 29) - 1; /* as many as are left of 32 */
    return real_64((int64_t)(((uint64_t)bits_64(x) + (random >> 3)) & ~lost));
}

/* Rows that go on side by side, in registers: one sum alone would wait for its own last
 * addition. Neither compiler sees that acc is apart from a and b. */
enum { MAC_ROWS = 16 };
#ifdef __clang__
#define MAC_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define MAC_APART _Pragma("GCC ivdep")
#endif

/* before[r] + a[l][r] b[l] (step 0 along r) or b[l][r], for all r, for l in turn. */
#define MAC_LOOP(name, each, statement)                                                \
    static inline uint64_t name##_rows(                                                \
        const double *a, const double *b, const double *before, double *out,           \
        const uint32_t *random, size_t width, size_t k, const size_t rows)             \
    {                                                                                  \
        uint64_t doubts[MAC_ROWS] = {0}, doubt = 0;                                    \
        double acc[MAC_ROWS];                                                          \
        for (size_t r = 0; r < rows; r++)                                              \
            acc[r] = before[r];                                                        \
        for (size_t l = 0; l < k; l++)                                                 \
            MAC_APART for (size_t r = 0; r < rows; r++)                                \
            {                                                                          \
                size_t i = l * width + r;                                              \
                double y = b[each ? i : l];                                            \
                acc[r] = statement;                                                    \
            }                                                                          \
        for (size_t r = 0; r < rows; r++) {                                            \
            out[r] = acc[r];                                                           \
            doubt |= doubts[r];                                                        \
        }                                                                              \
        return doubt;                                                                  \
    }                                                                                  \
    static bool name(const double *a, const double *b, const double *before,           \
                     double *acc, const uint32_t *random, size_t width, size_t k)      \
    {                                                                                  \
        uint64_t doubt = 0;                                                            \
        size_t r = 0;                                                                  \
        for (; r + MAC_ROWS <= width; r += MAC_ROWS)                                   \
            doubt |= name##_rows(a + r, each ? b + r : b, before + r, acc + r,         \
                                 random + r, width, k, MAC_ROWS);                      \
        if (r < width)                                                                 \
            doubt |= name##_rows(a + r, each ? b + r : b, before + r, acc + r,         \
                                 random + r, width, k, MAC_ROWS / 2);                  \
        return (doubt & BINADE) != 0;                                                  \
    }
#define MAC_64(exact) mac_64(acc[r], a[i], y, (int32_t)random[i], exact, &doubts[r])
MAC_LOOP(mac_panel_64, false, MAC_64(false))
MAC_LOOP(mac_each_64, true, MAC_64(false))
MAC_LOOP(mac_panel_exact, false, MAC_64(true))
MAC_LOOP(mac_each_exact, true, MAC_64(true))
#undef MAC_64
MAC_LOOP(mac_panel_careful, false, mac_careful(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_each_careful, true, mac_careful(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_panel_32, false, mac_32(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_each_32, true, mac_32(acc[r], a[i], y, random[i]))
#undef MAC_LOOP
#undef MAC_APART
#undef BINADE
