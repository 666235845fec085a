#include "result/extra.h"

#include <math.h>
#include <string.h>

/* A field of struct pt_moments and its column; `as`: what is stored of it. */
enum as { AS_DOUBLE, AS_EXTREME, AS_COUNT, AS_SCALE };
struct part {
    enum pt_result_column_id id;
    size_t offset;
    enum as as;
};

#define PART(column, field, as)                                                        \
    {                                                                                  \
        PT_COLUMN_##column, offsetof(struct pt_moments, field), as                     \
    }
static const struct part extremes[] = {
    PART(EXTREMES_MIN, low, AS_EXTREME), PART(EXTREMES_MAX, high, AS_EXTREME),
    PART(EXTREMES_N, n, AS_COUNT), PART(EXTREMES_N_NAN, n_nan, AS_COUNT),
    PART(EXTREMES_N_INF, n_inf, AS_COUNT)};
static const struct part merge[] = {
    PART(MERGE_MEAN, mean, AS_DOUBLE), PART(MERGE_MEAN_LOW, mean_low, AS_DOUBLE),
    PART(MERGE_M2, m2, AS_DOUBLE),     PART(MERGE_SCALE, scale, AS_SCALE),
    PART(MERGE_MIN, low, AS_DOUBLE),   PART(MERGE_MAX, high, AS_DOUBLE),
    PART(MERGE_N, n, AS_COUNT),        PART(MERGE_N_NAN, n_nan, AS_COUNT),
    PART(MERGE_N_INF, n_inf, AS_COUNT)};
#undef PART

/* One column's numbers; without a finite sample an extreme is NaN. */
static void gather(const struct part *part, const struct pt_moments *moments, size_t n,
                   void *scratch)
{
    double *reals = scratch;
    uint32_t *counts = scratch;
    int64_t *scales = scratch;
    for (size_t i = 0; i < n; i++) {
        const char *field = (const char *)&moments[i] + part->offset;
        if (part->as == AS_COUNT)
            memcpy(&counts[i], field, sizeof counts[i]);
        else if (part->as == AS_SCALE)
            scales[i] = moments[i].scale;
        else
            memcpy(&reals[i], field, sizeof reals[i]);
        if (part->as == AS_EXTREME && !moments[i].n)
            reals[i] = (double)NAN;
    }
}

static enum pt_status create(struct pt_output *output, const struct part *parts,
                             size_t n, uint64_t rows, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < n; i++)
        status = pt_output_column(output, parts[i].id, rows, 1, error);
    return status;
}

enum pt_status pt_extra_create(struct pt_output *output, const struct pt_extra *extra,
                               uint64_t n_elements, struct pt_error *error)
{
    enum pt_status status = create(output, extremes, PT_ARRAY_LENGTH(extremes),
                                   extra->extremes ? n_elements : 0, error);
    if (!status)
        status = pt_output_column(output, PT_COLUMN_CONTRIBUTING_DIGITS,
                                  extra->contributing ? n_elements : 0, 1, error);
    if (!status)
        status = create(output, merge, PT_ARRAY_LENGTH(merge),
                        extra->mergeable ? n_elements : 0, error);
    return status;
}

enum pt_status pt_extra_write(struct pt_output *output, const struct pt_extra *extra,
                              const struct pt_output_stretch *stretches, size_t n,
                              const struct pt_moments *moments, size_t n_moments,
                              void *scratch, struct pt_error *error)
{
    const struct {
        bool wanted;
        const struct part *parts;
        size_t n;
    } groups[] = {{extra->extremes, extremes, PT_ARRAY_LENGTH(extremes)},
                  {extra->mergeable, merge, PT_ARRAY_LENGTH(merge)}};
    enum pt_status status = PT_OK;
    for (size_t g = 0; g < PT_ARRAY_LENGTH(groups); g++)
        for (size_t i = 0; groups[g].wanted && !status && i < groups[g].n; i++) {
            const struct part *part = &groups[g].parts[i];
            gather(part, moments, n_moments, scratch);
            status = pt_output_write_stretches(output, part->id, stretches, n, scratch,
                                               error);
        }
    return status;
}
