#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/loss.h"
#include "statistics/summary.h"

/* Digits are cut into bins of 2⁻¹⁰ bit. */
#define BINS_PER_BIT 1024.0

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The k-th smallest of x[0 … n) into x[k], none smaller after it (Hoare's selection,
 * the pivot the median of three). */
static double select_kth(double *x, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        double a = x[low], b = x[low + (high - low) / 2], c = x[high];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t i = low, j = high;

        for (;;) {
            while (x[i] < pivot) {
                i++;
            }
            while (pivot < x[j]) {
                j--;
            }
            if (i >= j) {
                break;
            }
            double t = x[i];
            x[i++] = x[j];
            x[j--] = t;
        }
        /* x[low … j] ≤ pivot ≤ x[j + 1 … high]; with i == j the middle one is the
         * pivot. */
        if (k <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
    return x[k];
}

/* Moves the numbers to the front, returns how many. */
static size_t drop_nans(double *x, size_t n)
{
    size_t numbers = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            x[numbers++] = x[i];
        }
    }
    return numbers;
}

/* The quantile that lies `fraction` of the way from the first to the last. */
static double interpolate(double below, double above, double part)
{
    return part == 0 ? below : below + (above - below) * part;
}

static double quantile(double *x, size_t n, double fraction)
{
    double position = (double)(n - 1) * fraction;
    size_t k = (size_t)position;
    double part = position - (double)k;
    double below = select_kth(x, n, k);
    double above = below;

    if (part > 0) { /* the next one is the least of those after x[k] */
        above = HUGE_VAL;
        for (size_t i = k + 1; i < n; i++) {
            above = x[i] < above ? x[i] : above;
        }
    }
    return interpolate(below, above, part);
}

void pt_stat_quantiles(double *digits, size_t n, double *p05, double *median)
{
    enum { SORT_BELOW = 64 };
    size_t numbers = drop_nans(digits, n);

    if (numbers == 0) {
        *p05 = *median = NAN;
        return;
    }
    if (numbers < SORT_BELOW) {
        qsort(digits, numbers, sizeof *digits, compare);
    }
    *median = quantile(digits, numbers, 0.5);
    *p05 = quantile(digits, numbers, 0.05);
}

double pt_stat_median(double *values, size_t n)
{
    size_t numbers = drop_nans(values, n);

    return numbers == 0 ? NAN : quantile(values, numbers, 0.5);
}

void pt_stat_histogram_add(struct pt_stat_histogram *histogram, const double *digits,
                           size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (digits[i] >= 0) { /* not NaN */
            histogram->n[(size_t)(digits[i] * BINS_PER_BIT)]++;
        }
    }
}

void pt_stat_histogram_merge(struct pt_stat_histogram *into,
                             const struct pt_stat_histogram *from)
{
    for (size_t i = 0; i < PT_STAT_HISTOGRAM_BINS; i++) {
        into->n[i] += from->n[i];
    }
}

/* The k-th smallest, as the lower edge of its bin. */
static double histogram_kth(const struct pt_stat_histogram *histogram, uint64_t k)
{
    uint64_t below = 0;
    size_t i = 0;

    while (i + 1 < PT_STAT_HISTOGRAM_BINS && below + histogram->n[i] <= k) {
        below += histogram->n[i++];
    }
    return (double)i / BINS_PER_BIT;
}

static double histogram_quantile(const struct pt_stat_histogram *histogram, uint64_t n,
                                 double fraction)
{
    double position = (double)(n - 1) * fraction;
    uint64_t k = (uint64_t)position;
    uint64_t next = k + 1 < n ? k + 1 : k;

    return interpolate(histogram_kth(histogram, k), histogram_kth(histogram, next),
                       position - (double)k);
}

void pt_stat_histogram_quantiles(const struct pt_stat_histogram *histogram, double *p05,
                                 double *median)
{
    uint64_t n = 0;

    for (size_t i = 0; i < PT_STAT_HISTOGRAM_BINS; i++) {
        n += histogram->n[i];
    }
    *p05 = n == 0 ? NAN : histogram_quantile(histogram, n, 0.05);
    *median = n == 0 ? NAN : histogram_quantile(histogram, n, 0.5);
}
