/* The loop over the numbers of a summary, compiled for more than one processor: defines
 * PT_SUMMARY_ADD, with vectors of PT_SUMMARY_BYTES_AT_ONCE bytes. Vectors wider than
 * the processor's would be taken apart number by number. */
#include <float.h>
#include <string.h>

#include "capture/summary.h"

enum { WIDTH = PT_SUMMARY_BYTES_AT_ONCE / 8, VECTORS = PT_SUMMARY_LANES / WIDTH };
typedef double pt_numbers8 __attribute__((vector_size(PT_SUMMARY_BYTES_AT_ONCE)));
typedef int64_t pt_masks8 __attribute__((vector_size(PT_SUMMARY_BYTES_AT_ONCE)));

struct vectors {
    pt_numbers8 sum[VECTORS], squares[VECTORS], min[VECTORS], max[VECTORS];
    pt_masks8 bad;
};

/* A macro: a function that passes such vectors has another interface on each processor.
 */
#define CHOOSE(mask, yes, no)                                                          \
    ((pt_numbers8)(((mask) & (pt_masks8)(yes)) | (~(mask) & (pt_masks8)(no))))

static inline void add_vector(struct vectors *all, int v, const double *numbers,
                              double scale)
{
    const pt_masks8 all_but_sign = (pt_masks8){0} + INT64_MAX;
    pt_numbers8 x;

    memcpy(&x, numbers, sizeof x);
    pt_masks8 finite =
        (pt_numbers8)((pt_masks8)x & all_but_sign) <= (pt_numbers8){0} + DBL_MAX;
    pt_numbers8 y = (pt_numbers8)((pt_masks8)x & finite), scaled = y * scale;

    all->bad |= ~finite;
    all->sum[v] += y;
    all->squares[v] += scaled * scaled;
    all->min[v] = CHOOSE(finite & (x < all->min[v]), x, all->min[v]);
    all->max[v] = CHOOSE(finite & (x > all->max[v]), x, all->max[v]);
}

bool PT_SUMMARY_ADD(struct pt_summary_lanes *lanes, const double *numbers, size_t n,
                    double scale)
{
    struct vectors all;
    int64_t any = 0;

    memcpy(all.sum, lanes->sum, sizeof all.sum);
    memcpy(all.squares, lanes->squares, sizeof all.squares);
    memcpy(all.min, lanes->min, sizeof all.min);
    memcpy(all.max, lanes->max, sizeof all.max);
    all.bad = (pt_masks8){0};
    for (size_t i = 0; i < n; i += PT_SUMMARY_LANES)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++)
            add_vector(&all, v, numbers + i + (size_t)v * WIDTH, scale);
    memcpy(lanes->sum, all.sum, sizeof all.sum);
    memcpy(lanes->squares, all.squares, sizeof all.squares);
    memcpy(lanes->min, all.min, sizeof all.min);
    memcpy(lanes->max, all.max, sizeof all.max);
    for (int i = 0; i < WIDTH; i++)
        any |= all.bad[i];
    return any != 0;
}
#undef CHOOSE
