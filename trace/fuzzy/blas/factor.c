#include "fuzzy/blas/factor.h"

#include <math.h>

#include "fuzzy/scalar.h"

static const struct pt_blas_scalar one = {{1, 0}};

static void exchange_rows(const struct pt_matrix *m, int64_t i, int64_t k)
{
    for (int64_t j = 0; i != k && j < m->columns; j++) {
        double x = pt_matrix_get(m, i, j);
        pt_matrix_set(m, i, j, pt_matrix_get(m, k, j));
        pt_matrix_set(m, k, j, x);
    }
}

void pt_blas_exchange(struct pt_blas_operand b, const int64_t *pivots, int64_t n,
                      bool back)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t k = back ? n - 1 - i : i;
        exchange_rows(&b.part[0], k, pivots[k]);
    }
}

static int64_t lu_column(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                         int64_t *pivots)
{
    const struct pt_matrix *m = &a.part[0];
    int64_t at = 0;
    for (int64_t i = 1; i < m->rows; i++)
        if (fabs(pt_matrix_get(m, i, 0)) > fabs(pt_matrix_get(m, at, 0)))
            at = i;
    pivots[0] = at;
    double pivot = pt_matrix_get(m, at, 0);
    if (pivot == 0)
        return 1;
    exchange_rows(m, 0, at);
    struct pt_matrix below = pt_matrix_part(*m, 1, 0, m->rows - 1, 1);
    pt_blas_divide(stream, &below, pivot);
    return 0;
}

int64_t pt_blas_lu(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                   int64_t *pivots)
{
    int64_t rows = a.part[0].rows, columns = a.part[0].columns;
    int64_t n = rows < columns ? rows : columns, left = n / 2, right = columns - left;
    if (n == 0)
        return 0;
    if (columns == 1)
        return lu_column(stream, a, pivots);
    if (rows == 1) {
        pivots[0] = 0;
        return pt_matrix_get(&a.part[0], 0, 0) == 0;
    }
    struct pt_blas_operand l = pt_blas_operand_part(a, 0, 0, rows, left),
                           r = pt_blas_operand_part(a, 0, left, rows, right),
                           l_upper = pt_blas_operand_part(l, 0, 0, left, left),
                           l_lower =
                               pt_blas_operand_part(l, left, 0, rows - left, left),
                           r_upper = pt_blas_operand_part(r, 0, 0, left, right),
                           r_lower =
                               pt_blas_operand_part(r, left, 0, rows - left, right);
    int64_t info = pt_blas_lu(stream, l, pivots);
    pt_blas_exchange(r, pivots, left, false);
    pt_blas_solve(stream, NULL, l_upper, PT_LOWER, true, r_upper);
    pt_blas_update(stream, l_lower, r_upper, r_lower, -1, one, PT_ALL);
    int64_t below = pt_blas_lu(stream, r_lower, pivots + left);
    if (info == 0 && below > 0)
        info = below + left;
    pt_blas_exchange(l_lower, pivots + left, n - left, false);
    for (int64_t i = left; i < n; i++)
        pivots[i] += left;
    return info;
}

int64_t pt_blas_cholesky(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                         enum pt_triangle triangle)
{
    int64_t n = a.part[0].rows, half = n / 2;
    if (n == 0)
        return 0;
    if (triangle == PT_UPPER) /* Uᵀ U is L Lᵀ of the transpose */
        return pt_blas_cholesky(stream, pt_blas_operand_transposed(a, false), PT_LOWER);
    if (n == 1) {
        double x = pt_matrix_get(&a.part[0], 0, 0);
        if (!(x > 0))
            return 1;
        pt_matrix_set(&a.part[0], 0, 0,
                      pt_fuzzy_scalar(stream, PT_FUZZY_SQRT, a.part[0].format, x, x));
        return 0;
    }
    struct pt_blas_operand upper = pt_blas_operand_part(a, 0, 0, half, half),
                           side = pt_blas_operand_part(a, half, 0, n - half, half),
                           lower =
                               pt_blas_operand_part(a, half, half, n - half, n - half);
    int64_t info = pt_blas_cholesky(stream, upper, PT_LOWER);
    if (info != 0)
        return info;
    pt_blas_solve(stream, NULL, upper, PT_LOWER, false,
                  pt_blas_operand_transposed(side, false)); /* X Lᵀ = A21 */
    pt_blas_update(stream, side, pt_blas_operand_transposed(side, false), lower, -1,
                   one, PT_LOWER);
    info = pt_blas_cholesky(stream, lower, PT_LOWER);
    return info == 0 ? 0 : info + half;
}
