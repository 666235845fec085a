#include "statistics/lanes.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "statistics/vector.h"

/* This file is compiled several times, with other instruction sets and another
 * PT_LANES_NAME, and without contraction to fused multiply-add: same bits everywhere.
 */

static_assert(PT_STAT_BLOCK % PT_LANES_PAD == 0 && PT_LANES_PAD % PT_VEC_LANES == 0,
              "vectors must not straddle the padding");

/* Vectors of one row that are taken together: what is summed stays in registers while
 * all rows go by. */
enum { TOGETHER = 2, STEP = TOGETHER * PT_VEC_LANES, LINE_BYTES = 64 };
static_assert(PT_LANES_PAD % STEP == 0, "steps must not straddle the padding");

struct near_sums {
    double sum[PT_STAT_BLOCK], square[PT_STAT_BLOCK];
};

/* Elements of a row of doubles or, if it is narrow, of floats. */
static inline __attribute__((always_inline)) pt_vec load_row(const void *row, size_t at,
                                                             bool narrow)
{
    return narrow ? PT_VEC_WIDEN((const float *)row + at)
                  : PT_VEC_LOAD((const double *)row + at);
}

/* The same elements of the next block, once for each line of a cache. */
static inline __attribute__((always_inline)) void fetch_ahead(const void *row,
                                                              size_t at, bool narrow)
{
    size_t item = narrow ? sizeof(float) : sizeof(double);

    if (STEP * item >= LINE_BYTES || at * item % LINE_BYTES == 0)
        __builtin_prefetch((const char *)row + (at + PT_STAT_BLOCK) * item, 0, 2);
}

/* Σ(xᵢ − x₁), Σ(xᵢ − x₁)², least and greatest of STEP elements. */
static inline __attribute__((always_inline)) void
near_step(const void *const *rows, size_t n, size_t at, bool narrow,
          struct near_sums *sums, struct pt_lanes *lanes)
{
    pt_vec shift[TOGETHER], sum[TOGETHER], square[TOGETHER], low[TOGETHER],
        high[TOGETHER];

    fetch_ahead(rows[0], at, narrow);
    for (size_t v = 0; v < TOGETHER; v++) {
        shift[v] = load_row(rows[0], at + v * PT_VEC_LANES, narrow);
        sum[v] = square[v] = shift[v] - shift[v]; /* NaN for Inf and NaN: not done */
        low[v] = high[v] = shift[v];
    }
    for (size_t i = 1; i < n; i++) {
        if (!pt_lanes_is_later(i))
            fetch_ahead(rows[i], at, narrow);
        for (size_t v = 0; v < TOGETHER; v++) {
            pt_vec x = load_row(rows[i], at + v * PT_VEC_LANES, narrow);
            pt_vec d = x - shift[v];

            sum[v] += d;
            square[v] += d * d;
            low[v] = PT_VEC_MIN(x, low[v]);
            high[v] = PT_VEC_MAX(x, high[v]);
        }
    }
    for (size_t v = 0; v < TOGETHER; v++) {
        size_t to = at + v * PT_VEC_LANES;

        PT_VEC_STORE(sums->sum + to, sum[v]);
        PT_VEC_STORE(sums->square + to, square[v]);
        PT_VEC_STORE(lanes->low + to, low[v]);
        PT_VEC_STORE(lanes->high + to, high[v]);
    }
}

static size_t count_done(const struct pt_lanes *lanes, size_t count)
{
    size_t done = 0;

    for (size_t i = 0; i < count; i++) {
        done += lanes->done[i];
    }
    return done;
}

static void near_finish(const double *first, const struct near_sums *sums, double n,
                        size_t padded, struct pt_lanes *lanes)
{
    double inverse = 1 / n, share = 1 / (8 * n);

#pragma omp simd
    for (size_t i = 0; i < padded; i++) {
        double shift = sums->sum[i] * inverse;
        double mean = first[i] + shift;
        double rest = shift - (mean - first[i]);
        double above = (lanes->high[i] - mean) - rest;
        double below = (mean - lanes->low[i]) + rest;
        double m2 = sums->square[i] - sums->sum[i] * shift;

        lanes->mean[i] = mean;
        lanes->mean_low[i] = rest;
        lanes->m2[i] = m2 > 0 ? m2 : 0;
        lanes->spread[i] = above > below ? above : below;
    }
    for (size_t i = 0; i < padded; i++) {
        double magnitude = fabs(first[i]);
        int ordinary =
            (magnitude >= 2 * PT_LANES_LEAST) & (magnitude <= PT_LANES_GREATEST / 2);
        int together = lanes->high[i] - lanes->low[i] <= magnitude * share;

        lanes->done[i] = (unsigned char)((ordinary | (magnitude == 0)) & together &
                                         (fabs(sums->sum[i]) <= DBL_MAX));
    }
}

