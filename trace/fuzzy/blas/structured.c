/* Routines of BLAS whose matrices are symmetric or Hermitian, of which one triangle is
 * stored: products with them, and updates of rank one, two, k and 2k. */
#include <stdlib.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/blas/vendor.h"
#include "fuzzy/library/library.h"

/* Sets `full` to rows `first` and following of a matrix of which one triangle is there.
 * The imaginary part of a Hermitian diagonal is taken as zero. */
static void complete(const struct pt_blas_operand *full, int64_t first,
                     const struct pt_blas_operand *a, enum pt_triangle triangle,
                     bool hermitian)
{
    for (int p = 0; p < 1 + a->complex; p++) {
        bool turned = hermitian && p == 1;
        for (int64_t j = 0; j < full->part[p].columns; j++)
            for (int64_t r = 0; r < full->part[p].rows; r++) {
                int64_t i = first + r;
                bool is_there = triangle == PT_UPPER ? i <= j : i >= j;
                double x = is_there ? pt_matrix_get(&a->part[p], i, j)
                                    : pt_matrix_get(&a->part[p], j, i);
                if (turned && i == j)
                    x = 0;
                pt_matrix_set(&full->part[p], r, j, turned && !is_there ? -x : x);
            }
    }
}

/* C = beta C + alpha A B with the completed A (side L), or + alpha B A: by our kernels,
 * or by the library's gemm and the model. */
static double product(struct pt_blas_arguments *c, struct pt_blas_model *m, char side,
                      struct pt_blas_operand a, struct pt_blas_operand b,
                      enum pt_triangle triangle, bool hermitian)
{
    struct pt_blas_operand full = a;
    int64_t n = a.part[0].rows;
    void *room = NULL;
    if (c->wrong || !pt_blas_operand_make(&full, n, n, &room))
        return pt_blas_call_left(c->call);
    complete(&full, 0, &a, triangle, hermitian);
    m->a = side == 'L' ? full : b;
    m->b = side == 'L' ? b : full;
    double result = pt_blas_vendor_product(c->call, m);
    free(room);
    return result;
}

/* The same of a vector: a few rows of A are completed at a time, so that no second A
 * has to be in memory. */
static double times_vector(struct pt_blas_arguments *c, struct pt_blas_model *m,
                           struct pt_blas_operand a, struct pt_blas_operand x,
                           enum pt_triangle triangle, bool hermitian)
{
    enum { ROWS = 256 };
    struct pt_fuzzy_stream *stream = c->call->stream;
    struct pt_blas_operand rows = a;
    int64_t n = a.part[0].rows;
    void *room[2] = {NULL, NULL};
    bool ready = !c->wrong && n > 0 &&
                 pt_blas_operand_make(&rows, n < ROWS ? n : ROWS, n, &room[0]) &&
                 pt_blas_operand_scale(stream, &x, &m->alpha, &room[1]);
    for (int64_t i = 0; ready && i < n; i += ROWS) {
        int64_t height = n - i < ROWS ? n - i : ROWS;
        struct pt_blas_operand some = pt_blas_operand_part(rows, 0, 0, height, n);
        complete(&some, i, &a, triangle, hermitian);
        pt_blas_update(stream, some, x, pt_blas_operand_part(m->c, i, 0, height, 1),
                       m->alpha.part[0], m->beta, PT_ALL);
    }
    free(room[0]);
    free(room[1]);
    if (!ready)
        return pt_blas_call_left(c->call);
    pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_SR,
                          (uint64_t)(n * n * (a.complex ? 4 : 1)));
    return 0;
}

double pt_blas_symm(struct pt_blas_arguments *c, bool hermitian)
{
    struct pt_blas_model m = {.triangle = PT_ALL};
    pt_blas_take_order(c);
    char side = pt_blas_take_letter(c, "LR");
    enum pt_triangle triangle = pt_blas_take_triangle(c);
    int64_t rows = pt_blas_take_size(c), columns = pt_blas_take_size(c);
    int64_t n = side == 'L' ? rows : columns;
    m.alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand a = pt_blas_take_matrix(c, n, n),
                           b = pt_blas_take_matrix(c, rows, columns);
    m.beta = pt_blas_take_scalar(c);
    m.c = pt_blas_take_matrix(c, rows, columns);
    return product(c, &m, side, a, b, triangle, hermitian);
}

double pt_blas_symv(struct pt_blas_arguments *c, bool hermitian)
{
    struct pt_blas_model m = {.triangle = PT_ALL};
    pt_blas_take_order(c);
    enum pt_triangle triangle = pt_blas_take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand a = pt_blas_take_matrix(c, n, n),
                           x = pt_blas_take_vector(c, n);
    m.beta = pt_blas_take_scalar(c);
    m.c = pt_blas_take_vector(c, n);
    return times_vector(c, &m, a, x, triangle, hermitian);
}

/* C = beta C + alpha A op(B) in one triangle, or, `twice`, + alpha' B op(A) as well;
 * alpha' is alpha, or its conjugate. */
static double
update(struct pt_blas_arguments *c, struct pt_blas_model *m, struct pt_blas_operand b,
       double (*run)(struct pt_blas_call *call, const struct pt_blas_model *m))
{
    if (c->wrong)
        return pt_blas_call_left(c->call);
    m->b = pt_blas_operand_transposed(b, m->conjugated);
    double result = run(c->call, m);
    /* x conj(x) is real */
    for (int64_t i = 0; m->conjugated && i < m->c.part[0].rows; i++)
        pt_matrix_set(&m->c.part[1], i, i, 0);
    return result;
}

double pt_blas_syrk(struct pt_blas_arguments *c, bool conjugated, bool twice)
{
    struct pt_blas_model m = {.twice = twice, .conjugated = conjugated};
    pt_blas_take_order(c);
    m.triangle = pt_blas_take_triangle(c);
    char how = pt_blas_take_letter(c, "NTC");
    int64_t n = pt_blas_take_size(c), depth = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar_of(c, conjugated && !twice);
    /* of a transpose both are: op(X) of n × depth */
    how = how == 'N' ? 'N' : conjugated ? 'C' : 'T';
    m.a = pt_blas_take_transposed(c, how, n, depth);
    struct pt_blas_operand b = twice ? pt_blas_take_transposed(c, how, n, depth) : m.a;
    m.beta = pt_blas_take_scalar_of(c, conjugated);
    m.c = pt_blas_take_matrix(c, n, n);
    return update(c, &m, b, pt_blas_vendor_product);
}

double pt_blas_syr(struct pt_blas_arguments *c, bool conjugated, bool twice)
{
    struct pt_blas_model m = {
        .beta = {{1, 0}}, .twice = twice, .conjugated = conjugated};
    pt_blas_take_order(c);
    m.triangle = pt_blas_take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar_of(c, conjugated && !twice);
    m.a = pt_blas_take_vector(c, n);
    struct pt_blas_operand b = twice ? pt_blas_take_vector(c, n) : m.a;
    m.c = pt_blas_take_matrix(c, n, n);
    return update(c, &m, b, pt_blas_call_update);
}
