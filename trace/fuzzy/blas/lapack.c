/* The routines of LAPACK. Where what is inside is ours (factor.h), every operation is
 * rounded at random; for all others an operand is replaced by one within an ulp of it,
 * which shows the conditioning of the call, and, where the library's own calls to BLAS
 * come to us, these are perturbed too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "fuzzy/blas/call.h"
#include "fuzzy/blas/factor.h"
#include "fuzzy/library/library.h"
#include "fuzzy/scalar.h"

enum own { NONE, GESV, GETRF, GETRS, POTRF, POTRS, POSV, TRTRS };

enum { NO = -1 };

/* A matrix that the routine overwrites: positions of its arguments from 0. `uplo` NO:
 * all of it. */
struct moved {
    int rows, columns, first, leading, uplo;
};

static const struct row {
    const char *name, *types;
    enum own own;
    int workspace; /* of the argument that is -1 in a query for the workspace; NO: none
                    */
    struct moved moved[2];
} rows[] = {
#define ALL_OF(r, c, a, l)                                                             \
    {                                                                                  \
        r, c, a, l, NO                                                                 \
    }
#define NOTHING                                                                        \
    {                                                                                  \
        NO, NO, NO, NO, NO                                                             \
    }
    {"gesv", "sdcz", GESV, NO, {ALL_OF(0, 0, 2, 3), ALL_OF(0, 1, 5, 6)}},
    {"getrf", "sdcz", GETRF, NO, {ALL_OF(0, 1, 2, 3), NOTHING}},
    {"getrs", "sdcz", GETRS, NO, {ALL_OF(1, 2, 6, 7), NOTHING}},
    {"getri", "sdcz", NONE, 5, {ALL_OF(0, 0, 1, 2), NOTHING}},
    {"potrf", "sdcz", POTRF, NO, {{1, 1, 2, 3, 0}, NOTHING}},
    {"potrs", "sdcz", POTRS, NO, {ALL_OF(1, 2, 5, 6), NOTHING}},
    {"posv", "sdcz", POSV, NO, {{1, 1, 3, 4, 0}, ALL_OF(1, 2, 5, 6)}},
    {"potri", "sdcz", NONE, NO, {{1, 1, 2, 3, 0}, NOTHING}},
    {"trtrs", "sdcz", TRTRS, NO, {ALL_OF(3, 4, 7, 8), NOTHING}},
    {"trtri", "sdcz", NONE, NO, {{2, 2, 3, 4, 0}, NOTHING}},
    {"sysv", "sdcz", NONE, 9, {{1, 1, 3, 4, 0}, ALL_OF(1, 2, 6, 7)}},
    {"hesv", "cz", NONE, 9, {{1, 1, 3, 4, 0}, ALL_OF(1, 2, 6, 7)}},
    {"sytrf", "sdcz", NONE, 6, {{1, 1, 2, 3, 0}, NOTHING}},
    {"hetrf", "cz", NONE, 6, {{1, 1, 2, 3, 0}, NOTHING}},
    {"gbsv", "sdcz", NONE, NO, {ALL_OF(5, 0, 4, 5), ALL_OF(0, 3, 7, 8)}},
    {"geqrf", "sdcz", NONE, 6, {ALL_OF(0, 1, 2, 3), NOTHING}},
    {"geqp3", "sd", NONE, 7, {ALL_OF(0, 1, 2, 3), NOTHING}},
    {"geqp3", "cz", NONE, 7, {ALL_OF(0, 1, 2, 3), NOTHING}},
    {"orgqr", "sd", NONE, 7, {ALL_OF(0, 2, 3, 4), NOTHING}},
    {"ungqr", "cz", NONE, 7, {ALL_OF(0, 2, 3, 4), NOTHING}},
    {"ormqr", "sd", NONE, 11, {ALL_OF(2, 3, 8, 9), NOTHING}},
    {"unmqr", "cz", NONE, 11, {ALL_OF(2, 3, 8, 9), NOTHING}},
    {"gels", "sdcz", NONE, 9, {ALL_OF(1, 2, 4, 5), ALL_OF(1, 3, 6, 7)}},
    {"gelsd", "sdcz", NONE, 11, {ALL_OF(0, 1, 3, 4), ALL_OF(0, 2, 5, 6)}},
    {"gelss", "sdcz", NONE, 11, {ALL_OF(0, 1, 3, 4), ALL_OF(0, 2, 5, 6)}},
    {"gelsy", "sdcz", NONE, 11, {ALL_OF(0, 1, 3, 4), ALL_OF(0, 2, 5, 6)}},
    {"gesdd", "sdcz", NONE, 11, {ALL_OF(1, 2, 3, 4), NOTHING}},
    {"gesvd", "sdcz", NONE, 12, {ALL_OF(2, 3, 4, 5), NOTHING}},
    {"geev", "sd", NONE, 12, {ALL_OF(2, 2, 3, 4), NOTHING}},
    {"geev", "cz", NONE, 11, {ALL_OF(2, 2, 3, 4), NOTHING}},
    {"gees", "sd", NONE, 12, {ALL_OF(3, 3, 4, 5), NOTHING}},
    {"gees", "cz", NONE, 11, {ALL_OF(3, 3, 4, 5), NOTHING}},
    {"gehrd", "sdcz", NONE, 7, {ALL_OF(0, 0, 3, 4), NOTHING}},
    {"ggev", "sd", NONE, 15, {ALL_OF(2, 2, 3, 4), ALL_OF(2, 2, 5, 6)}},
    {"ggev", "cz", NONE, 14, {ALL_OF(2, 2, 3, 4), ALL_OF(2, 2, 5, 6)}},
    {"syev", "sd", NONE, 7, {{2, 2, 3, 4, 1}, NOTHING}},
    {"heev", "cz", NONE, 7, {{2, 2, 3, 4, 1}, NOTHING}},
    {"syevd", "sd", NONE, 7, {{2, 2, 3, 4, 1}, NOTHING}},
    {"heevd", "cz", NONE, 7, {{2, 2, 3, 4, 1}, NOTHING}},
    {"syevr", "sd", NONE, 17, {{3, 3, 4, 5, 2}, NOTHING}},
    {"heevr", "cz", NONE, 17, {{3, 3, 4, 5, 2}, NOTHING}},
    {"syevx", "sd", NONE, 16, {{3, 3, 4, 5, 2}, NOTHING}},
    {"heevx", "cz", NONE, 16, {{3, 3, 4, 5, 2}, NOTHING}},
    {"sygv", "sd", NONE, 10, {{3, 3, 4, 5, 2}, {3, 3, 6, 7, 2}}},
    {"hegv", "cz", NONE, 10, {{3, 3, 4, 5, 2}, {3, 3, 6, 7, 2}}},
    {"sygvd", "sd", NONE, 10, {{3, 3, 4, 5, 2}, {3, 3, 6, 7, 2}}},
    {"hegvd", "cz", NONE, 10, {{3, 3, 4, 5, 2}, {3, 3, 6, 7, 2}}},
    {"sygvx", "sd", NONE, 19, {{4, 4, 5, 6, 3}, {4, 4, 7, 8, 3}}},
    {"hegvx", "cz", NONE, 19, {{4, 4, 5, 6, 3}, {4, 4, 7, 8, 3}}},
#undef ALL_OF
#undef NOTHING
};

