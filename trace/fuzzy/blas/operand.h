/* Operands of BLAS: real matrices, or complex ones as their real and imaginary parts.
 */
#ifndef PT_FUZZY_BLAS_OPERAND_H
#define PT_FUZZY_BLAS_OPERAND_H

#include "fuzzy/blas/multiply.h"

struct pt_blas_operand {
    struct pt_matrix part[2];
    bool complex; /* part[1] is there */
};

/* A scalar; `part[1]` is 0 for real ones. */
struct pt_blas_scalar {
    double part[2];
};

static inline struct pt_blas_operand pt_blas_operand_part(struct pt_blas_operand o,
                                                          int64_t i, int64_t j,
                                                          int64_t rows, int64_t columns)
{
    for (int p = 0; p < 2; p++)
        o.part[p] = pt_matrix_part(o.part[p], i, j, rows, columns);
    return o;
}

static inline struct pt_blas_operand
pt_blas_operand_transposed(struct pt_blas_operand o, bool conjugated)
{
    for (int p = 0; p < 2; p++)
        o.part[p] = pt_matrix_transposed(o.part[p]);
    o.part[1].negative ^= conjugated;
    return o;
}

/* C = beta C + alpha A B within the triangle, alpha 1, -1 or 0, every operation rounded
 * at random; a complex multiply-add is four real ones. */
void pt_blas_update(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                    struct pt_blas_operand b, struct pt_blas_operand c, double alpha,
                    struct pt_blas_scalar beta, enum pt_triangle triangle);

/* For an alpha that is none of these: B becomes alpha B, rounded at random, in *room,
 * which the caller frees, and alpha 1. False: no memory. */
PT_MUST_CHECK bool pt_blas_operand_scale(struct pt_fuzzy_stream *stream,
                                         struct pt_blas_operand *b,
                                         struct pt_blas_scalar *alpha, void **room);

/* C = beta C within the triangle. */
void pt_blas_rescale(struct pt_fuzzy_stream *stream, struct pt_blas_operand c,
                     struct pt_blas_scalar beta, enum pt_triangle triangle);

/* `like` becomes a matrix of that size of its type, by columns at `first`. */
void pt_blas_operand_place(struct pt_blas_operand *like, int64_t rows, int64_t columns,
                           void *first);

/* The same in *room, which the caller frees; its elements are not set. False: no
 * memory. */
PT_MUST_CHECK bool pt_blas_operand_make(struct pt_blas_operand *like, int64_t rows,
                                        int64_t columns, void **room);

/* A copy, without conjugation or sign left to apply, likewise. */
PT_MUST_CHECK bool pt_blas_operand_copy(struct pt_blas_operand *o, void **room);

/* B = T⁻¹ B for a triangular T of which only that triangle is read, its diagonal
 * neither if `unit`: recursively, T in two halves. What is off the diagonal is done by
 * the library's gemm and the model where there is a `vendor` and it is much. */
struct pt_blas_vendor;
void pt_blas_solve(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                   struct pt_blas_operand t, enum pt_triangle triangle, bool unit,
                   struct pt_blas_operand b);

/* B = T B in place, likewise. */
void pt_blas_times(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                   struct pt_blas_operand t, enum pt_triangle triangle, bool unit,
                   struct pt_blas_operand b);

#endif
