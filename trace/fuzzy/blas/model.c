/* Noise for what is too much work for our own kernels.
 *
 * A sum of products s_k = s_(k-1) + a_k b_k that is rounded at random in each step has
 * an error of variance (0.6 u)² Σ s_k², u the unit roundoff: a rounding moves by a gap
 * with the variance gap²/6 on average over the place within it, and gap/|s_k| is
 * between u and 2u, evenly in its logarithm: 4 u² · 3/(8 ln 2) / 6 = (0.6 u)².
 *
 * The library computes the sum in a few parts, so that s is known at their ends: p
 * before and q behind a part of L products. Between them s goes like a random walk that
 * is tied down at both ends: Σ s_k² ≈ L (p² + p q + q²) / 3 + L T / 6, with T = Σ (a_k
 * b_k)² over the part, for which Σ a_k² Σ b_k² / L stands. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzy/blas/call.h"
#include "fuzzy/compute.h"
#include "fuzzy/flags.h"

enum { LEAST_PART = 256, MOST_PARTS = 8 };

struct model {
    struct pt_fuzzy_stream *stream;
    const struct pt_blas_model *m;
    int64_t rows, columns, depth;
    double *before[2], *variance[2]; /* of each part of C, by columns */
    double *a_squares, *b_squares;   /* of each row of A, column of B, in this part */
};

static void column_range(const struct model *w, int64_t j, int64_t *from, int64_t *to)
{
    *from = w->m->triangle == PT_LOWER ? j : 0;
    *to = w->m->triangle == PT_UPPER ? j + 1 : w->rows;
}

static double *column_of(double *values, const struct model *w, int64_t j)
{
    return values + j * w->rows;
}

/* Σ |x|² of each row, columns [from, to), added to sums[row]: as many rows at a time as
 * make it pass through memory in order, whichever way the matrix lies. */
static void add_squares(const struct pt_blas_operand *o, int64_t from, int64_t to,
                        double *sums)
{
    enum { MOST = 256, FEW = 16 };
    bool by_rows = llabs(o->part[0].right) < llabs(o->part[0].down);
    int64_t rows = o->part[0].rows, step = by_rows ? FEW : MOST;
    double room[MOST];
    for (int p = 0; p < 1 + o->complex; p++)
        for (int64_t i = 0; i < rows; i += step)
            for (int64_t j = from; j < to; j++) {
                int64_t n = rows - i < step ? rows - i : step;
                const double *x = pt_matrix_column(&o->part[p], i, j, n, room);
                for (int64_t r = 0; r < n; r++)
                    sums[i + r] += x[r] * x[r];
            }
}

static void squares(struct model *w, int64_t from, int64_t to)
{
    struct pt_blas_operand b = pt_blas_operand_transposed(w->m->b, false);
    memset(w->a_squares, 0, (size_t)w->rows * sizeof(double));
    memset(w->b_squares, 0, (size_t)w->columns * sizeof(double));
    add_squares(&w->m->a, from, to, w->a_squares);
    add_squares(&b, from, to, w->b_squares);
}

/* s before the first product, and no variance yet. */
static void start(struct model *w)
{
    double beta = hypot(w->m->beta.part[0], w->m->beta.part[1]);
    for (int p = 0; p < 1 + w->m->c.complex; p++)
        for (int64_t j = 0; j < w->columns; j++) {
            int64_t from, to;
            column_range(w, j, &from, &to);
            double *column = column_of(w->before[p], w, j) + from;
            const double *c = column;
            if (beta != 0)
                c = pt_matrix_column(&w->m->c.part[p], from, j, to - from, column);
            for (int64_t i = 0; i < to - from; i++)
                column[i] = beta != 0 ? beta * c[i] : 0;
            memset(column_of(w->variance[p], w, j) + from, 0,
                   (size_t)(to - from) * sizeof(double));
        }
}

