/* Matrices as BLAS and LAPACK hand them over: real numbers a fixed distance apart along
 * rows and along columns, so that a transpose, a row-major matrix, a vector and the
 * real part of a complex matrix are all the same thing. */
#ifndef PT_FUZZY_BLAS_MATRIX_H
#define PT_FUZZY_BLAS_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzzy/operation.h"

struct pt_matrix {
    char *first; /* element (0, 0) */
    int64_t rows, columns;
    int64_t down,
        right; /* bytes from an element to the next row's, the next column's */
    enum pt_fuzzy_format format;
    bool negative; /* each element stands for its negative (reading only) */
};

static inline struct pt_matrix pt_matrix_transposed(struct pt_matrix m)
{
    struct pt_matrix t = m;
    t.rows = m.columns;
    t.columns = m.rows;
    t.down = m.right;
    t.right = m.down;
    return t;
}

/* The part of `rows` × `columns` elements from (i, j) on. */
static inline struct pt_matrix pt_matrix_part(struct pt_matrix m, int64_t i, int64_t j,
                                              int64_t rows, int64_t columns)
{
    m.first += i * m.down + j * m.right;
    m.rows = rows;
    m.columns = columns;
    return m;
}

static inline double pt_matrix_get(const struct pt_matrix *m, int64_t i, int64_t j)
{
    const char *at = m->first + i * m->down + j * m->right;
    double x = m->format == PT_FUZZY_BINARY64
                   ? *(const double *)(const void *)at
                   : (double)*(const float *)(const void *)at;
    return m->negative ? -x : x;
}

static inline void pt_matrix_set(const struct pt_matrix *m, int64_t i, int64_t j,
                                 double x)
{
    char *at = m->first + i * m->down + j * m->right;
    if (m->format == PT_FUZZY_BINARY64)
        *(double *)(void *)at = x;
    else
        *(float *)(void *)at = (float)x;
}

/* Copies `n` elements that lie `step` bytes apart to doubles, or back. */
void pt_matrix_gather(double *to, const char *from, int64_t step, int64_t n,
                      enum pt_fuzzy_format format, bool negative);
void pt_matrix_scatter(char *to, int64_t step, const double *from, int64_t n,
                       enum pt_fuzzy_format format);

/* Elements (i, j) to (i + n - 1, j) as doubles: where they are if they lie so, else
 * copied to `room`. */
const double *pt_matrix_column(const struct pt_matrix *m, int64_t i, int64_t j,
                               int64_t n, double *room);

/* What the elements of a matrix have in common; `any` false: all are zero. */
struct pt_matrix_range {
    bool any;
    bool finite;
    int highest; /* exponent of the largest magnitude */
    int least;   /* exponent of the smallest magnitude that is not zero */
    int lowest;  /* exponent of the lowest bit that any element has set */
};

/* One pass over the matrix; `lowest` is found out only if `with_bits`. */
struct pt_matrix_range pt_matrix_range_of(const struct pt_matrix *m, bool with_bits);

#endif
