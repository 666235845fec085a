#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "statistics/lanes.h"

/* Compiled once for each instruction set, like lanes.c. */

/* Elements that are finished at a time: few, since memory is asked for in between. */
enum { STEP = 32 };

static inline void log2_lanes(const double *x, double *out, size_t count)
{
    /* x = m·2ᵉ with m in [√½, √2); log₂ m = (2/ln 2) atanh((m − 1)/(m + 1)), whose
     * series in t ≤ 0.1716 is cut after t¹⁵ (error 2e-15). The exponent becomes a
     * double without a conversion instruction: its bits as the low end of 2⁵². */
#pragma omp simd
    for (size_t i = 0; i < count; i++) {
        const uint64_t offset =
            UINT64_C(0x3ff0000000000000) - UINT64_C(0x3fe6a09e667f3bcd);
        uint64_t bits, exponent, mantissa;
        double m, e, t, tt, p;

        memcpy(&bits, x + i, sizeof bits);
        bits += offset;
        exponent = (bits >> 52) | UINT64_C(0x4330000000000000);
        mantissa = (bits & UINT64_C(0x000fffffffffffff)) + UINT64_C(0x3fe6a09e667f3bcd);
        memcpy(&e, &exponent, sizeof e);
        memcpy(&m, &mantissa, sizeof m);
        e -= 0x1p52 + 1023;
        t = (m - 1) / (m + 1);
        tt = t * t;
        p = 1.0 / 15;
        p = p * tt + 1.0 / 13;
        p = p * tt + 1.0 / 11;
        p = p * tt + 1.0 / 9;
        p = p * tt + 1.0 / 7;
        p = p * tt + 1.0 / 5;
        p = p * tt + 1.0 / 3;
        p = p * tt + 1.0;
        out[i] = e + p * t * (2 / M_LN2);
    }
}

void PT_LOG2_NAME(const double *x, double *out, size_t count);

void PT_LOG2_NAME(const double *x, double *out, size_t count)
{
    log2_lanes(x, out, count);
}

/* y, μ − y, the mean square about y and max |xᵢ − y| for an external reference: the
 * mean square is σ² + (μ − y)². */
static void refer(const double *reference, size_t from, size_t end,
                  struct pt_lanes *lanes)
{
    for (size_t i = from; i < end; i++) {
        double y = reference[i];
        double bias = (lanes->mean[i] - y) + lanes->mean_low[i];
        double spread = fmax(fabs(lanes->high[i] - y), fabs(lanes->low[i] - y));

        lanes->ref[i] = lanes->done[i] ? y : 0;
        lanes->bias[i] = lanes->done[i] ? bias : 0;
        lanes->square[i] = lanes->done[i] ? lanes->square[i] + bias * bias : 0;
        lanes->spread[i] = lanes->done[i] ? spread : 0;
    }
}

/* ½ log₂(square/y²), and for the absolute error less the fraction of log₂|y|, since
 * −log₂ σ + ⌊log₂|y|⌋ = −log₂(σ/|y|) − (log₂|y| − ⌊log₂|y|⌋). */
static inline void relative_log(const double *square, const double *ref, bool absolute,
                                size_t n, double *logz)
{
    double value[STEP], fraction[STEP];

#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        double ratio = square[i] / (ref[i] * ref[i]);
        value[i] = ratio > 0 && ratio <= DBL_MAX ? ratio : 1;
    }
    log2_lanes(value, logz, n);
    for (size_t i = 0; i < n; i++) {
        logz[i] *= 0.5;
    }
    if (absolute) {
        for (size_t i = 0; i < n; i++) {
            int e;
            double m = frexp(fabs(ref[i]), &e);

            value[i] = m > 0 ? 2 * m : 1;
        }
        log2_lanes(value, fraction, n);
        for (size_t i = 0; i < n; i++) {
            logz[i] += fraction[i];
        }
    }
}

static inline void finish_step(const struct pt_lanes_rules *rules,
                               const double *reference, size_t from, size_t end,
                               struct pt_lanes *lanes)
{
    double divisor = rules->n - rules->ddof;
    double precision = rules->precision;
    double share = reference == NULL ? 1 : divisor / rules->n;
    /* One run has no spread: NaN, which the deltas are as well. */
    double defined = rules->n > 1 ? 1 : NAN;
    double logz[STEP];

#pragma omp simd
    for (size_t i = from; i < end; i++) {
        double var = lanes->m2[i] / divisor * defined;

        lanes->var[i] = var;
        lanes->std[i] = sqrt(var);
        lanes->square[i] = var * share;
        lanes->ref[i] = lanes->mean[i];
        lanes->bias[i] = 0;
    }
    if (reference != NULL) {
        refer(reference, from, end, lanes);
    }
    relative_log(lanes->square + from, lanes->ref + from, rules->absolute, end - from,
                 logz);
#pragma omp simd
    for (size_t i = from; i < end; i++) {
        double sig = -logz[i - from] - rules->delta;
        double contributing = -logz[i - from] - rules->delta_contributing;

        sig = sig > precision || lanes->square[i] == 0 ? precision : sig;
        contributing = contributing > precision || lanes->square[i] == 0 ? precision
                                                                         : contributing;
        lanes->sig[i] = sig * defined;
        lanes->contributing[i] = contributing * defined;
    }
}

static inline void fetch_later(const struct pt_lanes_ahead *ahead, size_t at,
                               size_t end)
{
    enum { LINE_BYTES = 64 };

    for (size_t i = 0; i < ahead->n; i++) {
        const char *next =
            (const char *)ahead->rows[i] + (at + PT_STAT_BLOCK) * ahead->item;

        if (!pt_lanes_is_later(i))
            continue;
        for (size_t k = 0; k < (end - at) * ahead->item; k += LINE_BYTES)
            __builtin_prefetch(next + k, 0, 2);
    }
}

void PT_FINISH_NAME(const struct pt_lanes_rules *rules, const double *reference,
                    const struct pt_lanes_ahead *ahead, size_t wanted,
                    struct pt_lanes *lanes);

void PT_FINISH_NAME(const struct pt_lanes_rules *rules, const double *reference,
                    const struct pt_lanes_ahead *ahead, size_t wanted,
                    struct pt_lanes *lanes)
{
    size_t count = PT_LANES_PADDED(wanted);

    for (size_t at = 0; at < count; at += STEP) {
        size_t end = at + STEP < count ? at + STEP : count;

        fetch_later(ahead, at, end);
        finish_step(rules, reference, at, end, lanes);
    }
}
