/* Chains: acc = acc op b[0], acc = acc op b[1], …; included by kernel_real.h.
 *
 * A chain lasts as long as its operations one after the other, and one stochastic
 * addition is some seven of plain ones. But while the sum stays in one binade, all
 * numbers of which are multiples of one gap g,
 *
 *     round(acc + b) = acc + d,   d = b rounded to a multiple of g,
 *
 * and d does not depend on acc. So d is made for a stretch of b at once, and the chain
 * is left with plain additions, which are exact. Where the sum leaves the binade, or b
 * is not small beside it, one addition is done in the general way. Both decide alike.
 *
 * With h the nearest multiple of g to b (by adding and subtracting 1.5 times the
 * binade, as g is what that sum is rounded to) and u uniform in (0, 1),
 *
 *     d = nearest(h + ((b - h) + (u - 1/2) g))
 *
 * is the one of the two multiples beside b with the probability of its distance. */

enum { NAME(STRETCH) = 64, NAME(SHORT) = 8 };

/* The sums of n <= STRETCH additions to `start` in out[0], …, n being less where one of
 * them has to be done in the general way. */
static inline size_t NAME(sum_in_binade)(REAL start, const REAL *b, bool minus,
                                         REAL *restrict out, const uint32_t *random,
                                         size_t n)
{
    _Alignas(64) REAL before[NAME(STRETCH)], nearest[NAME(STRETCH)], d[NAME(STRETCH)];
    INT exponent = NAME(magnitude)(start) & ~(((INT)1 << MANTISSA) - 1);
    REAL binade = NAME(real)(exponent);
    REAL gap = NAME(real)(exponent - ((INT)MANTISSA << MANTISSA));
    REAL away = start < 0 ? -gap : gap;
    REAL shift = C(1.5) * binade, most = binade * C(0x1.fffp-2);
    REAL lowest = binade + gap, highest = binade + (binade - gap);
    INT outside = 0;

#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        REAL x = minus ? -b[i] : b[i];
        REAL shifted = x + shift;
        REAL h = shifted - shift;
        REAL u = NAME(uniform)(random[i]) - C(0.5);
        d[i] = (shifted + NAME(multiply_add)(u, away, x - h)) - shift;
        nearest[i] = ABS(x) <= most ? h : (REAL)NAN;
    }
    for (size_t i = 0; i < n; i++) {
        before[i] = start;
        start += d[i];
        out[i] = start;
    }
    /* By the nearest sum: what is done in the general way must not be chosen by u. */
#pragma omp simd reduction(| : outside)
    for (size_t i = 0; i < n; i++) {
        REAL s = ABS(before[i] + nearest[i]);
        outside |= 1 - ((INT)(s >= lowest) & (INT)(s <= highest));
    }
    for (size_t i = 0; outside && i < n; i++) {
        REAL s = ABS(before[i] + nearest[i]);
        if (!(s >= lowest && s <= highest))
            return i;
    }
    return n;
}

static inline size_t NAME(scan_sum)(void *accv, const void *bv, bool minus, REAL *out,
                                    const uint32_t *random, size_t n)
{
    const REAL *b = bv;
    REAL acc, room[NAME(STRETCH)];
    size_t i = 0, stretch = NAME(STRETCH), singles = 0;

    memcpy(&acc, accv, sizeof acc);
    while (i < n) {
        size_t m = n - i < stretch ? n - i : stretch, done = 0;
        if (singles == 0 && NAME(outside)(NAME(magnitude)(acc), LOW, HIGH) >= 0) {
            done = NAME(sum_in_binade)(acc, b + i, minus, room, random + i, m);
            /* Where that is for nothing it is tried less often. */
            stretch = done == m ? NAME(STRETCH) : NAME(SHORT);
            singles = done == m ? 0 : done < NAME(SHORT) / 2 ? NAME(SHORT) : 1;
            if (done > 0)
                acc = room[done - 1];
        } else {
            INT range = 0;
            room[0] = minus ? NAME(one_sub)(acc, b[i], random[i], &range)
                            : NAME(one_add)(acc, b[i], random[i], &range);
            if (range < 0)
                break;
            acc = room[0];
            done = 1;
            singles -= singles > 0;
        }
        if (out)
            memcpy(out + i, room, done * sizeof acc);
        i += done;
    }
    memcpy(accv, &acc, sizeof acc);
    return i;
}

static size_t NAME(scan_add)(void *acc, const void *b, void *out,
                             const uint32_t *random, size_t n)
{
    return NAME(scan_sum)(acc, b, false, out, random, n);
}

static size_t NAME(scan_sub)(void *acc, const void *b, void *out,
                             const uint32_t *random, size_t n)
{
    return NAME(scan_sum)(acc, b, true, out, random, n);
}

/* The others step by step. */
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
            INT range = 0;                                                             \
            REAL next = NAME(one_##op)(acc, b[i], random[i], &range);                  \
            if (range < 0)                                                             \
                break;                                                                 \
            acc = next;                                                                \
            if (out)                                                                   \
                out[i] = acc;                                                          \
        }                                                                              \
        memcpy(accv, &acc, sizeof acc);                                                \
        return i;                                                                      \
    }
SCAN(mul)
SCAN(div)
#undef SCAN

/* Reading the environment would wait for all sums before it, so that rows could not
 * overlap. Additions tell as well whether the processor rounds to nearest. */
static inline bool NAME(is_to_nearest)(void)
{
    static const volatile REAL one = 1, little = C(0x1p-60);
    REAL x = one, y = little;
    return x + y == x && x - y == x;
}

/* *sum = *sum + x where nothing but inexactness is signalled on the way, even if
 * numbers below the normal ones are flushed to zero; else false. */
static inline bool NAME(add_plainly)(REAL *sum, REAL x, uint32_t random)
{
    INT high = HIGH - ((INT)1 << MANTISSA);
    INT low = LOW + ((INT)(PT_REAL == 64 ? 60 : 20) << MANTISSA), range = 0;
    if (NAME(magnitude)(x) >= high || NAME(magnitude)(*sum) >= high ||
        NAME(magnitude)(*sum + x) < low)
        return false;
    *sum = NAME(one_add)(*sum, x, random, &range);
    return true;
}

static bool NAME(few)(void *accv, const char *b, ptrdiff_t step, size_t n,
                      const uint32_t *random)
{
    REAL acc, sum, x;
    bool plain = NAME(is_to_nearest)();
    memcpy(&sum, b, sizeof sum);
    for (size_t i = 1; plain && i < n; i++) {
        memcpy(&x, b + (ptrdiff_t)i * step, sizeof x);
        plain = NAME(add_plainly)(&sum, x, random[i - 1]);
    }
    memcpy(&acc, accv, sizeof acc);
    plain = plain && NAME(add_plainly)(&acc, sum, random[n - 1]);
    if (plain)
        memcpy(accv, &acc, sizeof acc);
    return plain;
}
