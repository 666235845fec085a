/* The statistics of one value: N sample arrays in, mean, standard deviation and digits
 * of each element out, and a summary of the whole value.
 *
 * A value is taken whole (pt_stat_value, all threads), or in pieces that begin at
 * multiples of PT_STAT_BLOCK elements (pt_stat_piece, one thread each), whose summaries
 * are merged in any order. Results are the same to the last bit whatever the pieces,
 * the threads and the ranks: an element's result depends on its own samples only, sums
 * over elements are taken per block in a fixed order, and blocks are added exactly. */
#ifndef PT_STATISTICS_KERNEL_H
#define PT_STATISTICS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "statistics/moments.h"
#include "statistics/plan.h"
#include "statistics/summary.h"

enum { PT_STAT_BLOCK = 128 };

struct pt_stat_input {
    const void *const *samples; /* n_runs arrays of `count` elements, little-endian,
                                 * contiguous; NULL: this run lacks the value */
    size_t n_runs;              /* at most the plan's n_max */
    const void *reference;      /* the IEEE run's elements, or NULL (then the mean);
                                 * elements whose reference is NaN or Inf are undefined */
    size_t count;               /* elements of this piece */
    char dtype;                 /* class letter: b i u f c */
    uint8_t item_bytes;         /* b, i, u: 1–8; f: 2, 4, 8, 16; c: 8, 16, 32 */
};

/* Where results go; each may be NULL. Complex: the real parts' results, then, `plane`
 * elements further on, the imaginary parts' (plane ≥ count). */
struct pt_stat_output {
    double *mean;         /* NaN: no finite sample */
    double *std;          /* NaN: fewer than two finite samples */
    double *sig;          /* significant digits in bits, ≤ p, not bounded below */
    double *contributing; /* contributing digits, likewise */
    double *digits;       /* one per element, also of complex ones (by the distance
                           * |z − z̄|/|z̄|): clamped to [0, D(n)], 0 where only some runs
                           * have NaN or Inf, NaN: none. What quantiles are taken of */
    struct pt_moments *moments; /* what merging needs, of each part (moments.h) */
    size_t plane;
};

/* Scratch memory of one thread, reused from piece to piece. */
struct pt_stat_work;

/* PT_E_MEMORY. The caller ends *work with pt_stat_work_destroy (NULL is legal). */
PT_MUST_CHECK enum pt_status pt_stat_work_create(const struct pt_stat_plan *plan,
                                                 struct pt_stat_work **work,
                                                 struct pt_error *error);
void pt_stat_work_destroy(struct pt_stat_work *work);

/* Computes one piece into *output and adds it to *summary, which the caller has begun
 * with pt_stat_summary_begin. PT_E_UNSUPPORTED: no such dtype; PT_E_USAGE: more runs
 * than the plan has. Thread: one `work` and one `summary` per thread. */
PT_MUST_CHECK enum pt_status
pt_stat_piece(const struct pt_stat_plan *plan, struct pt_stat_work *work,
              const struct pt_stat_input *input, const struct pt_stat_output *output,
              struct pt_stat_summary *summary, struct pt_error *error);

/* A set of threads with their scratch memory, for whole values. */
struct pt_stat_team;

/* threads ≥ 1; 0: as many as OpenMP would start. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_stat_team_create(const struct pt_stat_plan *plan,
                                                 unsigned threads,
                                                 struct pt_stat_team **team,
                                                 struct pt_error *error);
void pt_stat_team_destroy(struct pt_stat_team *team); /* NULL is legal */

/* The whole value at once: pieces to threads, summaries merged, quantiles taken, result
 * finished. Errors as pt_stat_piece, and PT_E_MEMORY. Thread: caller locks the team. */
PT_MUST_CHECK enum pt_status
pt_stat_value(const struct pt_stat_plan *plan, struct pt_stat_team *team,
              const struct pt_stat_input *input, const struct pt_stat_output *output,
              struct pt_stat_result *result, struct pt_error *error);

#endif
