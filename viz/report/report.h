/* A report on one result: what to send to a colleague who has no pytracer. Collected
 * once (collect.c), then written as a page, as Markdown or as CSV. */
#ifndef PT_VIZ_REPORT_H
#define PT_VIZ_REPORT_H

#include "buffer.h"
#include "results.h"
#include "schema/divisions.h"
#include "schema/float_divisions.h"

enum { PT_REPORT_WORST = 20, PT_REPORT_DIVERGENCES = 20, PT_REPORT_EVENTS = 20 };

struct pt_report_function {
    char *module, *name, *file; /* owned */
    uint32_t line, rank, flags;
    uint64_t n_calls, n_partial;
    uint64_t n_biased; /* of its values */
    double digits_in, digits_out, lost, self_lost, self_lost_max;
};

/* The value with the fewest digits of one (function, name, phase). */
struct pt_report_value {
    uint32_t function, flags;
    char *name; /* owned */
    char dtype[16];
    uint8_t phase;
    uint64_t row, call, time;
    double digits, mean, std;
};

struct pt_report_divergence {
    char *file; /* owned */
    uint32_t line, function, n_runs;
    uint64_t time, n_calls;
};

/* A line whose sums cancelled, in the worst run. */
struct pt_report_cancellation {
    char *place; /* "module.function file:line"; owned */
    unsigned long long results;
    double bits;
};

/* A division by values without a digit. */
struct pt_report_division {
    struct pt_division found;
    char *file; /* owned; NULL: not known */
    uint32_t line;
};

struct pt_report {
    const struct pt_viz_result *result; /* borrowed */
    const struct pt_result_about *about;
    char *program;                        /* owned */
    struct pt_report_function *functions; /* in the order of the file */
    uint32_t *ranked;                     /* rows of `functions`, by rank */
    size_t n_functions, n_ranked;
    struct pt_report_value worst[PT_REPORT_WORST]; /* fewest digits first */
    size_t n_worst;
    struct pt_report_divergence divergences[PT_REPORT_DIVERGENCES];
    size_t n_divergences;                                          /* in the array */
    uint64_t total_divergences;                                    /* in the result */
    struct pt_report_cancellation cancellations[PT_REPORT_EVENTS]; /* most bits first */
    size_t n_cancellations;
    struct pt_report_division divisions[PT_REPORT_EVENTS];
    size_t n_divisions;
    struct pt_float_division *float_divisions; /* owned; most empty first */
    size_t n_float_divisions;                  /* of which PT_REPORT_EVENTS are shown */
    uint64_t n_calls, n_values;
    /* What was not seen, or not in all runs. */
    uint64_t runs_unsealed, runs_damaged, runs_partial;
    uint64_t calls_partial, values_omitted, values_sampled, values_differ,
        values_nonfinite, values_biased;
};

/* Reads what the report needs, each column once, in portions. The caller ends *report
 * with pt_report_destroy. */
PT_MUST_CHECK enum pt_status pt_report_collect(const struct pt_viz_result *result,
                                               struct pt_report **report,
                                               struct pt_error *error);
void pt_report_destroy(struct pt_report *report);

/* The part of collecting that finds cancellations (in what runs say of themselves) and
 * divisions by values without a digit. */
PT_MUST_CHECK enum pt_status pt_report_read_events(struct pt_report *report,
                                                   const struct pt_result *r,
                                                   struct pt_error *error);

/* A page that needs nothing else: no script, no other file, no network. */
void pt_report_html(const struct pt_report *report, struct pt_buffer *out);
void pt_report_markdown(const struct pt_report *report, struct pt_buffer *out);
/* All functions, one row each, RFC 4180. */
void pt_report_csv(const struct pt_report *report, struct pt_buffer *out);

/* "module.name" into text[size]. */
void pt_report_title(const struct pt_report_function *function, char *text,
                     size_t size);
/* One decimal, or an en dash where there is none. */
void pt_report_bits(double value, char *text, size_t size);

#endif
