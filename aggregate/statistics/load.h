/* Samples of any type as rows of doubles for the lanes, or one by one as exact numbers.
 * Thread: safe. */
#ifndef PT_STATISTICS_LOAD_H
#define PT_STATISTICS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "statistics/exact.h"

/* One part of the elements of an array: of complex numbers plane 0 is the real part,
 * plane 1 the imaginary. */
struct pt_part {
    char class;     /* b i u f */
    uint8_t bytes;  /* of the part */
    uint8_t stride; /* bytes from element to element */
    uint8_t offset; /* of the part within the element */
    bool lanes;     /* a double can hold every value, or nearly (64-bit integers) */
};

struct pt_part pt_part_of(char dtype, unsigned item_bytes, unsigned plane);

/* Elements first … first + count − 1 of `array` as doubles: a pointer into the array
 * where it holds aligned doubles and count is a multiple of `pad`, else `room`, whose
 * doubles after the first `count` stay as they are. part.lanes must hold. */
const double *pt_load_row(struct pt_part part, const void *array, size_t first,
                          size_t count, size_t pad, double *room);

/* Elements first … first + count − 1 of `array` where they stand, if they are aligned
 * floats and count is a multiple of `pad`; else NULL. */
const float *pt_load_narrow(struct pt_part part, const void *array, size_t first,
                            size_t count, size_t pad);

enum pt_kind_of_number { PT_FINITE, PT_INFINITE, PT_NAN };

/* One element, exactly. */
enum pt_kind_of_number pt_load_sample(struct pt_part part, const void *array, size_t at,
                                      struct pt_sample *sample);

/* The bits of one element, zero-extended. Parts of at most 8 bytes. */
uint64_t pt_load_bits(struct pt_part part, const void *array, size_t at);

#endif
