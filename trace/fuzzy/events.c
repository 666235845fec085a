#include "fuzzy/events.h"

#include <math.h>
#include <string.h>

/* |out| · 2^bits <= the larger of |a|, |b|: as many bits as that, or one fewer.
 * Compiled for the processor at hand: this is all that most blocks cost. */
#define COUNT(suffix, real, abs)                                                       \
    static inline __attribute__((always_inline))                                       \
    size_t body_##suffix(const real *restrict a, const real *restrict b,               \
                         const real *restrict out, size_t n, real scale)               \
    {                                                                                  \
        size_t found = 0;                                                              \
        for (size_t i = 0; i < n; i++) {                                               \
            real x = abs(a[i]), y = abs(b[i]), larger = x > y ? x : y;                 \
            found += (size_t)((abs(out[i]) * scale <= larger) & (larger > 0));         \
        }                                                                              \
        return found;                                                                  \
    }
COUNT(64, double, fabs)
COUNT(32, float, fabsf)
#undef COUNT

#define VARIANTS(isa, attribute)                                                       \
    attribute static size_t count_64_##isa(const double *a, const double *b,           \
                                           const double *out, size_t n, double scale)  \
    {                                                                                  \
        return body_64(a, b, out, n, scale);                                           \
    }                                                                                  \
    attribute static size_t count_32_##isa(const float *a, const float *b,             \
                                           const float *out, size_t n, float scale)    \
    {                                                                                  \
        return body_32(a, b, out, n, scale);                                           \
    }
VARIANTS(plain, )
#ifdef __x86_64__
VARIANTS(avx2, __attribute__((target("avx2"))))
VARIANTS(avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
#endif
#undef VARIANTS

static size_t count(enum pt_fuzzy_format format, const void *a, const void *b,
                    const void *out, size_t n, unsigned bits)
{
    /* One bit fewer: exponents decide below. */
    double scale = ldexp(1, (int)bits - 1);
    char best = pt_fuzzy_runtime.kernels->name[0] == 'b'
                    ? 'b'
                    : pt_fuzzy_runtime.kernels->name[3]; /* avx2, avx512 */
#ifdef __x86_64__
    if (best == '5')
        return format == PT_FUZZY_BINARY64
                   ? count_64_avx512(a, b, out, n, scale)
                   : count_32_avx512(a, b, out, n, (float)scale);
    if (best == '2')
        return format == PT_FUZZY_BINARY64 ? count_64_avx2(a, b, out, n, scale)
                                           : count_32_avx2(a, b, out, n, (float)scale);
#endif
    (void)best;
    return format == PT_FUZZY_BINARY64 ? count_64_plain(a, b, out, n, scale)
                                       : count_32_plain(a, b, out, n, (float)scale);
}

/* As ilogb, without a call for normal numbers; x is finite and not 0. */
static int exponent(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int biased = (int)(bits >> 52 & 0x7ff);
    return biased > 0 ? biased - 1023 : ilogb(x);
}

static unsigned lost(enum pt_fuzzy_format format, double a, double b, double r)
{
    double x = fabs(a), y = fabs(b), larger = x > y ? x : y;
    int bits = format == PT_FUZZY_BINARY64 ? 53 : 24;
    if (!(x < INFINITY && y < INFINITY && fabs(r) < INFINITY) || larger == 0)
        return 0;
    int n = r == 0 ? bits : exponent(larger) - exponent(r);
    return n < 0 ? 0 : n > bits ? (unsigned)bits : (unsigned)n;
}

void pt_fuzzy_events_look(struct pt_fuzzy_work *work, const void *a, const void *b,
                          const void *out, size_t n)
{
    unsigned wanted = pt_fuzzy_runtime.options.cancellation;
    struct pt_fuzzy_stream *stream = work->stream;
    if (count(work->format, a, b, out, n, wanted) == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        unsigned bits = lost(work->format, pt_fuzzy_load(work->format, a, i),
                             pt_fuzzy_load(work->format, b, i),
                             pt_fuzzy_load(work->format, out, i));
        stream->cancelled += bits >= wanted;
        if (bits > stream->most_lost)
            stream->most_lost = bits;
    }
}
