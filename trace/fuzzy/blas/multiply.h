/* The kernels of the layer `blas`: sums of products, every multiply-add of which is
 * rounded at random (once, as a fused one). What gemm, gemv, dot, axpy, ger, syrk and
 * the factorisations of LAPACK are made of.
 *
 * In all modes and precisions but `sr` at full precision, and where operands are so
 * small that the error of a product would underflow, each product and each sum is
 * rounded by edge.h. Exceptions are not signalled, but for overflow and invalid, as
 * BLAS does not promise any. Thread: safe; the stream is the caller's own. */
#ifndef PT_FUZZY_BLAS_MULTIPLY_H
#define PT_FUZZY_BLAS_MULTIPLY_H

#include "fuzzy/blas/matrix.h"
#include "fuzzy/runtime.h"

enum pt_triangle { PT_ALL, PT_UPPER, PT_LOWER };

static inline enum pt_triangle pt_triangle_mirrored(enum pt_triangle triangle)
{
    if (triangle == PT_ALL)
        return PT_ALL;
    return triangle == PT_UPPER ? PT_LOWER : PT_UPPER;
}

/* C += A B, A of m × k, B of k × n, C of m × n elements; of C, only what belongs to the
 * triangle is read and written. The matrices must not overlap. */
void pt_blas_multiply(struct pt_fuzzy_stream *stream, const struct pt_matrix *a,
                      const struct pt_matrix *b, const struct pt_matrix *c,
                      enum pt_triangle triangle);

/* Σ x(i) y(i) of two matrices of one column: 32 partial sums, then those pairwise. */
double pt_blas_dot(struct pt_fuzzy_stream *stream, const struct pt_matrix *x,
                   const struct pt_matrix *y);

/* C = C factor, or C = C / divisor, within the triangle; one and zero are exact, and by
 * zero even NaN becomes zero, as BLAS has it for beta. */
void pt_blas_scale(struct pt_fuzzy_stream *stream, const struct pt_matrix *c,
                   double factor, enum pt_triangle triangle);
void pt_blas_divide(struct pt_fuzzy_stream *stream, const struct pt_matrix *c,
                    double divisor);

#endif
