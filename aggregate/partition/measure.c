#include "append/merge.h"
#include "partition/window.h"

#include <stdlib.h>

#include "schema/schema.h"

/* Inline data are at most 64 bytes: 64 elements of one byte. */
enum { INLINE_ELEMENTS = 64 };

static enum pt_status measure_one(struct pt_values *values, struct pt_value *value,
                                  const void *const *samples, size_t n_runs,
                                  size_t n_samples, bool base,
                                  const struct pt_stat_plan *plan,
                                  struct pt_stat_work *work, struct pt_error *error)
{
    double digits[INLINE_ELEMENTS];
    struct pt_stat_summary summary;
    struct pt_stat_input input = {
        .samples = samples,
        .n_runs = n_samples,
        .reference = n_runs > n_samples && !base ? samples[n_samples] : NULL,
        .count = (size_t)value->n_elements,
        .dtype = value->dtype,
        .item_bytes = value->item_bytes};
    size_t at = (size_t)value->first_element;
    struct pt_stat_output output = {
        .mean = (double *)values->mean.items + at,
        .std = (double *)values->std.items + at,
        .sig = (double *)values->sig.items + at,
        .contributing = values->wanted.contributing
                            ? (double *)values->contributing.items + at
                            : NULL,
        .digits = digits,
        .moments = values->wanted.moments
                       ? (struct pt_moments *)values->moments.items + at
                       : NULL,
        .plane = (size_t)value->n_elements};
    pt_stat_summary_begin(&summary, value->dtype, value->item_bytes, value->n_runs);
    enum pt_status status =
        base && samples[n_samples]
            ? pt_merge_piece(plan, work, &input, &output, samples[n_samples],
                             (size_t)value->n_elements, &summary, error)
            : pt_stat_piece(plan, work, &input, &output, &summary, error);
    if (status)
        return status;
    pt_stat_summary_finish(plan, &summary, &value->result);
    pt_stat_quantiles(digits, (size_t)value->n_elements, &value->result.sig_p05,
                      &value->result.sig_median);
    return PT_OK;
}

enum pt_status pt_values_measure(struct pt_values *values, size_t first_row,
                                 const void *const *samples, size_t n_runs,
                                 size_t n_samples, bool base,
                                 const struct pt_stat_plan *plan,
                                 struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
    struct pt_value *rows = values->values.items;
    size_t n = values->values.n - first_row;
#pragma omp parallel
    {
        struct pt_stat_work *work = NULL;
        struct pt_error why = {0};
        enum pt_status status = pt_stat_work_create(plan, &work, &why);
#pragma omp for schedule(dynamic, 256)
        for (size_t i = 0; i < n; i++) {
            struct pt_value *value = &rows[first_row + i];
            if (!status && value->payload == PT_RESULT_NONE64 && value->n_stored)
                status = measure_one(values, value, samples + i * n_runs, n_runs,
                                     n_samples, base, plan, work, &why);
        }
#pragma omp critical(pt_measure)
        if (status && !outcome) {
            outcome = status;
            *error = why;
        }
        pt_stat_work_destroy(work);
    }
    return outcome;
}
