/* Which way an update C = beta C + alpha A B goes, and the library's kernel on a part
 * of its sum. */
#include <string.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/library/library.h"

static void compute_part(void *context, int64_t from, int64_t to, bool first)
{
    static const double one_z[2] = {1, 0};
    static const float one_c[2] = {1, 0};
    struct pt_blas_parts *part = context;
    bool wide = part->whole->symbol->type == 'd' || part->whole->symbol->type == 'z';
    int64_t depth = to - from;
    int32_t narrow = (int32_t)depth;
    part->call = *part->whole;
    if (part->whole->symbol->cblas)
        part->call.words[part->depth_at] = (uintptr_t)depth;
    else
        part->call.words[part->depth_at] =
            part->whole->symbol->wide ? (uintptr_t)&depth : (uintptr_t)&narrow;
    part->call.words[part->a_at] += (uintptr_t)(from * part->a_step);
    if (part->b_at >= 0)
        part->call.words[part->b_at] += (uintptr_t)(from * part->b_step);
    if (!first && part->beta_number >= 0)
        memcpy(&part->call.numbers[part->beta_number],
               wide ? (const void *)one_z : (const void *)one_c, wide ? 8 : 4);
    else if (!first)
        part->call.words[part->beta_at] = wide ? (uintptr_t)one_z : (uintptr_t)one_c;
    (void)pt_blas_call_real(&part->call, true);
}

uint64_t pt_blas_model_work(const struct pt_blas_model *m)
{
    double work = (double)m->c.part[0].rows * (double)m->c.part[0].columns *
                  (double)m->a.part[0].columns * (m->c.complex ? 4 : 1) *
                  (m->twice ? 2 : 1);
    return work < 0x1p63 ? (uint64_t)work : UINT64_MAX;
}

static bool by_kernels(struct pt_fuzzy_stream *stream, const struct pt_blas_model *m)
{
    static const struct pt_blas_scalar one = {{1, 0}};
    if (!pt_blas_update(stream, m->a, m->b, m->c, m->alpha, m->beta, m->triangle))
        return false;
    /* the second needs as much memory as the first had */
    if (m->twice)
        (void)!pt_blas_update(stream, pt_blas_operand_transposed(m->b, m->conjugated),
                              pt_blas_operand_transposed(m->a, m->conjugated), m->c,
                              pt_blas_model_other_alpha(m), one, m->triangle);
    return true;
}

double pt_blas_call_update(struct pt_blas_call *call, struct pt_blas_model *m,
                           struct pt_blas_parts *part)
{
    uint64_t work = pt_blas_model_work(m);
    enum pt_fuzzy_way way = PT_FUZZY_WAY_LEFT;
    bool done = false;
    if (!part || work <= pt_fuzzy_runtime.options.blas_limit) {
        way = PT_FUZZY_WAY_SR;
        done = by_kernels(call->stream, m);
    } else if (pt_blas_model_is_exact(m)) {
        way = PT_FUZZY_WAY_EXACT;
    } else {
        way = PT_FUZZY_WAY_MODEL;
        m->compute = compute_part;
        m->context = part;
        part->whole = call;
        done = pt_blas_model_run(call->stream, m);
    }
    if (!done && way != PT_FUZZY_WAY_EXACT)
        way = PT_FUZZY_WAY_LEFT;
    pt_fuzzy_routine_used(call->routine, way, work);
    return done ? 0 : pt_blas_call_real(call, true);
}

double pt_blas_call_left(struct pt_blas_call *call)
{
    pt_fuzzy_routine_used(call->routine, PT_FUZZY_WAY_LEFT, 0);
    return pt_blas_call_real(call, true);
}