int pt_lapack_row(const char *name, char type)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(rows); i++)
        if (strcmp(rows[i].name, name) == 0 && strchr(rows[i].types, type))
            return (int)i;
    return -1;
}

static enum pt_triangle triangle_at(const struct pt_blas_call *call, int at)
{
    return pt_blas_fortran_letter(call, at) == 'U' ? PT_UPPER : PT_LOWER;
}

/* The matrix of those arguments; none where they are not what LAPACK takes. */
static struct pt_blas_operand matrix(const struct pt_blas_call *call, int rows_at,
                                     int columns_at, int first_at, int leading_at)
{
    int64_t n = pt_blas_fortran_integer(call, rows_at),
            columns = pt_blas_fortran_integer(call, columns_at),
            leading = pt_blas_fortran_integer(call, leading_at);
    if (n < 0 || columns < 0 || leading < n || !call->words[first_at])
        n = columns = 0;
    return pt_blas_operand_at(call->symbol->type, (const void *)call->words[first_at],
                              n, columns, leading, false);
}

/* x moved by an ulp (of the precision in force). */
static double neighbour(struct pt_fuzzy_stream *stream, double x,
                        enum pt_fuzzy_format format, bool up)
{
    int bits = (int)pt_fuzzy_runtime.rounding.precision[format];
    double ulp = ldexp(1, ilogb(x) - bits + 1);
    return pt_fuzzy_scalar(stream, PT_FUZZY_ADD, format, x, up ? ulp : -ulp);
}

/* 1: symmetric; -1: but for the sign, as the imaginary part of a Hermitian matrix is;
 * 0: neither. */
static int symmetry_of(const struct pt_matrix *m)
{
    bool same = m->rows == m->columns, opposite = same;
    for (int64_t j = 0; j < m->columns && (same || opposite); j++)
        for (int64_t i = 0; i <= j; i++) {
            double x = pt_matrix_get(m, i, j), y = pt_matrix_get(m, j, i);
            same &= x == y;
            opposite &= x == -y;
        }
    return same ? 1 : -opposite;
}

