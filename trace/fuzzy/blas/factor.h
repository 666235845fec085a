/* LAPACK's factorisations of real matrices on the kernels of the layer `blas`, so that
 * what happens inside them is rounded at random whatever LAPACK is linked: the
 * recursive algorithms of dgetrf2 and dpotrf2 (Toledo, "Locality of reference in LU
 * decomposition with partial pivoting", SIAM J. Matrix Anal. Appl. 18(4), 1997). */
#ifndef PT_FUZZY_BLAS_FACTOR_H
#define PT_FUZZY_BLAS_FACTOR_H

#include "fuzzy/blas/operand.h"

/* P A = L U in place, with row i exchanged with row pivots[i] (from 0; min(rows,
 * columns) of them) in turn. Returns 0, or the number (from 1) of the first zero pivot,
 * with which the factorisation is complete as LAPACK's is. */
int64_t pt_blas_lu(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                   int64_t *pivots);

/* Exchanges the rows of B as the factorisation did (`back`: the other way round). */
void pt_blas_exchange(struct pt_blas_operand b, const int64_t *pivots, int64_t n,
                      bool back);

/* A = Uᵀ U or L Lᵀ in that triangle. Returns 0, or the order (from 1) of the first
 * minor that is not positive. */
int64_t pt_blas_cholesky(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                         enum pt_triangle triangle);

#endif
