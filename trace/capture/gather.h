/* The elements of an array as the trace has them: in C order, little-endian, without
 * the undefined bytes of a long double; all of them, or a sample. They are copied piece
 * by piece, so that an array of any size and layout needs no copy of itself in memory.
 * Thread: safe, as long as nobody changes the array. */
#ifndef PT_CAPTURE_GATHER_H
#define PT_CAPTURE_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "cpython/numpy_abi.h"

struct pt_gather {
    const struct pt_elements *elements; /* borrowed */
    uint64_t n;                         /* elements of the array */
    uint64_t sample;                    /* of them; 0: all */
};

/* Whether the trace has the elements as they lie in memory. */
bool pt_gather_is_plain(const struct pt_elements *elements);

/* Elements [first, first + n) of the array into `out`, n × item_bytes bytes. */
void pt_gather_elements(const struct pt_elements *elements, uint64_t first, uint64_t n,
                        unsigned char *out);

/* Bytes [offset, offset + bytes) of the data of a value; `gather` is a struct
 * pt_gather: this is a pt_trace_source's function. */
void pt_gather_read(const void *gather, uint64_t offset, size_t bytes, void *out);

#endif
