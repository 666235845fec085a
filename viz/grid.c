#include "grid.h"

#include <math.h>
#include <stdlib.h>

enum { CHUNK = 1 << 17 }; /* elements read at once */

/* First source index of cell `i` of `cells` over [from, from + n). */
static uint64_t edge(uint64_t from, uint64_t n, uint64_t i, uint64_t cells)
{
    return from + (uint64_t)((unsigned __int128)n * i / cells);
}

/* Folds one source row into one row of cells; cell x has [edges[x], edges[x + 1]). */
static void fold_row(const double *source, const uint64_t *edges, uint64_t width,
                     double *low, double *high)
{
    for (uint64_t x = 0; x < width; x++)
        pt_fold_elements(source + edges[x], edges[x + 1] - edges[x], low + x, high + x);
}

/* Where source row `row` of the rectangle begins in the column. */
static uint64_t row_start(const struct pt_value *value, const struct pt_grid *grid,
                          uint64_t row)
{
    uint64_t plane = value->n_stored / value->planes;
    return value->first_element + grid->part * plane +
           (grid->slice * value->rows + row) * value->columns + grid->column0;
}

static enum pt_status reduce(const struct pt_result *result,
                             const struct pt_value *value, const struct pt_grid *grid,
                             double *low, double *high, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t n_rows = grid->row1 - grid->row0, n = grid->column1 - grid->column0;
    bool whole = n == value->columns; /* rows follow each other: read several at once */
    uint64_t most = n < CHUNK ? CHUNK / n : 1;
    double *chunk = malloc((n < CHUNK ? CHUNK : n) * sizeof *chunk);
    uint64_t *edges = malloc((grid->width + 1) * sizeof *edges);

    if (!chunk || !edges) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory for an array");
        goto done;
    }
    for (uint64_t x = 0; x <= grid->width; x++)
        edges[x] = edge(0, n, x, grid->width);
    for (uint64_t i = 0; i < grid->height * grid->width; i++) {
        low[i] = INFINITY;
        high[i] = -INFINITY;
    }
    for (uint64_t y = 0; status == PT_OK && y < grid->height; y++) {
        uint64_t end = edge(grid->row0, n_rows, y + 1, grid->height);
        uint64_t row = edge(grid->row0, n_rows, y, grid->height);
        while (status == PT_OK && row < end) {
            uint64_t rows = !whole ? 1 : end - row < most ? end - row : most;
            status = pt_result_read(result, grid->column, row_start(value, grid, row),
                                    rows * n, chunk, error);
            for (uint64_t i = 0; status == PT_OK && i < rows; i++)
                fold_row(chunk + i * n, edges, grid->width, low + y * grid->width,
                         high + y * grid->width);
            row += rows;
        }
    }
    for (uint64_t i = 0; i < grid->height * grid->width; i++)
        if (low[i] > high[i])
            low[i] = high[i] = NAN; /* nothing but NaN */
done:
    free(edges);
    free(chunk);
    return status;
}

enum pt_status pt_grid_read(const struct pt_result *result,
                            const struct pt_value *value, struct pt_grid *grid,
                            double *low, double *high, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    uint64_t n_rows = grid->row1 - grid->row0, n = grid->column1 - grid->column0;

    grid->reduced = n_rows > grid->height || n > grid->width;
    if (n_rows < grid->height)
        grid->height = n_rows;
    if (n < grid->width)
        grid->width = n;
    if (grid->reduced)
        return reduce(result, value, grid, low, high, error);
    for (uint64_t y = 0; status == PT_OK && y < n_rows; y++)
        status =
            pt_result_read(result, grid->column, row_start(value, grid, grid->row0 + y),
                           n, low + y * n, error);
    return status;
}
