/* The operations and number formats of the stochastic loops: what generator, kernels,
 * edge cases and numpy's loops have in common. */
#ifndef PT_FUZZY_OPERATION_H
#define PT_FUZZY_OPERATION_H

#include <stddef.h>

enum pt_fuzzy_operation {
    PT_FUZZY_ADD,
    PT_FUZZY_SUBTRACT,
    PT_FUZZY_MULTIPLY,
    PT_FUZZY_DIVIDE,
    PT_FUZZY_SQRT, /* the second operand is not read */
    PT_FUZZY_N_OPERATIONS
};

/* What is reduced to one of the operations: x * x and 1 / x. Numbered after them. */
enum pt_fuzzy_ufunc {
    PT_FUZZY_SQUARE = PT_FUZZY_N_OPERATIONS,
    PT_FUZZY_RECIPROCAL,
    PT_FUZZY_N_UFUNCS
};

enum pt_fuzzy_format { PT_FUZZY_BINARY64, PT_FUZZY_BINARY32, PT_FUZZY_N_FORMATS };

/* Elements that are worked on at once, of either format or at most of binary32; and
 * random numbers drawn at once. The inputs, the result and the random numbers of a
 * block stay in the first-level cache. */
enum { PT_FUZZY_BLOCK = 512, PT_FUZZY_NARROW_BLOCK = 1024, PT_FUZZY_NUMBERS = 1024 };

/* Bytes of an operand above which it comes from the memory, not from a cache; from what
 * a block computes on to what it asks the memory for then (less than a page, or both
 * would be in the same set of the cache); and of a line of the cache. */
enum { PT_FUZZY_FAR = 1 << 21, PT_FUZZY_AHEAD = 3072, PT_FUZZY_LINE = 64 };

/* numpy sums with so many accumulators; and at most so many such sums go on side by
 * side. */
enum { PT_FUZZY_SIDE = 8, PT_FUZZY_LEAVES = 8 };

/* Of the significand. */
static inline unsigned pt_fuzzy_format_bits(enum pt_fuzzy_format format)
{
    return format == PT_FUZZY_BINARY64 ? 53 : 24;
}

/* The sums that go on side by side: so many that no vector waits for the one before. */
static inline size_t pt_fuzzy_format_leaves(enum pt_fuzzy_format format)
{
    return format == PT_FUZZY_BINARY64 ? PT_FUZZY_LEAVES / 2 : PT_FUZZY_LEAVES;
}

static inline size_t pt_fuzzy_format_bytes(enum pt_fuzzy_format format)
{
    return format == PT_FUZZY_BINARY64 ? 8 : 4;
}

/* Element i of aligned values of the format, as a double. Thread: safe. */
static inline double pt_fuzzy_load(enum pt_fuzzy_format format, const void *values,
                                   size_t i)
{
    return format == PT_FUZZY_BINARY64 ? ((const double *)values)[i]
                                       : (double)((const float *)values)[i];
}

static inline void pt_fuzzy_store(enum pt_fuzzy_format format, void *values, size_t i,
                                  double x)
{
    if (format == PT_FUZZY_BINARY64)
        ((double *)values)[i] = x;
    else
        ((float *)values)[i] = (float)x;
}

#endif
