/* What is kept of a whole value while its pieces are processed. Plain data of fixed
 * size without pointers: ranks of one kind of machine may send it as bytes. */
#ifndef PT_STATISTICS_SUMMARY_H
#define PT_STATISTICS_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "statistics/plan.h"

/* As stored in values/flags of the result file. "Some": at least one element; the
 * others speak of the value as a whole (norms over its elements). */
enum pt_stat_flag {
    PT_STAT_NO_VARIATION = 1, /* all finite samples of every element are equal */
    PT_STAT_ZERO_MEAN = 2,    /* ‖μ‖ = 0 exactly, ‖σ‖ > 0 */
    PT_STAT_COMPUTED_ZERO = 4, /* ‖μ‖ ≤ t₀.₉₇₅,ₙ₋₁ ‖σ₁‖/√n */
    PT_STAT_PARTLY_FINITE = 8, /* some: NaN or Inf in some runs only */
    PT_STAT_TOO_FEW = 16,      /* some: fewer than two finite samples, of two or more */
    PT_STAT_SAMPLED = 32,      /* set by the caller, as are 64 and 128 */
    PT_STAT_DIFFERS = 64,      /* shape or dtype */
    PT_STAT_MISSING = 128,     /* in some runs */
    PT_STAT_ONE_RUN = 256,     /* no digits */
    PT_STAT_NEVER_FINITE = 512, /* some: NaN or Inf in all runs */
    PT_STAT_NOT_NORMAL = 1024,  /* a tenth or more of the elements: believe General */
    PT_STAT_BIASED = 2048       /* |bias| against the external reference > 3σ */
};

/* A sum of doubles that does not depend on the order in which they are added: bins of
 * 32 bits at fixed places of the exponent range, the highest eight that were touched.
 */
enum { PT_STAT_BINS = 8 };
struct pt_stat_sum {
    int32_t top; /* number of the highest bin */
    int32_t flags;
    int64_t bin[PT_STAT_BINS]; /* bin[0] is `top`, then downwards */
};

struct pt_stat_summary {
    uint64_t n_elements;      /* seen, in all pieces */
    uint64_t n_defined;       /* of them, with a mean (over planes for complex) */
    uint64_t n_spread;        /* of them, with a standard deviation */
    uint64_t n_varying;       /* of them, whose samples differ */
    uint64_t n_digits;        /* elements whose `digits` is a number */
    uint64_t n_nan, n_inf;    /* over elements and runs (complex: over parts) */
    uint64_t agreeing, asked; /* integers and bools: (element, run) pairs that equal the
                               * element's mode, and all pairs */
    uint64_t not_normal, tested; /* elements */
    struct pt_stat_sum mean;     /* Σ μ */
    struct pt_stat_sum mean2;    /* Σ μ², or Σ y² of the external reference */
    struct pt_stat_sum var; /* Σ σ², or Σ of the mean squares about the reference */
    struct pt_stat_sum widest2; /* Σ max|xᵢ − μ|² */
    struct pt_stat_sum bias2;   /* Σ (μ − y)² */
    struct pt_stat_sum own; /* Σ σ² about the own mean, external reference only */
    double min, max;        /* of finite samples; +Inf, −Inf: none */
    double least;           /* least `digits`; +Inf: none */
    uint32_t n_runs;        /* that have the value */
    uint32_t flags;         /* the "some" flags so far */
    uint16_t precision;     /* p */
    char dtype;
};

/* What values/ stores of one value. NaN: undefined. */
struct pt_stat_result {
    double sig_norm;                     /* normwise significant digits, in [0, D(n)] */
    double con_norm;                     /* normwise contributing digits, in [0, p] */
    double sig_min, sig_p05, sig_median; /* of the elements' digits */
    double mean, std; /* mean of the means; root mean square of the stds */
    double min, max;
    double agreement; /* NaN for floats */
    uint64_t n_nan, n_inf;
    uint32_t n_runs;
    uint32_t flags;
};

/* Begins the summary of a value of this type that n_runs runs have. Every piece and
 * every rank begins it with the same arguments. */
void pt_stat_summary_begin(struct pt_stat_summary *summary, char dtype,
                           unsigned item_bytes, size_t n_runs);

/* into += from, exactly; any order of merging gives the same bits. */
void pt_stat_summary_merge(struct pt_stat_summary *into,
                           const struct pt_stat_summary *from);

/* Everything but sig_p05 and sig_median, which are NaN until pt_stat_quantiles or
 * pt_stat_histogram_quantiles sets them. */
void pt_stat_summary_finish(const struct pt_stat_plan *plan,
                            const struct pt_stat_summary *summary,
                            struct pt_stat_result *result);

/* ── quantiles of the elements' digits ──────────────────────────────────────────────
 * Values of up to PT_STAT_EXACT_MAX elements: by selection from the `digits` of all
 * elements, gathered by one thread (8 MiB at most). Larger ones: by a histogram with
 * bins of 2⁻¹⁰ bit, which merges by addition; a quantile is then within 2⁻¹⁰ bit of the
 * selected one. The choice depends on the value's size only, never on how it was split.
 */
enum { PT_STAT_EXACT_MAX = 1 << 20 };

/* 5 % and median of the numbers in [0, 64] among digits[0 … n), with linear
 * interpolation between order statistics (numpy's default). NaNs are left out; all NaN:
 * NaN. Reorders digits.
 */
void pt_stat_quantiles(double *digits, size_t n, double *p05, double *median);

enum { PT_STAT_HISTOGRAM_BINS = 64 * 1024 + 1 };
struct pt_stat_histogram {
    uint64_t n[PT_STAT_HISTOGRAM_BINS]; /* digits in [i, i + 1)·2⁻¹⁰ */
};

void pt_stat_histogram_add(struct pt_stat_histogram *histogram, const double *digits,
                           size_t n);
void pt_stat_histogram_merge(struct pt_stat_histogram *into,
                             const struct pt_stat_histogram *from);
void pt_stat_histogram_quantiles(const struct pt_stat_histogram *histogram, double *p05,
                                 double *median);

/* ── labels ─────────────────────────────────────────────────────────────────────────
 * Fraction of the n_runs texts (NULL: this run lacks it, left out) that equal the most
 * frequent one. bytes[i]: length of text i. NaN: no text. */
double pt_stat_label_agreement(const char *const *texts, const size_t *bytes,
                               size_t n_runs);

#endif
