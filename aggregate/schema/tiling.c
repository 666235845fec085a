#include "schema/tiling.h"

enum { LANES = 4 };

static uint64_t power_above(uint64_t n)
{
    uint64_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

bool pt_tiling_of(const uint64_t *shape, size_t ndim, struct pt_tiling *tiling)
{
    struct pt_tiling t = {.rows = ndim > 1 ? shape[ndim - 2] : 1,
                          .columns = ndim > 0 ? shape[ndim - 1] : 1,
                          .slices = 1,
                          .tile_rows = PT_TILE_SIDE,
                          .tile_columns = PT_TILE_SIDE};
    uint64_t each = 0, all = 0;
    bool overflow = false;

    for (size_t i = 0; i + 2 < ndim; i++)
        overflow |= __builtin_mul_overflow(t.slices, shape[i], &t.slices);
    overflow |= __builtin_mul_overflow(t.rows, t.columns, &each);
    overflow |= __builtin_mul_overflow(each, t.slices, &all);
    if (overflow || all <= PT_TILED_ABOVE || each < PT_TILE_ELEMENTS)
        return false;
    if (t.rows < PT_TILE_SIDE) {
        t.tile_rows = power_above(t.rows);
        t.tile_columns = PT_TILE_ELEMENTS / t.tile_rows;
    } else if (t.columns < PT_TILE_SIDE) {
        t.tile_columns = power_above(t.columns);
        t.tile_rows = PT_TILE_ELEMENTS / t.tile_columns;
    }
    t.down = (t.rows - 1) / t.tile_rows + 1;
    t.across = (t.columns - 1) / t.tile_columns + 1;
    *tiling = t;
    return true;
}

/* Comparisons with NaN are false, so that a NaN never enters; the lanes keep the
 * processor from waiting for itself. */
void pt_fold_elements(const double *elements, uint64_t n, double *low, double *high)
{
    double least[LANES], most[LANES];
    uint64_t i = 0;

    for (unsigned k = 0; k < LANES; k++) {
        least[k] = *low;
        most[k] = *high;
    }
    for (; i + LANES <= n; i += LANES)
        for (unsigned k = 0; k < LANES; k++) {
            double v = elements[i + k];
            least[k] = v < least[k] ? v : least[k];
            most[k] = v > most[k] ? v : most[k];
        }
    for (; i < n; i++) {
        least[0] = elements[i] < least[0] ? elements[i] : least[0];
        most[0] = elements[i] > most[0] ? elements[i] : most[0];
    }
    for (unsigned k = 0; k < LANES; k++) {
        *low = least[k] < *low ? least[k] : *low;
        *high = most[k] > *high ? most[k] : *high;
    }
}
