/* A rectangle of a value's elements, reduced to at most height × width cells; each cell
 * of a reduced grid keeps the least and the greatest of the elements it covers, so that
 * a lone bad element is never hidden. */
#ifndef PT_VIZ_GRID_H
#define PT_VIZ_GRID_H

#include "value.h"

enum { PT_GRID_MAX_CELLS = 1 << 20 };

struct pt_grid {
    /* in: which elements, half open; part 1: the imaginary plane */
    enum pt_result_column_id column;
    uint64_t part, slice, row0, row1, column0, column1;
    /* in: most cells; out: cells, top to bottom and left to right */
    uint64_t height, width;
    /* out: false: low alone holds the elements themselves */
    bool reduced;
    /* out, from tiles only: elements of one cell; the last ones may have fewer */
    uint64_t row_step, column_step;
};

/* low: height × width doubles (as they come out), high: the same, untouched where not
 * reduced. A cell whose elements are all NaN is NaN; otherwise NaN elements are passed
 * over. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_grid_read(const struct pt_result *result,
                                          const struct pt_value *value,
                                          struct pt_grid *grid, double *low,
                                          double *high, struct pt_error *error);

/* The same from the value's tiles (value->has_tiles): cells are whole tiles or several,
 * and the rectangle grows to whole cells. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_grid_read_tiles(const struct pt_result *result,
                                                const struct pt_value *value,
                                                struct pt_grid *grid, double *low,
                                                double *high, struct pt_error *error);

#endif
