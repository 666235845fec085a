/* How the pictures of a large value are cut into tiles, of which tiles/ keeps the least
 * and the greatest element: what the writer makes and the viewer reads.
 *
 * A picture is a 2-D slice over the last two dimensions. A tile has 64 × 64 elements;
 * of a picture with fewer rows or columns the power of two that holds them, and as much
 * more the other way, so that a tile always has about 4096. Tiles stand in the order:
 * plane (real, imaginary), slice, band of rows, place in the band. */
#ifndef PT_SCHEMA_TILING_H
#define PT_SCHEMA_TILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PT_TILE_SIDE = 64, PT_TILE_ELEMENTS = PT_TILE_SIDE * PT_TILE_SIDE };
#define PT_TILED_ABOVE                                                                 \
    ((uint64_t)1 << 20) /* elements; fewer are quickly read whole                      \
                         */

struct pt_tiling {
    uint64_t rows, columns, slices;   /* of the value */
    uint64_t tile_rows, tile_columns; /* of one tile, but at the edges */
    uint64_t down, across;            /* tiles of one slice */
};

/* The tiling of a value of this shape. false: it has none (too small, its slices are
 * smaller than a tile, or its size is no 64-bit number). Thread: safe. */
bool pt_tiling_of(const uint64_t *shape, size_t ndim, struct pt_tiling *tiling);

/* Tiles of one plane. Thread: safe. */
static inline uint64_t pt_tiling_count(const struct pt_tiling *tiling)
{
    return tiling->slices * tiling->down * tiling->across;
}

/* Lowers *low to the least and raises *high to the greatest of n elements; NaNs are
 * passed over. Thread: safe. */
void pt_fold_elements(const double *elements, uint64_t n, double *low, double *high);

#endif
