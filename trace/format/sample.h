/* Which elements of a large array are kept. They depend on the two numbers alone, so
 * that every run keeps the same ones: stretches of eight neighbours (a cache line of
 * doubles), one in each of equal parts of the array, at a place in it that a hash
 * chooses. Equal distances would meet one column of a matrix again and again. FORMAT.md
 * has the formula. Thread: safe. */
#ifndef PT_TRACE_SAMPLE_H
#define PT_TRACE_SAMPLE_H

#include <stdint.h>

enum { PT_SAMPLE_STRETCH = 8 };

/* The first position of stretch k (from 0) of a sample of m elements of n, m < n; it
 * has min(8, m − 8k) elements. Positions rise with k and do not overlap. */
uint64_t pt_sample_start(uint64_t n, uint64_t m, uint64_t k);

static inline uint64_t pt_sample_n_stretches(uint64_t m)
{
    return m / PT_SAMPLE_STRETCH + (m % PT_SAMPLE_STRETCH != 0);
}

static inline uint64_t pt_sample_length(uint64_t m, uint64_t k)
{
    uint64_t left = m - k * PT_SAMPLE_STRETCH;

    return left < PT_SAMPLE_STRETCH ? left : PT_SAMPLE_STRETCH;
}

/* The position of element i of the sample. */
static inline uint64_t pt_sample_position(uint64_t n, uint64_t m, uint64_t i)
{
    return pt_sample_start(n, m, i / PT_SAMPLE_STRETCH) + i % PT_SAMPLE_STRETCH;
}

#endif
