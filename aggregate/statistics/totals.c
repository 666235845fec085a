#include <assert.h>
#include <math.h>

#include "statistics/lanes.h"
#include "statistics/vector.h"

/* Compiled once for each instruction set, like lanes.c. Sums go sixteen ways, element i
 * to way i mod 16, whatever the width of a vector: the order of additions is fixed. */
enum { WAYS = PT_LANES_PAD, VECTORS = WAYS / PT_VEC_LANES };
static_assert(WAYS == 16, "fold() adds sixteen ways");

static inline double fold(const pt_vec *way)
{
    double x[WAYS];

    for (size_t v = 0; v < VECTORS; v++) {
        PT_VEC_STORE(x + v * PT_VEC_LANES, way[v]);
    }
    for (size_t half = WAYS / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) {
            x[i] += x[i + half];
        }
    }
    return x[0];
}

static inline void zero(pt_vec *way, const double *x)
{
    for (size_t v = 0; v < VECTORS; v++) {
        pt_vec any = PT_VEC_LOAD(x + v * PT_VEC_LANES);

        way[v] = any - any; /* finite numbers only come here */
    }
}

static double sum(const double *x, size_t padded)
{
    pt_vec way[VECTORS];

    zero(way, x);
    for (size_t i = 0; i < padded; i += WAYS) {
        for (size_t v = 0; v < VECTORS; v++) {
            way[v] += PT_VEC_LOAD(x + i + v * PT_VEC_LANES);
        }
    }
    return fold(way);
}

static double sum_squares(const double *x, size_t padded)
{
    pt_vec way[VECTORS];

    zero(way, x);
    for (size_t i = 0; i < padded; i += WAYS) {
        for (size_t v = 0; v < VECTORS; v++) {
            pt_vec y = PT_VEC_LOAD(x + i + v * PT_VEC_LANES);

            way[v] += y * y;
        }
    }
    return fold(way);
}

static void range(const struct pt_lanes *lanes, size_t padded,
                  struct pt_lanes_totals *totals)
{
    pt_vec low = PT_VEC_LOAD(lanes->low), high = PT_VEC_LOAD(lanes->high);
    double lows[PT_VEC_LANES], highs[PT_VEC_LANES];

    for (size_t i = PT_VEC_LANES; i < padded; i += PT_VEC_LANES) {
        low = PT_VEC_MIN(PT_VEC_LOAD(lanes->low + i), low);
        high = PT_VEC_MAX(PT_VEC_LOAD(lanes->high + i), high);
    }
    PT_VEC_STORE(lows, low);
    PT_VEC_STORE(highs, high);
    totals->low = lows[0];
    totals->high = highs[0];
    for (size_t i = 1; i < PT_VEC_LANES; i++) {
        totals->low = fmin(totals->low, lows[i]);
        totals->high = fmax(totals->high, highs[i]);
    }
}

/* Elements whose samples spread over 64 units of the last place or more (the few values
 * of a smaller spread say nothing of the distribution): tested, and found not normal.
 */
static void test_normality(const struct pt_lanes_rules *rules,
                           const struct pt_lanes *lanes, size_t padded,
                           struct pt_lanes_totals *totals)
{
    double units = ldexp(1, 6 - (int)rules->precision);
    size_t tested = 0, found = 0;

#pragma omp simd reduction(+ : tested, found)
    for (size_t i = 0; i < padded; i++) {
        double above = lanes->high[i] - lanes->mean[i];
        double below = lanes->mean[i] - lanes->low[i];
        double width = above + below; /* −Inf for what is not done */
        double furthest = above > below ? above : below;
        int wide = width > units * (fabs(lanes->mean[i]) + width);
        int odd = (width < rules->normal_range * lanes->std[i]) |
                  (furthest > rules->normal_distance * lanes->std[i]);

        tested += (size_t)wide;
        found += (size_t)(wide & odd);
    }
    totals->tested = tested;
    totals->not_normal = found;
}

void PT_TOTALS_NAME(const struct pt_lanes_rules *rules, const struct pt_lanes *lanes,
                    size_t count, struct pt_lanes_totals *totals);

void PT_TOTALS_NAME(const struct pt_lanes_rules *rules, const struct pt_lanes *lanes,
                    size_t count, struct pt_lanes_totals *totals)
{
    size_t padded = PT_LANES_PADDED(count), varying = 0;

    *totals = (struct pt_lanes_totals){.mean = sum(lanes->mean, padded),
                                       .ref2 = sum_squares(lanes->ref, padded)};
    range(lanes, padded, totals);
#pragma omp simd reduction(+ : varying)
    for (size_t i = 0; i < padded; i++) {
        varying += lanes->m2[i] > 0;
    }
    totals->varying = varying;
    if (rules->n > 1) {
        totals->var = sum(lanes->var, padded);
        totals->square = rules->external ? sum(lanes->square, padded) : totals->var;
        totals->spread2 = sum_squares(lanes->spread, padded);
        totals->bias2 = rules->external ? sum_squares(lanes->bias, padded) : 0;
        if (rules->normal_range > 0) { /* enough samples */
            test_normality(rules, lanes, padded, totals);
        }
    }
}
