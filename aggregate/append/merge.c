#include "append/merge.h"

#include <stdbool.h>

enum pt_status pt_merge_piece(const struct pt_stat_plan *plan,
                              struct pt_stat_work *work,
                              const struct pt_stat_input *input,
                              const struct pt_stat_output *output,
                              const struct pt_moments *base, size_t base_plane,
                              struct pt_stat_summary *summary, struct pt_error *error)
{
    struct pt_stat_output moments = {.moments = output->moments,
                                     .plane = output->plane};
    struct pt_stat_summary own;
    size_t n_present = 0, planes = input->dtype == 'c' ? 2 : 1;
    enum pt_status status = PT_OK;
    for (size_t r = 0; r < input->n_runs; r++)
        n_present += input->samples[r] != NULL;
    if (n_present) {
        pt_stat_summary_begin(&own, input->dtype, input->item_bytes, n_present);
        status = pt_stat_piece(plan, work, input, &moments, &own, error);
    }
    for (size_t p = 0; !status && p < planes; p++)
        for (size_t i = 0; i < input->count; i++) {
            struct pt_moments *into = &output->moments[i + p * output->plane];
            if (!n_present)
                pt_moments_begin(into);
            pt_moments_merge(into, &base[i + p * base_plane]);
        }
    if (!status)
        pt_moments_value(plan, output->moments, input->count, output->plane, output,
                         summary);
    return status;
}
