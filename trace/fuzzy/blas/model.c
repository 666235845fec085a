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

enum {
    LEAST_PART = 256,
    MOST_PARTS = 8,
    COLUMNS = 128 /* of a block at least, for the library's sake; and at most of one on
                     a diagonal, half of which is computed in vain */
};

struct model {
    struct pt_fuzzy_stream *stream;
    const struct pt_blas_model *m;
    struct pt_blas_block block;
    int64_t rows, columns;           /* of the block */
    double *before[2], *variance[2]; /* of each part of the block, by columns */
    double *a_squares, *b_squares;   /* of each row of A, column of B, in this part */
    double *column;
};

/* Rows of the block that belong to the triangle. */
static void column_range(const struct model *w, int64_t j, int64_t *from, int64_t *to)
{
    int64_t diagonal = w->block.j + j - w->block.i;
    *from = w->m->triangle == PT_LOWER && diagonal > 0 ? diagonal : 0;
    *to = w->m->triangle == PT_UPPER && diagonal + 1 < w->rows ? diagonal + 1 : w->rows;
}

/* sums[i] = Σ |x|² of row i: as many rows at a time as make it pass through memory in
 * order, whichever way the matrix lies. */
static void squares(const struct pt_blas_operand *o, double *sums)
{
    enum { MOST = 256, FEW = 16 };
    bool by_rows = llabs(o->part[0].right) < llabs(o->part[0].down);
    int64_t rows = o->part[0].rows, step = by_rows ? FEW : MOST;
    double room[MOST];
    memset(sums, 0, (size_t)rows * sizeof *sums);
    for (int p = 0; p < 1 + o->complex; p++)
        for (int64_t i = 0; i < rows; i += step)
            for (int64_t j = 0; j < o->part[p].columns; j++) {
                int64_t n = rows - i < step ? rows - i : step;
                const double *x = pt_matrix_column(&o->part[p], i, j, n, room);
                for (int64_t r = 0; r < n; r++)
                    sums[i + r] += x[r] * x[r];
            }
}

/* The block and s before the first product, and no variance yet. What is outside of the
 * triangle is computed with the rest, from zero, and dropped. */
static void start(struct model *w)
{
    double beta = hypot(w->m->beta.part[0], w->m->beta.part[1]);
    size_t parts = w->m->c.complex ? 2 : 1, n = (size_t)(w->rows * w->columns);
    for (size_t p = 0; p < parts; p++) {
        memset(w->before[p], 0, n * sizeof(double));
        memset(w->variance[p], 0, n * sizeof(double));
        for (int64_t j = 0; beta != 0 && j < w->columns; j++) {
            const struct pt_matrix *c = &w->m->c.part[p],
                                   *to = &w->block.values.part[p];
            int64_t from, end;
            column_range(w, j, &from, &end);
            double *column = w->before[p] + j * w->rows;
            pt_matrix_gather(column + from,
                             c->first + (w->block.i + from) * c->down +
                                 (w->block.j + j) * c->right,
                             c->down, end - from, c->format, false);
            pt_matrix_scatter(to->first + j * to->right, to->down, column, w->rows,
                              to->format);
            for (int64_t i = from; i < end; i++)
                column[i] *= beta;
        }
    }
}