static size_t near_block(const void *const *rows, size_t n, bool narrow, size_t count,
                         struct pt_lanes *lanes)
{
    size_t padded = PT_LANES_PADDED(count);
    double widened[PT_STAT_BLOCK];
    const double *first = narrow ? widened : rows[0];
    struct near_sums sums;

    if (narrow) {
        for (size_t at = 0; at < padded; at += STEP)
            near_step(rows, n, at, true, &sums, lanes);
        for (size_t at = 0; at < padded; at += PT_VEC_LANES)
            PT_VEC_STORE(widened + at, load_row(rows[0], at, true));
    } else {
        for (size_t at = 0; at < padded; at += STEP)
            near_step(rows, n, at, false, &sums, lanes);
    }
    near_finish(first, &sums, (double)n, padded, lanes);
    return count_done(lanes, count);
}

struct wide_sums {
    double mean[PT_VEC_LANES], mean_low[PT_VEC_LANES], square[PT_VEC_LANES],
        low[PT_VEC_LANES], high[PT_VEC_LANES];
};

/* a + b = s + *error exactly (Knuth, The Art of Computer Programming 2, 4.2.2). */
static inline pt_vec two_sum(pt_vec a, pt_vec b, pt_vec *error)
{
    pt_vec s = a + b;
    pt_vec t = s - a;

    *error = (a - (s - t)) + (b - t);
    return s;
}

/* Σxᵢ as *sum + *rest (Neumaier's compensated sum), least and greatest. */
static inline void wide_sum(const double *const *rows, size_t n, size_t at, double *sum,
                            double *rest, double *low, double *high)
{
    pt_vec first = PT_VEC_LOAD(rows[0] + at);
    pt_vec s = first, c = first - first, lo = first, hi = first;

    for (size_t i = 1; i < n; i++) {
        pt_vec x = PT_VEC_LOAD(rows[i] + at);
        pt_vec error;

        s = two_sum(s, x, &error);
        c += error;
        lo = PT_VEC_MIN(x, lo);
        hi = PT_VEC_MAX(x, hi);
    }
    PT_VEC_STORE(sum, s);
    PT_VEC_STORE(rest, c);
    PT_VEC_STORE(low, lo);
    PT_VEC_STORE(high, hi);
}

/* (sum + rest)/n as mean + mean_low: the remainder of the division is formed exactly,
 * n having few bits and the mean being split in two (Veltkamp, Dekker). */
static inline void wide_mean(const double *sum, const double *rest, double n,
                             double *mean, double *mean_low)
{
    for (size_t i = 0; i < PT_VEC_LANES; i++) {
        double total = sum[i] + rest[i];
        double total_low = (sum[i] - total) + rest[i];
        double m = total / n;
        double split = m * 0x1.0000002p27;
        double upper = split - (split - m);
        double lower = m - upper;
        double left = ((total - upper * n) - lower * n) + total_low;
        double m_low = left / n;

        mean[i] = m + m_low;
        mean_low[i] = m_low - (mean[i] - m);
    }
}

static inline void wide_squares(const double *const *rows, size_t n, size_t at,
                                const double *mean, const double *mean_low,
                                double *square)
{
    pt_vec m = PT_VEC_LOAD(mean), m_low = PT_VEC_LOAD(mean_low);
    pt_vec q = m - m;

    for (size_t i = 0; i < n; i++) {
        pt_vec d = (PT_VEC_LOAD(rows[i] + at) - m) - m_low;

        q += d * d;
    }
    PT_VEC_STORE(square, q);
}

static void wide_finish(const struct wide_sums *sums, double n, size_t at,
                        struct pt_lanes *lanes)
{
    double bound = 16 * n * n * 0x1p-53;

