/* Routines of BLAS whose matrices are symmetric or Hermitian, of which one triangle is
 * stored: products with them, and updates of rank one, two and 2k. */
#include <stdlib.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/blas/vendor.h"
#include "fuzzy/library/library.h"

static const struct pt_blas_scalar one = {{1, 0}};

/* Rows [first, first + height) of a matrix of which one triangle is there, by columns
 * in *room, which the caller frees. The imaginary part of a Hermitian diagonal is taken
 * as zero. */
static bool complete(struct pt_blas_operand *a, enum pt_triangle triangle,
                     bool hermitian, int64_t first, int64_t height, void **room)
{
    struct pt_blas_operand full = *a;
    int64_t n = a->part[0].rows, parts = a->complex ? 2 : 1;
    if (!pt_blas_operand_make(&full, height, n, room))
        return false;
    for (int64_t p = 0; p < parts; p++) {
        bool turned = hermitian && p == 1;
        for (int64_t j = 0; j < n; j++)
            for (int64_t r = 0; r < height; r++) {
                int64_t i = first + r;
                bool is_there = triangle == PT_UPPER ? i <= j : i >= j;
                double x = is_there ? pt_matrix_get(&a->part[p], i, j)
                                    : pt_matrix_get(&a->part[p], j, i);
                if (turned && i == j)
                    x = 0;
                pt_matrix_set(&full.part[p], r, j, turned && !is_there ? -x : x);
            }
    }
    *a = full;
    return true;
}

static void set_real_diagonal(const struct pt_blas_operand *c)
{
    for (int64_t i = 0; i < c->part[0].rows; i++)
        pt_matrix_set(&c->part[1], i, i, 0);
}

/* C = beta C + alpha A B with the completed A (side L), or + alpha B A: by our kernels,
 * or by the library's gemm and the model. */
static double product(struct pt_blas_arguments *c, struct pt_blas_model *m, char side,
                      struct pt_blas_operand a, struct pt_blas_operand b,
                      enum pt_triangle triangle, bool hermitian)
{
    void *room = NULL;
    if (c->wrong || !complete(&a, triangle, hermitian, 0, a.part[0].rows, &room))
        return pt_blas_call_left(c->call);
    m->a = side == 'L' ? a : b;
    m->b = side == 'L' ? b : a;
    double result = pt_blas_vendor_product(c->call, m);
    free(room);
    return result;
}

/* The same of a vector: a few rows of A are completed at a time, so that no second A
 * has to be in memory. */
static double times_vector(struct pt_blas_arguments *c, const struct pt_blas_model *m,
                           struct pt_blas_operand a, struct pt_blas_operand x,
                           enum pt_triangle triangle, bool hermitian)
{
    enum { ROWS = 256 };
    int64_t n = a.part[0].rows;
    if (c->wrong || n == 0)
        return pt_blas_call_left(c->call);
    for (int64_t i = 0; i < n; i += ROWS) {
        struct pt_blas_operand rows = a;
        int64_t height = n - i < ROWS ? n - i : ROWS;
        void *room = NULL;
        if (!complete(&rows, triangle, hermitian, i, height, &room)) {
            if (i == 0)
                return pt_blas_call_left(c->call);
            break; /* never: the first had as much memory */
        }
        bool done = pt_blas_update(c->call->stream, rows, x,
                                   pt_blas_operand_part(m->c, i, 0, height, 1),
                                   m->alpha, m->beta, PT_ALL);
        free(room);
        if (!done && i == 0)
            return pt_blas_call_left(c->call);
    }
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

/* C = alpha A op(B) + alpha' B op(A) + beta C in one triangle; alpha' is alpha, or its
 * conjugate. */
static double twice(struct pt_blas_arguments *c, struct pt_blas_model *m,
                    struct pt_blas_operand a, struct pt_blas_operand b, bool conjugated,
                    struct pt_blas_parts *parts)
{
    if (c->wrong)
        return pt_blas_call_left(c->call);
    m->a = a;
    m->b = pt_blas_operand_transposed(b, conjugated);
    m->twice = true;
    m->conjugated = conjugated;
    double result = pt_blas_call_update(c->call, m, parts);
    if (conjugated)
        set_real_diagonal(&m->c);
    return result;
}

double pt_blas_syr2k(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.alpha = {{0, 0}}};
    struct pt_blas_parts parts = {.beta_number = -1};
    pt_blas_take_order(c);
    m.triangle = pt_blas_take_triangle(c);
    char how = pt_blas_take_letter(c, "NTC");
    int64_t n = pt_blas_take_size(c);
    parts.depth_at = c->word;
    int64_t depth = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    /* of a transpose both are: op(X) of n × depth */
    how = how == 'N' ? 'N' : conjugated ? 'C' : 'T';
    parts.a_at = c->word;
    struct pt_blas_operand a = pt_blas_take_transposed(c, how, n, depth);
    parts.b_at = c->word;
    struct pt_blas_operand b = pt_blas_take_transposed(c, how, n, depth);
    parts.a_step = a.part[0].right;
    parts.b_step = b.part[0].right;
    parts.beta_at = c->word;
    if (c->call->symbol->cblas && (conjugated || !pt_blas_is_complex(c)))
        parts.beta_number = c->number;
    m.beta = pt_blas_take_scalar_of(c, conjugated);
    m.c = pt_blas_take_matrix(c, n, n);
    return twice(c, &m, a, b, conjugated, &parts);
}

double pt_blas_syr2(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.beta = one};
    pt_blas_take_order(c);
    m.triangle = pt_blas_take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand x = pt_blas_take_vector(c, n), y = pt_blas_take_vector(c, n);
    m.c = pt_blas_take_matrix(c, n, n);
    return twice(c, &m, x, y, conjugated, NULL);
}

double pt_blas_syr(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.beta = one};
    pt_blas_take_order(c);
    m.triangle = pt_blas_take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar_of(c, true);
    m.a = pt_blas_take_vector(c, n);
    m.b = pt_blas_operand_transposed(m.a, conjugated);
    m.c = pt_blas_take_matrix(c, n, n);
    if (c->wrong)
        return pt_blas_call_left(c->call);
    double result = pt_blas_call_update(c->call, &m, NULL);
    if (conjugated)
        set_real_diagonal(&m.c);
    return result;
}
