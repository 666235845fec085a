/* An update C = beta C + alpha A B by our kernels. */
#include <stdlib.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/library/library.h"

uint64_t pt_blas_model_work(const struct pt_blas_model *m)
{
    double work = (double)m->c.part[0].rows * (double)m->c.part[0].columns *
                  (double)m->a.part[0].columns * (m->c.complex ? 4 : 1) *
                  (m->twice ? 2 : 1);
    return work < 0x1p63 ? (uint64_t)work : UINT64_MAX;
}

struct pt_blas_model pt_blas_model_other(const struct pt_blas_model *m)
{
    struct pt_blas_model other = *m;
    other.a = pt_blas_operand_transposed(m->b, m->conjugated);
    other.b = pt_blas_operand_transposed(m->a, m->conjugated);
    if (m->conjugated)
        other.alpha.part[1] = -m->alpha.part[1];
    other.beta = (struct pt_blas_scalar){{1, 0}};
    return other;
}

/* Whether B is the transpose of A, element by element. */
static bool is_transpose(const struct pt_blas_operand *a,
                         const struct pt_blas_operand *b)
{
    const struct pt_matrix *x = &a->part[0], *y = &b->part[0];
    if (a->complex || x->rows != y->columns)
        return false;
    for (int64_t l = 0; l < x->columns; l++)
        for (int64_t i = 0; i < x->rows; i++)
            if (pt_matrix_get(x, i, l) != pt_matrix_get(y, l, i))
                return false;
    return true;
}

static void mirror(const struct pt_matrix *c)
{
    for (int64_t j = 0; j < c->columns; j++)
        for (int64_t i = 0; i < j; i++)
            pt_matrix_set(c, i, j, pt_matrix_get(c, j, i));
}

/* All memory is taken before anything is done. */
static bool by_kernels(struct pt_fuzzy_stream *stream, const struct pt_blas_model *m)
{
    struct pt_blas_model sums[2] = {*m, pt_blas_model_other(m)};
    void *room[2] = {NULL, NULL};
    bool ready = true;
    /* A Aᵀ is symmetric, whoever it is computed by. */
    bool symmetric = m->triangle == PT_ALL && m->beta.part[0] == 0 &&
                     m->beta.part[1] == 0 && is_transpose(&m->a, &m->b);
    for (int i = 0; ready && i < 1 + m->twice; i++)
        ready = pt_blas_operand_scale(stream, &sums[i].b, &sums[i].alpha, &room[i]);
    for (int i = 0; ready && i < 1 + m->twice; i++)
        pt_blas_update(stream, sums[i].a, sums[i].b, m->c, sums[i].alpha.part[0],
                       sums[i].beta, symmetric ? PT_LOWER : m->triangle);
    if (ready && symmetric)
        mirror(&m->c.part[0]);
    free(room[0]);
    free(room[1]);
    return ready;
}

double pt_blas_call_update(struct pt_blas_call *call, const struct pt_blas_model *m)
{
    bool done = by_kernels(call->stream, m);
    pt_fuzzy_routine_used(call->routine, done ? PT_FUZZY_WAY_SR : PT_FUZZY_WAY_LEFT,
                          pt_blas_model_work(m));
    return done ? 0 : pt_blas_call_real(call, true);
}

double pt_blas_call_left(struct pt_blas_call *call)
{
    pt_fuzzy_routine_used(call->routine, PT_FUZZY_WAY_LEFT, 0);
    return pt_blas_call_real(call, true);
}
