/* One row of values/ with its shape, checked against the element columns. */
#ifndef PT_VIZ_VALUE_H
#define PT_VIZ_VALUE_H

#include "schema/reader.h"
#include "schema/tiling.h"

enum { PT_VALUE_MAX_DIMS = 64 };

struct pt_value {
    uint64_t row;
    uint8_t kind, ndim;
    char dtype[32];
    uint64_t shape[PT_VALUE_MAX_DIMS];
    uint64_t n_elements;
    uint64_t first_element; /* PT_RESULT_NONE64: none stored */
    uint64_t n_stored;
    unsigned planes; /* 2: complex, real then imaginary; 0: no elements stored */
    /* As a picture: the last dimension across, the one before it down, n_slices of
     * them. A value of which only a sample is stored is one row. */
    uint64_t rows, columns, n_slices;
    uint64_t
        first_position; /* of a sample, row of positions/; PT_RESULT_NONE64: none */
    bool has_tiles;     /* first_tile and tiling hold */
    uint64_t first_tile;
    struct pt_tiling tiling;
};

/* PT_E_DAMAGED where shape, counts and columns do not agree. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_value_read(const struct pt_result *result, uint64_t row,
                                           struct pt_value *value,
                                           struct pt_error *error);

/* The element column called "mean", "std" or "sig" (NULL: mean). */
PT_MUST_CHECK enum pt_status pt_value_field(const char *name,
                                            enum pt_result_column_id *column,
                                            struct pt_error *error);

#endif
