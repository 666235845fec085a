#include "fuzzy/blas/matrix.h"

#include <string.h>

/* Vectorised where the compiler knows the step. */
static inline void widen(double *to, const char *from, int64_t step, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float x;
        memcpy(&x, from + i * step, sizeof x);
        to[i] = (double)x;
    }
}

static inline void narrow(char *to, int64_t step, const double *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        float x = (float)from[i];
        memcpy(to + i * step, &x, sizeof x);
    }
}

void pt_matrix_gather(double *to, const char *from, int64_t step, int64_t n,
                      enum pt_fuzzy_format format, bool negative)
{
    if (format == PT_FUZZY_BINARY32 && step == (int64_t)sizeof(float))
        widen(to, from, sizeof(float), n);
    else if (format == PT_FUZZY_BINARY32)
        widen(to, from, step, n);
    else if (step == (int64_t)sizeof *to)
        memcpy(to, from, (size_t)n * sizeof *to);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(&to[i], from + i * step, sizeof *to);
    for (int64_t i = 0; negative && i < n; i++)
        to[i] = -to[i];
}

void pt_matrix_scatter(char *to, int64_t step, const double *from, int64_t n,
                       enum pt_fuzzy_format format)
{
    if (format == PT_FUZZY_BINARY32 && step == (int64_t)sizeof(float))
        narrow(to, sizeof(float), from, n);
    else if (format == PT_FUZZY_BINARY32)
        narrow(to, step, from, n);
    else if (step == (int64_t)sizeof *from)
        memcpy(to, from, (size_t)n * sizeof *from);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * step, &from[i], sizeof *from);
}

const double *pt_matrix_column(const struct pt_matrix *m, int64_t i, int64_t j,
                               int64_t n, double *room)
{
    const char *at = m->first + i * m->down + j * m->right;
    if (m->format == PT_FUZZY_BINARY64 && m->down == (int64_t)sizeof *room &&
        !m->negative)
        return (const double *)(const void *)at;
    pt_matrix_gather(room, at, m->down, n, m->format, m->negative);
    return room;
}

/* Largest and least magnitude, as bit patterns, of n doubles or floats; *least is left
 * alone by zeros. */
#define EXTREMES(name, uint)                                                           \
    static void name(const char *from, int64_t step, int64_t n, uint64_t *most,        \
                     uint64_t *least)                                                  \
    {                                                                                  \
        uint high = 0, low = (uint)-1;                                                 \
        for (int64_t i = 0; i < n; i++) {                                              \
            uint bits;                                                                 \
            memcpy(&bits, from + i * step, sizeof bits);                               \
            bits &= (uint)-1 >> 1;                                                     \
            high = bits > high ? bits : high;                                          \
            bits -= 1; /* zero becomes the largest */                                  \
            low = bits < low ? bits : low;                                             \
        }                                                                              \
        if (high > *most)                                                              \
            *most = high;                                                              \
        if (low != (uint)-1 && (uint64_t)low + 1 < *least)                             \
            *least = (uint64_t)low + 1;                                                \
    }
EXTREMES(extremes_64, uint64_t)
EXTREMES(extremes_32, uint32_t)

/* Exponent of a magnitude's leading bit. */
static int exponent_of(uint64_t bits, int mantissa, int bias)
{
    int field = (int)(bits >> mantissa);
    if (field > 0)
        return field - bias;
    return 63 - __builtin_clzll(bits) - mantissa + 1 - bias;
}

/* Exponent of the lowest bit set. */
static int lowest_of(uint64_t bits, int mantissa, int bias)
{
    int field = (int)(bits >> mantissa);
    uint64_t fraction = bits & ((UINT64_C(1) << mantissa) - 1);
    if (field > 0)
        fraction |= UINT64_C(1) << mantissa;
    else
        field = 1;
    return field - bias - mantissa + __builtin_ctzll(fraction);
}

static int lowest_in(const struct pt_matrix *m, int mantissa, int bias)
{
    int lowest = INT32_MAX;
    for (int64_t j = 0; j < m->columns; j++)
        for (int64_t i = 0; i < m->rows; i++) {
            uint64_t bits = 0;
            if (m->format == PT_FUZZY_BINARY64) {
                memcpy(&bits, m->first + i * m->down + j * m->right, 8);
                bits &= UINT64_MAX >> 1;
            } else {
                uint32_t narrow;
                memcpy(&narrow, m->first + i * m->down + j * m->right, 4);
                bits = narrow & (UINT32_MAX >> 1);
            }
            int low = bits ? lowest_of(bits, mantissa, bias) : INT32_MAX;
            lowest = low < lowest ? low : lowest;
        }
    return lowest;
}

struct pt_matrix_range pt_matrix_range_of(const struct pt_matrix *m, bool with_bits)
{
    struct pt_matrix_range range = {.finite = true};
    bool wide = m->format == PT_FUZZY_BINARY64;
    int mantissa = wide ? 52 : 23, bias = wide ? 1023 : 127;
    uint64_t most = 0, least = UINT64_MAX;
    struct pt_matrix along = *m;

    /* along the direction in which elements are neighbours */
    int64_t down = along.down < 0 ? -along.down : along.down;
    int64_t right = along.right < 0 ? -along.right : along.right;
    if (right < down || along.rows == 1)
        along = pt_matrix_transposed(along);
    for (int64_t j = 0; j < along.columns; j++)
        (wide ? extremes_64 : extremes_32)(along.first + j * along.right, along.down,
                                           along.rows, &most, &least);
    range.any = most > 0;
    range.finite = (int)(most >> mantissa) < 2 * bias + 1;
    if (!range.any || !range.finite)
        return range;
    range.highest = exponent_of(most, mantissa, bias);
    range.least = exponent_of(least, mantissa, bias);
    range.lowest =
        with_bits ? lowest_in(&along, mantissa, bias) : range.least - mantissa;
    return range;
}
