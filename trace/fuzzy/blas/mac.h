/* Multiply-adds rounded at random: included by kernel_body.h, after the kernels of both
 * formats. c + a b is rounded once, as the fused multiply-adds of current BLAS do.
 * Values of either format come as doubles.
 *
 * binary64. Let s be the sum to nearest, e what is missing to the exact one (the errors
 * of product and sum, by Dekker and Knuth) and g the gap above |s|. With u uniform in
 * (-1/2, 1/2), s + (e + u g) to nearest is the number below or above the exact result
 * with the probabilities of stochastic rounding, as long as all of it lies in one
 * binade. Where it may not (s is a power of two, or the result has another exponent)
 * the block is done again with care: the exact result is brought to the form h + e, |e|
 * at most half a gap, and h or its neighbour is chosen as for every other operation,
 * from the same random number, which leads to the same choice wherever both hold.
 *
 * binary32. The exact result is a double to within 2^-53 of it. Of the 29 bits that a
 * binary32 does not have, a carry out of them is made by adding 29 random ones. */

#define EXPONENT UINT64_C(0x7ff0000000000000)

static inline double mac_64(double c, double a, double b, uint32_t random,
                            uint64_t *doubt)
{
    double p = a * b;
    double s = c + p;
    double v = s - c;
    double e = (c - (s - v)) + ((p - v) + residual_64(a, b, p));
    uint64_t bits = (uint64_t)bits_64(s);
    uint64_t gap_bits = (bits & EXPONENT) - (UINT64_C(52) << 52);
    double gap = real_64((int64_t)gap_bits);
    double noise = real_64(
        (int64_t)(gap_bits | (uint64_t)random << 20 | UINT64_C(1) << 19)); /* 1 to 2 */
#if PT_KERNELS_FMA
    noise = __builtin_fma(-1.5, gap, noise);
#else
    noise -= 1.5 * gap;
#endif
    /* all ones where e is not zero */
    uint64_t inexact = (uint64_t)bits_64(e) << 1 != 0 ? UINT64_MAX : 0;
    double r = s + real_64((int64_t)((uint64_t)bits_64(e + noise) & inexact));
    uint64_t power_of_two = bits << 12 == 0 ? UINT64_MAX : 0;
    *doubt |= (((uint64_t)bits_64(r) ^ bits) & ~(UINT64_MAX >> 12)) |
              (power_of_two & inexact);
    return r;
}

static inline double mac_careful(double c, double a, double b, uint32_t random)
{
    double p = a * b;
    double s = c + p;
    double v = s - c;
    double e = (c - (s - v)) + ((p - v) + residual_64(a, b, p));
    double h = s + e, reach;
    e -= h - s;
    return choose_64(h, e, e, 1.0, e > 0 ? ~random : random, &reach, false);
}

static inline double mac_32(double c, double a, double b, uint32_t random)
{
#if PT_KERNELS_FMA
    double x = __builtin_fma(a, b, c);
#else
    double x = c + a * b;
#endif
    uint64_t lost = (UINT64_C(1) << 29) - 1;
    return real_64((int64_t)(((uint64_t)bits_64(x) + (random & lost)) & ~lost));
}

/* Neither compiler sees that acc is apart from a and b. */
#ifdef __clang__
#define MAC_APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define MAC_APART _Pragma("GCC ivdep")
#endif

/* acc[r] with a[l][r] and b[l] (step 0 along r) or b[l][r], for all r, for l in turn.
 */
#define MAC_LOOP(name, factor, statement)                                              \
    static bool name(const double *a, const double *b, double *acc,                    \
                     const uint32_t *restrict random, size_t width, size_t k)          \
    {                                                                                  \
        uint64_t doubt = 0;                                                            \
        for (size_t l = 0; l < k; l++)                                                 \
            MAC_APART for (size_t r = 0; r < width; r++)                               \
            {                                                                          \
                size_t i = l * width + r;                                              \
                double y = factor;                                                     \
                acc[r] = statement;                                                    \
            }                                                                          \
        return doubt != 0;                                                             \
    }
MAC_LOOP(mac_panel_64, b[l], mac_64(acc[r], a[i], y, random[i], &doubt))
MAC_LOOP(mac_each_64, b[i], mac_64(acc[r], a[i], y, random[i], &doubt))
MAC_LOOP(mac_panel_careful, b[l], mac_careful(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_each_careful, b[i], mac_careful(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_panel_32, b[l], mac_32(acc[r], a[i], y, random[i]))
MAC_LOOP(mac_each_32, b[i], mac_32(acc[r], a[i], y, random[i]))
#undef MAC_LOOP
#undef MAC_APART
#undef EXPONENT
