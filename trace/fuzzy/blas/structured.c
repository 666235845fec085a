/* Routines of BLAS whose matrices are symmetric or Hermitian, of which one triangle is
 * stored: products with them, and updates of rank one, two and 2k. */
#include <stdlib.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/library/library.h"

static const struct pt_blas_scalar one = {{1, 0}};

/* All of a matrix of which one triangle is there, by columns in *room, which the caller
 * frees. The imaginary part of a Hermitian diagonal is taken as zero. */
static bool complete(struct pt_blas_operand *a, enum pt_triangle triangle,
                     bool hermitian, void **room)
{
    struct pt_blas_operand full = *a;
    int64_t n = a->part[0].rows, parts = a->complex ? 2 : 1;
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(a->part[0].format);
    *room = malloc((size_t)(parts * n * n * bytes) + 1);
    if (!*room)
        return false;
    for (int64_t p = 0; p < parts; p++) {
        struct pt_matrix *to = &full.part[p];
        to->first = (char *)*room + p * n * n * bytes;
        to->down = bytes;
        to->right = n * bytes;
        bool turned = hermitian && p == 1;
        for (int64_t j = 0; j < n; j++)
            for (int64_t i = 0; i < n; i++) {
                bool is_there = triangle == PT_UPPER ? i <= j : i >= j;
                double x = is_there ? pt_matrix_get(&a->part[p], i, j)
                                    : pt_matrix_get(&a->part[p], j, i);
                if (turned && i == j)
                    x = 0;
                pt_matrix_set(to, i, j, turned && !is_there ? -x : x);
            }
    }
    *a = full;
    return true;
}

static enum pt_triangle take_triangle(struct pt_blas_arguments *c)
{
    return pt_blas_take_letter(c, "UL") == 'U' ? PT_UPPER : PT_LOWER;
}

static char real_type(const struct pt_blas_arguments *c)
{
    char type = c->call->symbol->type;
    return type == 'z' ? 'd' : type == 'c' ? 's' : type;
}

static void set_real_diagonal(const struct pt_blas_operand *c)
{
    for (int64_t i = 0; i < c->part[0].rows; i++)
        pt_matrix_set(&c->part[1], i, i, 0);
}

/* C = beta C + alpha A B with the completed A (side L), or + alpha B A. */
static double product(struct pt_blas_arguments *c, struct pt_blas_model *m, char side,
                      struct pt_blas_operand a, struct pt_blas_operand b,
                      enum pt_triangle triangle, bool hermitian)
{
    void *room = NULL;
    double work = (double)a.part[0].rows * (double)b.part[0].rows *
                  (double)b.part[0].columns * (a.complex ? 4 : 1);
    if (c->wrong || work > (double)pt_fuzzy_runtime.options.blas_limit ||
        !complete(&a, triangle, hermitian, &room))
        return pt_blas_call_left(c->call);
    m->a = side == 'L' ? a : b;
    m->b = side == 'L' ? b : a;
    double result = pt_blas_call_update(c->call, m);
    free(room);
    return result;
}

double pt_blas_symm(struct pt_blas_arguments *c, bool hermitian)
{
    struct pt_blas_model m = {.triangle = PT_ALL};
    pt_blas_take_order(c);
    char side = pt_blas_take_letter(c, "LR");
    enum pt_triangle triangle = take_triangle(c);
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
    enum pt_triangle triangle = take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand a = pt_blas_take_matrix(c, n, n),
                           x = pt_blas_take_vector(c, n);
    m.beta = pt_blas_take_scalar(c);
    m.c = pt_blas_take_vector(c, n);
    return n == 0 ? pt_blas_call_left(c->call)
                  : product(c, &m, 'L', a, x, triangle, hermitian);
}

/* C = alpha A op(B) + alpha' B op(A) + beta C in one triangle; alpha' is alpha, or its
 * conjugate. */
static double twice(struct pt_blas_arguments *c, struct pt_blas_model *m,
                    struct pt_blas_operand a, struct pt_blas_operand b, bool conjugated)
{
    double work = 2 * (double)a.part[0].rows * (double)a.part[0].rows *
                  (double)a.part[0].columns * (a.complex ? 4 : 1);
    if (c->wrong || work > (double)pt_fuzzy_runtime.options.blas_limit)
        return pt_blas_call_left(c->call);
    struct pt_blas_scalar other = m->alpha;
    other.part[1] = conjugated ? -other.part[1] : other.part[1];
    struct pt_fuzzy_stream *stream = c->call->stream;
    if (!pt_blas_update(stream, a, pt_blas_operand_transposed(b, conjugated), m->c,
                        m->alpha, m->beta, m->triangle))
        return pt_blas_call_left(c->call);
    /* the second needs as much memory as the first had */
    (void)!pt_blas_update(stream, b, pt_blas_operand_transposed(a, conjugated), m->c,
                          other, one, m->triangle);
    if (conjugated)
        set_real_diagonal(&m->c);
    pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_SR, (uint64_t)work);
    return 0;
}

double pt_blas_syr2k(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.alpha = {{0, 0}}};
    pt_blas_take_order(c);
    m.triangle = take_triangle(c);
    char how = pt_blas_take_letter(c, "NTC");
    int64_t n = pt_blas_take_size(c), depth = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    /* of a transpose both are: op(X) of n × depth */
    how = how == 'N' ? 'N' : conjugated ? 'C' : 'T';
    struct pt_blas_operand a = pt_blas_take_transposed(c, how, n, depth),
                           b = pt_blas_take_transposed(c, how, n, depth);
    m.beta =
        pt_blas_take_scalar_of(c, conjugated ? real_type(c) : c->call->symbol->type);
    m.c = pt_blas_take_matrix(c, n, n);
    return twice(c, &m, a, b, conjugated);
}

double pt_blas_syr2(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.beta = one};
    pt_blas_take_order(c);
    m.triangle = take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand x = pt_blas_take_vector(c, n), y = pt_blas_take_vector(c, n);
    m.c = pt_blas_take_matrix(c, n, n);
    return twice(c, &m, x, y, conjugated);
}

double pt_blas_syr(struct pt_blas_arguments *c, bool conjugated)
{
    struct pt_blas_model m = {.beta = one};
    pt_blas_take_order(c);
    m.triangle = take_triangle(c);
    int64_t n = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar_of(c, real_type(c));
    m.a = pt_blas_take_vector(c, n);
    m.b = pt_blas_operand_transposed(m.a, conjugated);
    m.c = pt_blas_take_matrix(c, n, n);
    if (c->wrong)
        return pt_blas_call_left(c->call);
    double result = pt_blas_call_update(c->call, &m);
    if (conjugated)
        set_real_diagonal(&m.c);
    return result;
}
