/* One window of calls: what each run's value stream holds of them, and what becomes of
 * it. Internal to pt_values_read. */
#ifndef PT_PARTITION_WINDOW_H
#define PT_PARTITION_WINDOW_H

#include "partition/values.h"

/* One value of one run. */
struct pt_item {
    uint64_t n_elements, data_bytes;
    uint64_t payload;     /* reference; or the place of inline data in the run's data */
    uint64_t shape_first; /* in the run's sizes */
    uint32_t name;
    uint32_t n_runs; /* 1; of a base, those that have the value */
    uint16_t form;
    uint8_t kind, item_bytes, ndim, storage, phase;
    char dtype;
};

/* What one run has of the window. */
struct pt_window_run {
    struct pt_array items; /* struct pt_item */
    struct pt_array data;  /* bytes: inline data, each at a multiple of 16 */
    struct pt_array sizes; /* uint64_t */
    size_t *starts;        /* 2 per call, and the end: first item of each phase */
    uint64_t n_damaged;
    enum pt_status status;
    struct pt_error error;
};

struct pt_window {
    const struct pt_calls *calls;
    struct pt_readers *readers;
    struct pt_values *values;
    struct pt_window_run *runs; /* n_runs */
    size_t first, n;            /* calls */
    size_t room;                /* calls that `starts` have room for */
};

/* collect.c: reads the window's values of all runs, a thread each. */
PT_MUST_CHECK enum pt_status pt_window_collect(struct pt_window *window,
                                               struct pt_error *error);

/* combine.c: joins them into rows of values, with payloads, labels and shapes, and
 * notes the samples of inline values: `samples` gets n_runs pointers for each row from
 * the row `first_row` on (all NULL where there is nothing to measure). */
PT_MUST_CHECK enum pt_status pt_window_combine(struct pt_window *window,
                                               struct pt_array *samples,
                                               struct pt_error *error);

/* measure.c: statistics of the inline values of the rows from first_row on. Of the
 * n_runs pointers of each row the one behind n_samples is the reference's, or the
 * moments of the base. */
PT_MUST_CHECK enum pt_status
pt_values_measure(struct pt_values *values, size_t first_row,
                  const void *const *samples, size_t n_runs, size_t n_samples,
                  bool base, const struct pt_stat_plan *plan, struct pt_error *error);

#endif