/* Each element, at random by itself: kept (1/2), or the neighbour above or below; of a
 * symmetric matrix only one of two. Zeros, Inf and NaN are kept. */
static uint64_t move_matrix(struct pt_fuzzy_stream *stream, const struct pt_matrix *m,
                            enum pt_triangle triangle)
{
    int mirrored = triangle == PT_ALL ? symmetry_of(m) : 0;
    uint64_t n = 0;
    for (int64_t j = 0; j < m->columns; j++) {
        int64_t from = triangle == PT_LOWER ? j : 0;
        int64_t to =
            (mirrored || triangle == PT_UPPER) && j + 1 < m->rows ? j + 1 : m->rows;
        for (int64_t i = from; i < to; i++, n++) {
            double x = pt_matrix_get(m, i, j);
            uint32_t random = *pt_fuzzy_stream_draw(stream, 1) >> 30;
            if (x == 0 || x - x != 0 || random > 1)
                continue;
            pt_matrix_set(m, i, j, neighbour(stream, x, m->format, random == 0));
            if (mirrored && i != j)
                pt_matrix_set(m, j, i, mirrored * pt_matrix_get(m, i, j));
        }
    }
    return n;
}

uint64_t pt_lapack_move(struct pt_fuzzy_stream *stream, struct pt_blas_operand o,
                        enum pt_triangle triangle)
{
    uint64_t n = 0;
    for (int p = 0; p < 1 + o.complex; p++)
        n += move_matrix(stream, &o.part[p], triangle);
    pt_fuzzy_stream_count(stream, n, 0);
    return n;
}

static uint64_t move_operand(struct pt_blas_call *call, const struct moved *moved)
{
    if (moved->first == NO)
        return 0;
    struct pt_blas_operand o =
        matrix(call, moved->rows, moved->columns, moved->first, moved->leading);
    return pt_lapack_move(call->stream, o,
                          moved->uplo == NO ? PT_ALL : triangle_at(call, moved->uplo));
}

/* How deep the thread is in a routine whose operands were moved: those that it calls in
 * turn are LAPACK's own affair. */
static _Thread_local unsigned moved_depth;

static double backward(struct pt_blas_call *call, const struct row *row)
{
    bool is_open = pt_blas_library_is_open(call->routine->library);
    uint64_t n = 0;
    if (moved_depth > 0)
        return pt_blas_call_real(call, false);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(row->moved); i++)
        n += move_operand(call, &row->moved[i]);
    pt_fuzzy_routine_used(call->routine,
                          is_open ? PT_FUZZY_WAY_INSIDE : PT_FUZZY_WAY_BACKWARD, n);
    moved_depth++;
    double result = pt_blas_call_real(call, !is_open);
    moved_depth--;
    return result;
}

static void solve_lu(struct pt_blas_call *call, struct pt_blas_operand lu,
                     const int64_t *pivots, struct pt_blas_operand b, bool transposed)
{
    struct pt_blas_operand turned = pt_blas_operand_transposed(lu, false);
    int64_t n = lu.part[0].rows;
    if (transposed) {
        pt_blas_solve(call->stream, NULL, turned, PT_LOWER, false, b);
        pt_blas_solve(call->stream, NULL, turned, PT_UPPER, true, b);
        pt_blas_exchange(b, pivots, n, true);
    } else {
        pt_blas_exchange(b, pivots, n, false);
        pt_blas_solve(call->stream, NULL, lu, PT_LOWER, true, b);
        pt_blas_solve(call->stream, NULL, lu, PT_UPPER, false, b);
    }
}

static void solve_cholesky(struct pt_blas_call *call, struct pt_blas_operand a,
                           enum pt_triangle triangle, struct pt_blas_operand b)
{
    struct pt_blas_operand turned = pt_blas_operand_transposed(a, false);
    bool is_upper = triangle == PT_UPPER;
    pt_blas_solve(call->stream, NULL, is_upper ? turned : a, PT_LOWER, false, b);
    pt_blas_solve(call->stream, NULL, is_upper ? a : turned, PT_UPPER, false, b);
}

/* Fortran's row numbers, from 1, in memory of the call's integers. */
static void pivots_out(const struct pt_blas_call *call, int at, const int64_t *pivots,
                       int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (call->symbol->wide)
            ((int64_t *)call->words[at])[i] = pivots[i] + 1;
        else
            ((int32_t *)call->words[at])[i] = (int32_t)(pivots[i] + 1);
}

static void pivots_in(const struct pt_blas_call *call, int at, int64_t *pivots,
                      int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        pivots[i] = (call->symbol->wide ? ((const int64_t *)call->words[at])[i]
                                        : ((const int32_t *)call->words[at])[i]) -
                    1;
}