    for (size_t i = 0; i < PT_VEC_LANES; i++) {
        double mean = sums->mean[i];
        double magnitude = fmax(fabs(sums->low[i]), fabs(sums->high[i]));
        double above = (sums->high[i] - mean) - sums->mean_low[i];
        double below = (mean - sums->low[i]) + sums->mean_low[i];
        int ordinary = magnitude >= PT_LANES_LEAST && magnitude <= PT_LANES_GREATEST;

        if (lanes->done[at + i] || !ordinary || !(fabs(mean) >= bound * magnitude) ||
            !(sums->square[i] <= DBL_MAX)) {
            continue;
        }
        lanes->mean[at + i] = mean;
        lanes->mean_low[at + i] = sums->mean_low[i];
        lanes->m2[at + i] = sums->square[i];
        lanes->low[at + i] = sums->low[i];
        lanes->high[at + i] = sums->high[i];
        lanes->spread[at + i] = above > below ? above : below;
        lanes->done[at + i] = 1;
    }
}

static size_t wide_block(const double *const *rows, size_t n, size_t count,
                         struct pt_lanes *lanes)
{
    struct wide_sums sums;
    double sum[PT_VEC_LANES], rest[PT_VEC_LANES];

    for (size_t at = 0; at < count; at += PT_VEC_LANES) {
        wide_sum(rows, n, at, sum, rest, sums.low, sums.high);
        wide_mean(sum, rest, (double)n, sums.mean, sums.mean_low);
        wide_squares(rows, n, at, sums.mean, sums.mean_low, sums.square);
        wide_finish(&sums, (double)n, at, lanes);
    }
    return count_done(lanes, count);
}

static void clamp_block(const double *x, double limit, size_t count, double *out)
{
    const double none[PT_VEC_LANES] = {0};
    double limits[PT_VEC_LANES];
    pt_vec zero = PT_VEC_LOAD(none), most;

    for (size_t i = 0; i < PT_VEC_LANES; i++)
        limits[i] = limit;
    most = PT_VEC_LOAD(limits);
    /* Where one is NaN, the second operand is taken. */
    for (size_t at = 0; at < count; at += PT_VEC_LANES)
        PT_VEC_STORE(out + at, PT_VEC_MIN(PT_VEC_MAX(PT_VEC_LOAD(x + at), zero), most));
}

static size_t tally_block(const double *x, size_t count, double *least)
{
    double low[PT_VEC_LANES];
    size_t numbers = 0, whole = count / PT_VEC_LANES * PT_VEC_LANES;
    pt_vec all;

    for (size_t i = 0; i < PT_VEC_LANES; i++)
        low[i] = *least;
    all = PT_VEC_LOAD(low);
    for (size_t at = 0; at < whole; at += PT_VEC_LANES)
        all = PT_VEC_MIN(PT_VEC_LOAD(x + at), all);
    PT_VEC_STORE(low, all);
    for (size_t i = 0; i < PT_VEC_LANES; i++)
        *least = low[i] < *least ? low[i] : *least;
    for (size_t at = whole; at < count; at++)
        *least = x[at] < *least ? x[at] : *least;
#pragma omp simd reduction(+ : numbers)
    for (size_t at = 0; at < count; at++)
        numbers += x[at] >= 0;
    return numbers;
}

void PT_TOTALS_NAME(const struct pt_lanes_rules *rules, const struct pt_lanes *lanes,
                    size_t count, struct pt_lanes_totals *totals);
size_t PT_GATHER_NAME(double *x, size_t n, double low, double high);
void PT_FINISH_NAME(const struct pt_lanes_rules *rules, const double *reference,
                    const struct pt_lanes_ahead *ahead, size_t wanted,
                    struct pt_lanes *lanes);
void PT_LOG2_NAME(const double *x, double *out, size_t count);

extern const struct pt_lanes_kernel PT_LANES_NAME;
const struct pt_lanes_kernel PT_LANES_NAME = {
    .name = PT_LANES_TEXT,
    .near = near_block,
    .wide = wide_block,
    .finish = PT_FINISH_NAME,
    .totals = PT_TOTALS_NAME,
    .log2 = PT_LOG2_NAME,
    .clamp = clamp_block,
    .tally = tally_block,
    .gather = PT_GATHER_NAME,
};
