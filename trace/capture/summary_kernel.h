/* The loop over the numbers of a summary, compiled for more than one processor: defines
 * PT_SUMMARY_ADD. */
#include <float.h>
#include <string.h>

#include "capture/summary.h"

typedef double pt_lanes __attribute__((vector_size(PT_SUMMARY_LANES * 8)));
typedef int64_t pt_masks __attribute__((vector_size(PT_SUMMARY_LANES * 8)));

/* Macros: a function that passes such wide numbers has another interface on each
 * processor. */
#define CHOOSE(mask, yes, no)                                                          \
    ((pt_lanes)(((mask) & (pt_masks)(yes)) | (~(mask) & (pt_masks)(no))))
#define FILL(number)                                                                   \
    ((pt_lanes){number, number, number, number, number, number, number, number})

bool PT_SUMMARY_ADD(struct pt_summary_lanes *lanes, const double *numbers, size_t n,
                    double scale)
{
    const pt_masks all_but_sign = (pt_masks){0} + INT64_MAX;
    const pt_lanes largest = FILL(DBL_MAX), factor = FILL(scale);
    pt_lanes sum, squares, min, max;
    pt_masks bad = {0};
    int64_t any = 0;

    memcpy(&sum, lanes->sum, sizeof sum);
    memcpy(&squares, lanes->squares, sizeof squares);
    memcpy(&min, lanes->min, sizeof min);
    memcpy(&max, lanes->max, sizeof max);
    for (size_t i = 0; i < n; i += PT_SUMMARY_LANES) {
        pt_lanes x;
        memcpy(&x, numbers + i, sizeof x);
        pt_masks finite = (pt_lanes)((pt_masks)x & all_but_sign) <= largest;
        pt_lanes y = (pt_lanes)((pt_masks)x & finite);
        pt_lanes scaled = y * factor;

        bad |= ~finite;
        sum += y;
        squares += scaled * scaled;
        min = CHOOSE(finite & (x < min), x, min);
        max = CHOOSE(finite & (x > max), x, max);
    }
    memcpy(lanes->sum, &sum, sizeof sum);
    memcpy(lanes->squares, &squares, sizeof squares);
    memcpy(lanes->min, &min, sizeof min);
    memcpy(lanes->max, &max, sizeof max);
    for (int i = 0; i < PT_SUMMARY_LANES; i++)
        any |= bad[i];
    return any != 0;
}
#undef CHOOSE
#undef FILL