static void add_variance(struct model *w, double *room, int p, int64_t length)
{
    double alpha = hypot(w->m->alpha.part[0], w->m->alpha.part[1]);
    /* a real part is a sum of two products, each of half a square on average */
    double n = (double)length * (w->m->c.complex ? 2 : 1) * (w->m->twice ? 2 : 1);
    double term = alpha * alpha / (double)length / (w->m->c.complex ? 2 : 1) / 6;
    for (int64_t j = 0; j < w->columns; j++) {
        int64_t from, to;
        column_range(w, j, &from, &to);
        double *restrict before = column_of(w->before[p], w, j);
        double *restrict variance = column_of(w->variance[p], w, j);
        double b = w->b_squares[j] * term;
        double a = w->m->twice ? w->a_squares[j] * term : 0;
        const double *now =
            pt_matrix_column(&w->m->c.part[p], from, j, to - from, room);
        for (int64_t i = from; i < to; i++) {
            double x = before[i], y = now[i - from];
            variance[i] +=
                n * ((x * x + x * y + y * y) * (1.0 / 3) + w->a_squares[i] * b +
                     (a > 0 ? w->b_squares[i] * a : 0));
            before[i] = y;
        }
    }
}

/* Nearly normal, of variance 1: the sum of four uniform numbers. */
static double normal(const uint32_t *random)
{
    double sum = (double)(random[0] & 0xffff) + (double)(random[0] >> 16) +
                 (double)(random[1] & 0xffff) + (double)(random[1] >> 16);
    return (sum - 2 * 65535) * (1.7320508075688772 / 65536);
}

/* Up to a quarter of a block, since each number needs two random ones. */
enum { CHUNK = PT_FUZZY_BLOCK / 4 };

static void move_chunk(struct model *w, struct pt_fuzzy_work *work,
                       const struct pt_matrix *c, int64_t i, int64_t j, int64_t n,
                       const double *variance)
{
    double values[CHUNK], noise[CHUNK], moved[CHUNK];
    float narrow[3][CHUNK];
    double unit = ldexp(0.6, -(int)pt_fuzzy_runtime.rounding.precision[c->format]);
    char *at = c->first + i * c->down + j * c->right;
    const uint32_t *random = pt_fuzzy_stream_draw(w->stream, 2 * (size_t)n);
    for (int64_t k = 0; k < n; k++)
        noise[k] = unit * sqrt(variance[k]) * normal(random + 2 * k);
    pt_matrix_gather(values, at, c->down, n, c->format, false);
    if (c->format == PT_FUZZY_BINARY64) {
        pt_fuzzy_compute_block(work, values, noise, moved, (size_t)n);
    } else {
        for (int64_t k = 0; k < n; k++) {
            narrow[0][k] = (float)values[k];
            narrow[1][k] = (float)noise[k];
        }
        pt_fuzzy_compute_block(work, narrow[0], narrow[1], narrow[2], (size_t)n);
        for (int64_t k = 0; k < n; k++)
            moved[k] = (double)narrow[2][k];
    }
    /* what overflow or NaN have made of the variance is not noise */
    for (int64_t k = 0; k < n; k++)
        if (!isfinite(moved[k]))
            moved[k] = values[k];
    pt_matrix_scatter(at, c->down, moved, n, c->format);
}

static void add_noise(struct model *w)
{
    struct pt_fuzzy_work work = {.stream = w->stream, .operation = PT_FUZZY_ADD};
    work.format = w->m->c.part[0].format;
    for (int p = 0; p < 1 + w->m->c.complex; p++)
        for (int64_t j = 0; j < w->columns; j++) {
            int64_t from, to;
            column_range(w, j, &from, &to);
            for (int64_t n; from < to; from += n) {
                n = to - from < CHUNK ? to - from : CHUNK;
                move_chunk(w, &work, &w->m->c.part[p], from, j, n,
                           column_of(w->variance[p], w, j) + from);
            }
        }
}

static void run(struct model *w, double *room)
{
    int64_t length = (w->depth + MOST_PARTS - 1) / MOST_PARTS;
    if (length < LEAST_PART)
        length = LEAST_PART;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    start(w);
    for (int64_t from = 0; from < w->depth; from += length) {
        int64_t to = from + length < w->depth ? from + length : w->depth;
        pt_fuzzy_environment_leave(before, 0);
        w->m->compute(w->m->context, from, to, from == 0);
        before = pt_fuzzy_environment_enter();
        squares(w, from, to);
        for (int p = 0; p < 1 + w->m->c.complex; p++)
            add_variance(w, room, p, to - from);
    }
    add_noise(w);
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(w->stream, (uint64_t)(w->rows * w->columns), 0);
}

