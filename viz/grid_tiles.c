/* The picture of a large value from its tiles: a few numbers instead of millions. */
#include "grid.h"

#include <math.h>
#include <stdlib.h>

/* Tiles that one cell takes, so that `tiles` of them make at most `cells`. */
static uint64_t tiles_each(uint64_t tiles, uint64_t cells)
{
    return (tiles - 1) / cells + 1;
}

/* The rectangle grows to whole cells; the last ones end where the value does. */
static void snap(uint64_t *from, uint64_t *to, uint64_t size, uint64_t side,
                 uint64_t most, uint64_t *step, uint64_t *cells)
{
    uint64_t first = *from / side, last = (*to - 1) / side;
    *step = tiles_each(last - first + 1, most) * side;
    *from = first * side;
    *cells = (*to - *from - 1) / *step + 1;
    *to = *from + *cells * *step < size ? *from + *cells * *step : size;
}

static enum pt_status read_band(const struct pt_result *result,
                                enum pt_result_column_id column, uint64_t first,
                                uint64_t n, double *band, double *cells, uint64_t each,
                                bool greatest, struct pt_error *error)
{
    enum pt_status status = pt_result_read(result, column, first, n, band, error);
    for (uint64_t i = 0; status == PT_OK && i < n; i++) {
        double *cell = cells + i / each;
        if (greatest ? band[i] > *cell : band[i] < *cell)
            *cell = band[i];
    }
    return status;
}

/* Tile columns of a field: the least, then the greatest. */
static enum pt_result_column_id least_of(enum pt_result_column_id column)
{
    return column == PT_COLUMN_ELEMENTS_MEAN  ? PT_COLUMN_TILES_MEAN_MIN
           : column == PT_COLUMN_ELEMENTS_STD ? PT_COLUMN_TILES_STD_MIN
                                              : PT_COLUMN_TILES_SIG_MIN;
}

enum pt_status pt_grid_read_tiles(const struct pt_result *result,
                                  const struct pt_value *value, struct pt_grid *grid,
                                  double *low, double *high, struct pt_error *error)
{
    const struct pt_tiling *t = &value->tiling;
    enum pt_result_column_id column = least_of(grid->column);
    enum pt_status status = PT_OK;

    snap(&grid->row0, &grid->row1, t->rows, t->tile_rows, grid->height, &grid->row_step,
         &grid->height);
    snap(&grid->column0, &grid->column1, t->columns, t->tile_columns, grid->width,
         &grid->column_step, &grid->width);
    grid->reduced = true;
    for (uint64_t i = 0; i < grid->height * grid->width; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    uint64_t band0 = grid->row0 / t->tile_rows, bands = (grid->row1 - 1) / t->tile_rows;
    uint64_t across0 = grid->column0 / t->tile_columns;
    uint64_t n = (grid->column1 - 1) / t->tile_columns - across0 + 1;
    uint64_t down_each = grid->row_step / t->tile_rows;
    uint64_t across_each = grid->column_step / t->tile_columns;
    double *band = malloc(n * sizeof *band);
    if (!band)
        return pt_error_set(error, PT_E_MEMORY, "no memory for an array");
    for (uint64_t b = band0; status == PT_OK && b <= bands; b++) {
        uint64_t first = value->first_tile + grid->part * pt_tiling_count(t) +
                         (grid->slice * t->down + b) * t->across + across0;
        uint64_t cells = (b - band0) / down_each * grid->width;
        status = read_band(result, column, first, n, band, low + cells, across_each,
                           false, error);
        if (status == PT_OK)
            status = read_band(result, (enum pt_result_column_id)(column + 1), first, n,
                               band, high + cells, across_each, true, error);
    }
    for (uint64_t i = 0; i < grid->height * grid->width; i++)
        if (low[i] > high[i])
            low[i] = high[i] = (double)NAN;
    free(band);
    return status;
}
