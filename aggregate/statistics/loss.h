/* Which function loses the digits: loss of each call, its own share of it, and the
 * order of the functions. Pure functions over arrays. Thread: safe.
 *
 * d_in  = least normwise digits over the float inputs that vary (none varies: D(n)),
 * d_out = least over the float outputs, both clamped to [0, D(n)] of the output's type;
 * lost  = max(0, d_in − d_out);
 * self-lost: d_in also over the outputs of the calls that it made. */
#ifndef PT_STATISTICS_LOSS_H
#define PT_STATISTICS_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "statistics/plan.h"
#include "statistics/summary.h"

/* One float value (class f or c) of a call. */
struct pt_loss_value {
    double digits;      /* sig_norm; NaN: undefined, left out */
    uint32_t n_runs;    /* runs that have it */
    uint32_t flags;     /* enum pt_stat_flag */
    uint16_t precision; /* p of its type */
    bool is_output;
};

/* What is known of one call from its own values. */
struct pt_loss_call {
    double in;        /* clamped; NaN: no digits at all (one run) or no float output */
    double out;       /* clamped; NaN: no float output with digits */
    double limit;     /* D(n) of its outputs; NaN as `out` */
    double lost;      /* NaN as `out` */
    double self_lost; /* equal to `lost` until pt_loss_attribute */
    bool has_float_input;
    bool output_varies;
    bool not_finite; /* NaN or Inf in some output, none in any input */
};

/* From the float values of one call, inputs and outputs in any order. */
void pt_loss_call(const struct pt_stat_plan *plan, const struct pt_loss_value *values,
                  size_t n_values, struct pt_loss_call *call);

/* Self-lost of all calls: parent[i] is the index of the traced call that encloses call
 * i, −1 for none; any order of calls. */
void pt_loss_attribute(struct pt_loss_call *calls, const int64_t *parent,
                       size_t n_calls);

/* Medians and maximum over the calls of one function. NaN: no call defines it. */
struct pt_loss_function {
    double digits_in, digits_out, lost, self_lost; /* medians */
    double self_lost_max;
    uint32_t rank;  /* 1 the worst, 0 not ranked (a source, or nothing defined) */
    uint32_t flags; /* enum pt_loss_flag */
};
enum pt_loss_flag { PT_LOSS_SOURCE = 1, PT_LOSS_NOT_FINITE = 2 };

/* calls: pointers to the n calls of the function; scratch: room for n doubles. */
void pt_loss_function(const struct pt_loss_call *const *calls, size_t n,
                      double *scratch, struct pt_loss_function *function);

/* Sets rank of each function: by self_lost, then self_lost_max (both falling), then by
 * names[i] (rising), then by index. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_loss_rank(struct pt_loss_function *functions,
                                          const char *const *names, size_t n,
                                          struct pt_error *error);

/* Median of the numbers among values[0 … n) (mean of the middle two), NaNs left out;
 * none: NaN. Reorders values. */
double pt_stat_median(double *values, size_t n);

#endif