static void add_variance(struct model *w, int p, int64_t length)
{
    double alpha = hypot(w->m->alpha.part[0], w->m->alpha.part[1]);
    /* a real part is a sum of two products, each of half a square on average */
    double n = (double)length * (w->m->c.complex ? 2 : 1);
    double term = alpha * alpha / n / 6;
    for (int64_t j = 0; j < w->columns; j++) {
        int64_t from, to;
        column_range(w, j, &from, &to);
        double *restrict before = w->before[p] + j * w->rows;
        double *restrict variance = w->variance[p] + j * w->rows;
        double b = w->b_squares[j] * term;
        const double *now =
            pt_matrix_column(&w->block.values.part[p], 0, j, w->rows, w->column);
        for (int64_t i = from; i < to; i++) {
            double x = before[i], y = now[i];
            variance[i] +=
                n * ((x * x + x * y + y * y) * (1.0 / 3) + w->a_squares[i] * b);
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

/* Elements of the block, from (i, j) on, with noise to where they belong. */
static void move_chunk(struct model *w, struct pt_fuzzy_work *work, int p, int64_t i,
                       int64_t j, int64_t n)
{
    double values[CHUNK], noise[CHUNK], moved[CHUNK];
    float narrow[3][CHUNK];
    const struct pt_matrix *c = &w->m->c.part[p], *from = &w->block.values.part[p];
    const double *variance = w->variance[p] + j * w->rows + i;
    double unit = ldexp(0.6, -(int)pt_fuzzy_runtime.rounding.precision[c->format]);
    const uint32_t *random = pt_fuzzy_stream_draw(w->stream, 2 * (size_t)n);
    for (int64_t k = 0; k < n; k++)
        noise[k] = unit * sqrt(variance[k]) * normal(random + 2 * k);
    pt_matrix_gather(values, from->first + i * from->down + j * from->right, from->down,
                     n, from->format, false);
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
    pt_matrix_scatter(c->first + (w->block.i + i) * c->down +
                          (w->block.j + j) * c->right,
                      c->down, moved, n, c->format);
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
                move_chunk(w, &work, p, from, j, n);
                pt_fuzzy_stream_count(w->stream, (uint64_t)n, 0);
            }
        }
}

static void run_block(struct model *w, pt_blas_compute_fn *compute, void *context)
{
    int64_t depth = w->m->a.part[0].columns;
    int64_t length = (depth + MOST_PARTS - 1) / MOST_PARTS;
    if (length < LEAST_PART)
        length = LEAST_PART;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    start(w);
    for (int64_t k = 0; k < depth; k += length) {
        int64_t n = depth - k < length ? depth - k : length;
        struct pt_blas_operand a = pt_blas_operand_part(w->m->a, w->block.i, k, w->rows,
                                                        n),
                               b = pt_blas_operand_part(w->m->b, k, w->block.j, n,
                                                        w->columns);
        pt_fuzzy_environment_leave(before, 0);
        compute(context, &w->block, k, k + n);
        before = pt_fuzzy_environment_enter();
        b = pt_blas_operand_transposed(b, false);
        squares(&a, w->a_squares);
        squares(&b, w->b_squares);
        for (int p = 0; p < 1 + w->m->c.complex; p++)
            add_variance(w, p, n);
    }
    add_noise(w);
    pt_fuzzy_environment_leave(before, 0);
}

/* Divides the memory for a block of that size at (i, j). */
static void place(struct model *w, int64_t i, int64_t j, int64_t rows, int64_t columns,
                  double *room)
{
    enum { N = PT_BLAS_MODEL_ELEMENTS };
    w->rows = rows;
    w->columns = columns;
    for (int p = 0; p < 2; p++) {
        w->before[p] = room + p * N;
        w->variance[p] = room + (2 + p) * N;
    }
    w->a_squares = room + 4 * N;
    w->b_squares = room + 5 * N;
    w->column = room + 6 * N;
    w->block = (struct pt_blas_block){i, j, w->m->c};
    pt_blas_operand_place(&w->block.values, rows, columns, room + 7 * N);
}

/* So that no block of a triangle begins below the diagonal of its first column. */
_Static_assert(PT_BLAS_MODEL_ELEMENTS / COLUMNS % COLUMNS == 0, "heights and widths");

void pt_blas_model_run(struct pt_fuzzy_stream *stream, const struct pt_blas_model *m,
                       pt_blas_compute_fn *compute, void *context, double *room)
{
    struct model w = {.stream = stream, .m = m};
    int64_t rows = m->c.part[0].rows, columns = m->c.part[0].columns;
    bool is_flat = m->triangle == PT_ALL && rows < PT_BLAS_MODEL_ELEMENTS / COLUMNS;
    int64_t width = is_flat ? PT_BLAS_MODEL_ELEMENTS / (rows + 1) : COLUMNS;
    int64_t height = PT_BLAS_MODEL_ELEMENTS / width;
    for (int64_t j = 0; j < columns; j += width) {
        int64_t n = columns - j < width ? columns - j : width;
        int64_t end = m->triangle == PT_UPPER ? j + n : rows;
        for (int64_t i = m->triangle == PT_LOWER ? j : 0; i < end; i += height) {
            place(&w, i, j, end - i < height ? end - i : height, n, room);
            run_block(&w, compute, context);
        }
    }
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
