/* tiles/: the least and the greatest mean, deviation and digits of each tile of the
 * large values (schema/tiling.h), gathered while the elements are written. */
#ifndef PT_RESULT_TILES_H
#define PT_RESULT_TILES_H

#include "partition/layout.h"
#include "result/output.h"
#include "schema/tiling.h"

struct pt_tile {
    double low[3], high[3]; /* of mean, std, sig */
};

/* One way of seeing the contents of a payload: values that share them may differ in
 * shape. Plain data: it travels. */
struct pt_picture {
    uint64_t order; /* of the payload */
    struct pt_tiling tiling;
    uint64_t planes;
    uint64_t first_tile;    /* row of tiles/ */
    uint64_t band, n_bands; /* that this rank sees; a band is a row of tiles */
    uint64_t at;            /* of its tiles in `tiles` */
};

struct pt_tiles {
    struct pt_array pictures; /* struct pt_picture of all ranks, by order and shape */
    struct pt_array tiles;    /* struct pt_tile: this rank's part of each picture */
    uint64_t total;           /* rows of tiles/ */
};

/* Finds the pictures, and gives each value that has one its first_tile. After
 * pt_layout_make. Collective. */
PT_MUST_CHECK enum pt_status pt_tiles_plan(const struct pt_team *team,
                                           struct pt_values *values,
                                           const struct pt_layout *layout,
                                           struct pt_tiles *tiles,
                                           struct pt_error *error);
void pt_tiles_free(struct pt_tiles *tiles);

/* Takes in elements [from, to) of one plane of a payload: fields[0 … 2] are their
 * means, deviations and digits. Thread: caller locks (it makes threads of its own). */
void pt_tiles_add(struct pt_tiles *tiles, const struct pt_payload *payload,
                  uint64_t plane, uint64_t from, uint64_t to,
                  const double *const fields[3]);

/* The columns of tiles/. Collective. */
PT_MUST_CHECK enum pt_status pt_tiles_write(struct pt_output *output,
                                            const struct pt_tiles *tiles,
                                            struct pt_error *error);

#endif
