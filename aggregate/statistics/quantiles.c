#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "statistics/lanes.h"
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

    while (numbers < n && !isnan(x[numbers])) {
        numbers++;
    }
    for (size_t i = numbers; i < n; i++) {
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

/* The k-th smallest, and `part` of the way to the next one. */
static double between(double *x, size_t n, size_t k, double part)
{
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

static double quantile(double *x, size_t n, double fraction)
{
    double position = (double)(n - 1) * fraction;
    size_t k = (size_t)position;

    return between(x, n, k, position - (double)k);
}

/* Many digits are first counted in bins of 2⁻⁷ bit, so that selection sees only the few
 * of the bins that the quantile lies in. */
enum { COARSE_PER_BIT = 128, COARSE_BINS = 64 * COARSE_PER_BIT + 1 };

static size_t coarse_bin(double digits)
{
    return (size_t)(digits * COARSE_PER_BIT);
}

static uint32_t count_bit(const uint32_t *bins)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < COARSE_PER_BIT; i++) {
        sum += bins[i];
    }
    return sum;
}

/* The bin of the k-th smallest; *below: how many lie in the bins before it. Whole bits
 * are passed over first. */
static size_t find_bin(const uint32_t *bins, size_t k, size_t *below)
{
    size_t bin = 0, sum = 0;

    while (bin + COARSE_PER_BIT < COARSE_BINS) {
        uint32_t whole = count_bit(bins + bin);

        if (sum + whole > k) {
            break;
        }
        sum += whole;
        bin += COARSE_PER_BIT;
    }
    while (sum + bins[bin] <= k) {
        sum += bins[bin++];
    }
    *below = sum;
    return bin;
}

/* The bin of the one behind the k-th smallest, whose bin is `bin`. */
static size_t find_next(const uint32_t *bins, size_t bin, size_t below, size_t k)
{
    for (below += bins[bin]; below <= k + 1; below += bins[bin]) {
        bin++;
    }
    return bin;
}

static double binned_quantile(double *x, size_t n, const uint32_t *bins,
                              double fraction)
{
    double position = (double)(n - 1) * fraction;
    size_t k = (size_t)position, below;
    size_t first = find_bin(bins, k, &below);
    size_t last = k + 1 < n ? find_next(bins, first, below, k) : first;
    size_t kept = pt_lanes_kernel_best()->gather(x, n, (double)first / COARSE_PER_BIT,
                                                 (double)(last + 1) / COARSE_PER_BIT);

    return between(x, kept, k - below, position - (double)k);
}

void pt_stat_quantiles(double *digits, size_t n, double *p05, double *median)
{
    enum { SORT_BELOW = 64, BIN_FROM = 1024 };
    size_t numbers = drop_nans(digits, n);

    if (numbers == 0) {
        *p05 = *median = NAN;
    } else if (numbers == 1) {
        *p05 = *median = digits[0];
    } else if (numbers < BIN_FROM) {
        if (numbers < SORT_BELOW) {
            qsort(digits, numbers, sizeof *digits, compare);
        }
        *median = quantile(digits, numbers, 0.5);
        *p05 = quantile(digits, numbers, 0.05);
    } else {
        uint32_t bins[COARSE_BINS] = {0};

        for (size_t i = 0; i < numbers; i++) {
            bins[coarse_bin(digits[i])]++;
        }
        *median = binned_quantile(digits, numbers, bins, 0.5);
        *p05 = binned_quantile(digits, numbers, bins, 0.05);
    }
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
