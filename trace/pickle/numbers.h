/* Which nodes are numbers: Python's, and what numpy's pickles are made of
 * (numpy.core.multiarray._reconstruct and scalar, numpy.core.numeric._frombuffer, under
 * numpy 2 the same in numpy._core; numpy.dtype). Thread: safe. */
#ifndef PT_PICKLE_NUMBERS_H
#define PT_PICKLE_NUMBERS_H

#include "format/format.h"
#include "pickle/node.h"

enum pt_pickle_found {
    PT_FOUND_NOTHING,    /* no numbers */
    PT_FOUND_NUMBERS,    /* described in *numbers */
    PT_FOUND_UNSUPPORTED /* an array of what is no number, or one that is not whole */
};

struct pt_pickle_numbers {
    struct pt_trace_value value; /* dtype, item_bytes, form, ndim, shape, counts */
    const struct pt_pickle_node *data; /* of an array or a numpy scalar; else NULL */
    unsigned char scalar[16];          /* of a Python number */
    bool swapped;                      /* big-endian */
    bool fortran;                      /* the first index runs fastest */
};

enum pt_pickle_found pt_pickle_numbers(const struct pt_pickle_source *source,
                                       const struct pt_pickle_node *node,
                                       struct pt_pickle_numbers *numbers);

/* The data in C order, little-endian: value.data_bytes bytes, malloc'd, the caller
 * frees. PT_E_DAMAGED: their number is not that of the shape; PT_E_UNSUPPORTED: they
 * are not bytes. */
PT_MUST_CHECK enum pt_status
pt_pickle_numbers_read(const struct pt_pickle_source *source,
                       const struct pt_pickle_numbers *numbers, unsigned char **data,
                       struct pt_error *error);

#endif