static int64_t first_zero(const struct pt_matrix *a)
{
    for (int64_t i = 0; i < a->rows; i++)
        if (pt_matrix_get(a, i, i) == 0)
            return i + 1;
    return 0;
}

static void triangular(struct pt_blas_call *call, struct pt_blas_operand a,
                       struct pt_blas_operand b)
{
    enum pt_triangle triangle = triangle_at(call, 0);
    bool unit = pt_blas_fortran_letter(call, 2) == 'U';
    int64_t info = unit ? 0 : first_zero(&a.part[0]);
    if (pt_blas_fortran_letter(call, 1) != 'N') {
        a = pt_blas_operand_transposed(a, false);
        triangle = pt_triangle_mirrored(triangle);
    }
    if (info == 0)
        pt_blas_solve(call->stream, NULL, a, triangle, unit, b);
    pt_blas_fortran_set_integer(call, 9, info);
}

/* Positions of the arguments of the routines of our own: A and B with their sizes, the
 * pivots and the report. */
static const struct arguments {
    int rows, columns, a, leading_a, right, b, leading_b, pivots, info;
} arguments[] = {
    [GESV] = {0, 0, 2, 3, 1, 5, 6, 4, 7},   [GETRF] = {0, 1, 2, 3, NO, NO, NO, 4, 5},
    [GETRS] = {1, 1, 3, 4, 2, 6, 7, 5, 8},  [POTRF] = {1, 1, 2, 3, NO, NO, NO, NO, 4},
    [POTRS] = {1, 1, 3, 4, 2, 5, 6, NO, 7}, [POSV] = {1, 1, 3, 4, 2, 5, 6, NO, 7},
    [TRTRS] = {3, 3, 5, 6, 4, 7, 8, NO, 9},
};

static void run_own(struct pt_blas_call *call, enum own own, struct pt_blas_operand a,
                    struct pt_blas_operand b, int64_t *pivots)
{
    const struct arguments *at = &arguments[own];
    int64_t n = a.part[0].rows < a.part[0].columns ? a.part[0].rows : a.part[0].columns;
    int64_t info = 0;
    if (own == TRTRS) {
        triangular(call, a, b);
        return;
    }
    if (own == GESV || own == GETRF) {
        info = pt_blas_lu(call->stream, a, pivots);
        pivots_out(call, at->pivots, pivots, n);
    } else if (own == GETRS) {
        pivots_in(call, at->pivots, pivots, n);
    } else if (own == POTRF || own == POSV) {
        info = pt_blas_cholesky(call->stream, a, triangle_at(call, 0));
    }
    if (info == 0 && (own == GESV || own == GETRS))
        solve_lu(call, a, pivots, b,
                 own == GETRS && pt_blas_fortran_letter(call, 0) != 'N');
    else if (info == 0 && (own == POTRS || own == POSV))
        solve_cholesky(call, a, triangle_at(call, 0), b);
    pt_blas_fortran_set_integer(call, at->info, info);
}

/* False: not for us; nothing done. */
static bool inside(struct pt_blas_call *call, enum own own)
{
    const struct arguments *at = &arguments[own];
    char type = call->symbol->type;
    if (own == NONE || type == 'c' || type == 'z' ||
        pt_fuzzy_runtime.options.lapack == PT_FUZZY_LAPACK_BACKWARD)
        return false;
    struct pt_blas_operand a =
        matrix(call, at->rows, at->columns, at->a, at->leading_a);
    struct pt_blas_operand b = a;
    double n = (double)a.part[0].rows, m = (double)a.part[0].columns, right = 0;
    if (at->b != NO) {
        b = matrix(call, at->rows, at->right, at->b, at->leading_b);
        right = (double)b.part[0].columns;
    }
    /* none: also what LAPACK is to complain of */
    if (n == 0 || m == 0 || (at->b != NO && right == 0))
        return false;
    double work = n * m * (n < m ? n : m) / 3 + n * m * right;
    int64_t *pivots = work <= (double)pt_fuzzy_runtime.options.blas_limit
                          ? malloc((size_t)n * sizeof *pivots)
                          : NULL;
    if (!pivots)
        return false;
    run_own(call, own, a, b, pivots);
    free(pivots);
    pt_fuzzy_routine_used(call->routine, PT_FUZZY_WAY_SR, (uint64_t)work);
    return true;
}

double pt_lapack_call_perturbed(struct pt_blas_call *call)
{
    const struct row *row = &rows[call->symbol->routine - PT_BLAS_N];
    if (row->workspace != NO && pt_blas_fortran_integer(call, row->workspace) == -1)
        return pt_blas_call_real(call, true);
    if (inside(call, row->own))
        return 0;
    return backward(call, row);
}