/* The same, transposed where C's rows lie side by side: then its columns do. */
static struct pt_blas_model by_columns(struct pt_blas_model m)
{
    struct pt_blas_operand a = m.a;
    if (llabs(m.c.part[0].down) <= llabs(m.c.part[0].right))
        return m;
    m.a = pt_blas_operand_transposed(m.b, false);
    m.b = pt_blas_operand_transposed(a, false);
    m.c = pt_blas_operand_transposed(m.c, false);
    m.triangle = pt_triangle_mirrored(m.triangle);
    return m;
}

bool pt_blas_model_run(struct pt_fuzzy_stream *stream, const struct pt_blas_model *m)
{
    struct pt_blas_model along = by_columns(*m);
    struct model w = {.stream = stream,
                      .m = &along,
                      .rows = along.c.part[0].rows,
                      .columns = along.c.part[0].columns,
                      .depth = along.a.part[0].columns};
    size_t elements = (size_t)w.rows * (size_t)w.columns, parts = m->c.complex ? 2 : 1;
    size_t edges = 2 * (size_t)w.rows + (size_t)w.columns;
    double *room = malloc((2 * parts * elements + edges) * sizeof *room);
    if (!room || w.depth == 0) {
        free(room);
        return false;
    }
    for (size_t p = 0; p < parts; p++) {
        w.before[p] = room + p * elements;
        w.variance[p] = room + (parts + p) * elements;
    }
    w.a_squares = room + 2 * parts * elements;
    w.b_squares = w.a_squares + w.rows;
    run(&w, w.b_squares + w.columns);
    free(room);
    return true;
}

static bool is_sign(struct pt_blas_scalar x)
{
    return x.part[1] == 0 && fabs(x.part[0]) == 1;
}

/* The union of the ranges of both parts; without bits, the lowest bit is at most the
 * smallest number. */
static struct pt_matrix_range range_of(const struct pt_blas_operand *o, bool with_bits)
{
    struct pt_matrix_range r = {.finite = true};
    for (int p = 0; p < 1 + o->complex && r.finite; p++) {
        struct pt_matrix_range one = pt_matrix_range_of(&o->part[p], with_bits);
        if (!with_bits)
            one.lowest = one.least;
        if (r.any && one.any && one.finite) {
            one.highest = one.highest > r.highest ? one.highest : r.highest;
            one.lowest = one.lowest < r.lowest ? one.lowest : r.lowest;
        }
        r = one.any ? one : r;
    }
    return r;
}

static bool may_be_exact(const struct pt_blas_model *m, bool with_bits)
{
    bool wide = m->c.part[0].format == PT_FUZZY_BINARY64, keeps = m->beta.part[0] != 0;
    struct pt_matrix_range a = range_of(&m->a, with_bits),
                           b = range_of(&m->b, with_bits), c = {.finite = true};
    if (keeps)
        c = range_of(&m->c, with_bits);
    if (!a.finite || !b.finite || !c.finite)
        return false;
    if (!a.any || !b.any)
        return true;
    double terms =
        (double)m->a.part[0].columns * (m->c.complex ? 2 : 1) * (m->twice ? 2 : 1) + 1;
    int highest = a.highest + b.highest + 2, lowest = a.lowest + b.lowest;
    if (c.any) {
        highest = c.highest + 1 > highest ? c.highest + 1 : highest;
        lowest = c.lowest < lowest ? c.lowest : lowest;
    }
    highest += ilogb(terms) + 1; /* all sums are below 2^highest */
    return highest - lowest <=
               (int)pt_fuzzy_runtime.rounding.precision[m->c.part[0].format] &&
           lowest >= (wide ? -1074 : -149) && highest <= (wide ? 1024 : 128);
}

/* The numbers' sizes alone tell that most products are not. */
bool pt_blas_model_is_exact(const struct pt_blas_model *m)
{
    bool keeps = m->beta.part[0] != 0;
    if (!is_sign(m->alpha) || (keeps && !is_sign(m->beta)) || m->beta.part[1] != 0)
        return false;
    return may_be_exact(m, false) && may_be_exact(m, true);
}
