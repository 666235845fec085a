#include "result/write.h"

#include <stdlib.h>

#include "result/column.h"
#include "schema/schema.h"

#define FIELD(column, type, member)                                                    \
    {                                                                                  \
        PT_COLUMN_CALLS_##column, offsetof(struct type, member)                        \
    }

static const struct pt_field call_fields[] = {
    FIELD(KEY, pt_call, key),           FIELD(FUNCTION, pt_call, function),
    FIELD(SITE, pt_call, site),         FIELD(PATH, pt_call, path),
    FIELD(PROCESS, pt_call, process),   FIELD(THREAD, pt_call, thread),
    FIELD(PARENT, pt_call, parent),     FIELD(TIME, pt_call, time),
    FIELD(END_TIME, pt_call, end_time), FIELD(START_NS, pt_call, start_ns),
    FIELD(END_NS, pt_call, end_ns),     FIELD(N_RUNS, pt_call, n_runs),
    FIELD(FLAGS, pt_call, flags),
};

static const struct pt_field loss_fields[] = {
    FIELD(DIGITS_IN, pt_loss_call, in),
    FIELD(DIGITS_OUT, pt_loss_call, out),
    FIELD(LOST, pt_loss_call, lost),
    FIELD(SELF_LOST, pt_loss_call, self_lost),
};

struct slice {
    uint64_t first_ref;
    uint32_t n_refs;
};
static const struct pt_field slice_fields[] = {
    FIELD(FIRST_REF, slice, first_ref),
    FIELD(N_REFS, slice, n_refs),
};
#undef FIELD

static enum pt_status write_slices(struct pt_output *output,
                                   const struct pt_result *result,
                                   struct pt_error *error)
{
    const struct pt_calls *calls = result->calls;
    const uint64_t *first = result->attribution->first_value;
    struct slice *slices = pt_memory_get(calls->n + 1, sizeof *slices);
    enum pt_status status = slices ? PT_OK : pt_no_memory(error, "the calls' values");
    status = pt_team_agree(result->team, status, error);
    for (size_t i = 0; !status && i < calls->n; i++)
        slices[i] = (struct slice){result->values->first + first[i],
                                   (uint32_t)(first[i + 1] - first[i])};
    struct pt_items items = {slices, sizeof *slices, calls->first, calls->n,
                             calls->total};
    if (!status)
        status = pt_column_fields(output, slice_fields, PT_ARRAY_LENGTH(slice_fields),
                                  &items, error);
    pt_memory_free(slices);
    return status;
}

enum pt_status pt_result_write_calls(struct pt_output *output,
                                     const struct pt_result *result,
                                     struct pt_error *error)
{
    const struct pt_calls *calls = result->calls;
    struct pt_items items = {calls->items, sizeof *calls->items, calls->first, calls->n,
                             calls->total};
    struct pt_items losses = {result->attribution->calls, sizeof(struct pt_loss_call),
                              calls->first, calls->n, calls->total};
    enum pt_status status = pt_column_fields(
        output, call_fields, PT_ARRAY_LENGTH(call_fields), &items, error);
    if (!status)
        status = pt_column_fields(output, loss_fields, PT_ARRAY_LENGTH(loss_fields),
                                  &losses, error);
    if (!status)
        status = write_slices(output, result, error);
    return status;
}
