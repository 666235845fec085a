#include "fuzzy/blas/multiply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzy/compute.h"
#include "fuzzy/flags.h"
#include "fuzzy/scalar.h"

/* Elements of a column of C that are worked on at once, and products that are added to
 * them from one packed panel of A: 16 KiB. */
enum { WIDTH = 32, DEPTH = 64, LANES = 8, PATIENCE = 64 };

struct panel {
    _Alignas(64) double a[WIDTH * DEPTH]; /* [l][r] */
    double b_room[DEPTH], before[WIDTH], acc[WIDTH];
    const double *b;   /* of a column */
    unsigned patience; /* of run_kernel */
    int64_t width,
        depth; /* of this one; width a multiple of LANES, filled with zeros */
};

struct product {
    struct pt_fuzzy_stream *stream;
    const struct pt_matrix *a, *b, *c;
    enum pt_triangle triangle;
    bool vectors; /* the kernels hold */
};

/* a op b, on its own. */
static double one(struct pt_fuzzy_stream *stream, enum pt_fuzzy_operation operation,
                  enum pt_fuzzy_format format, double a, double b)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    int raised = 0;
    bool nearest;
    uint64_t state;
    if (runtime->vectors)
        return pt_fuzzy_scalar(stream, operation, format, a, b);
    if (runtime->deterministic) {
        state = pt_fuzzy_edge_hash(runtime->options.seed, operation, format, a, b);
    } else {
        const uint32_t *random = pt_fuzzy_stream_draw(stream, 2);
        state = (uint64_t)random[0] << 32 | random[1];
    }
    return pt_fuzzy_edge(operation, format, &runtime->rounding, a, b, &state, &raised,
                         &nearest);
}

static double one_mac(struct pt_fuzzy_stream *stream, enum pt_fuzzy_format format,
                      double c, double a, double b)
{
    double p = one(stream, PT_FUZZY_MULTIPLY, format, a, b);
    return one(stream, PT_FUZZY_ADD, format, c, p);
}

/* Whether all sums of products are multiples of 2^-960, so that the kernels' errors are
 * numbers of the format, and splitting the factors does not overflow. */
static bool kernels_hold(const struct pt_matrix *a, const struct pt_matrix *b,
                         const struct pt_matrix *c)
{
    if (!pt_fuzzy_runtime.vectors)
        return false;
    if (a->format == PT_FUZZY_BINARY32)
        return true;
    struct pt_matrix_range x = pt_matrix_range_of(a, false),
                           y = pt_matrix_range_of(b, false);
    if (!x.finite || !y.finite)
        return false;
    if (x.any && y.any &&
        (x.lowest + y.lowest < -960 || x.highest > 990 || y.highest > 990))
        return false;
    struct pt_matrix_range z = {.any = false};
    if (c)
        z = pt_matrix_range_of(c, false);
    return !z.any || z.lowest >= -960;
}

/* acc = before + k <= DEPTH rows of `width` <= WIDTH products each, in the kernels.
 * What was in doubt once may be so again: *patience counts calls for which the fastest
 * kernel is not tried. */
static void run_kernel(struct pt_fuzzy_stream *stream, enum pt_fuzzy_format format,
                       int kind, const double *a, const double *b, const double *before,
                       double *acc, size_t width, size_t k, unsigned *patience)
{
    const struct pt_fuzzy_kernels *kernels = pt_fuzzy_runtime.kernels;
    pt_fuzzy_mac_fn *const ways[] = {kernels->mac[format][kind],
                                     kernels->mac_exact[kind],
                                     kernels->mac_careful[kind]};
    _Alignas(64) uint64_t words[WIDTH * DEPTH / 2];
    _Static_assert(sizeof words % (8 * PT_FUZZY_FILL) == 0, "filled to its end");
    const uint32_t *random = (const uint32_t *)(const void *)words;
    kernels->fill(&stream->generator, words,
                  (k * width / 2 + PT_FUZZY_FILL - 1) / PT_FUZZY_FILL * PT_FUZZY_FILL);
    unsigned way = format == PT_FUZZY_BINARY64 && *patience > 0;
    *patience -= way;
    while (ways[way](a, b, before, acc, random, width, k)) {
        *patience = PATIENCE;
        way++;
    }
}

/* The same for one row of a panel, element by element. */
static double run_slowly(const struct product *product, const struct panel *panel,
                         int64_t r, double acc)
{
    for (int64_t l = 0; l < panel->depth; l++)
        acc = one_mac(product->stream, product->c->format, acc,
                      panel->a[l * panel->width + r], panel->b[l]);
    return acc;
}

static void pack(const struct product *product, struct panel *panel, int64_t i,
                 int64_t l, int64_t height)
{
    const struct pt_matrix *a = product->a;
    const char *from = a->first + i * a->down + l * a->right;
    double row[DEPTH];
    if (panel->width > height)
        memset(panel->a, 0, (size_t)(panel->width * panel->depth) * sizeof *panel->a);
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(a->format);
    if (a->down == bytes || a->right > 2 * bytes) {
        for (int64_t k = 0; k < panel->depth; k++)
            pt_matrix_gather(panel->a + k * panel->width, from + k * a->right, a->down,
                             height, a->format, a->negative);
        return;
    }
    for (int64_t r = 0; r < height; r++) {
        pt_matrix_gather(row, from + r * a->down, a->right, panel->depth, a->format,
                         a->negative);
        for (int64_t k = 0; k < panel->depth; k++)
            panel->a[k * panel->width + r] = row[k];
    }
}

static bool are_finite(const double *x, int64_t n)
{
    uint64_t infinite = UINT64_C(0x7ff) << 52, over = 0;
    for (int64_t r = 0; r < n; r++) {
        uint64_t bits;
        memcpy(&bits, &x[r], sizeof bits);
        over |= infinite - 1 - (bits & (UINT64_MAX >> 1)); /* below zero */
    }
    return over >> 63 == 0;
}

/* One column's rows [i, i + height) with the panel's products. Rows outside of the
 * triangle are computed with the others, and dropped. */
static void run_column(const struct product *product, struct panel *panel, int64_t i,
                       int64_t l, int64_t j, int64_t height)
{
    const struct pt_matrix *c = product->c;
    int64_t from = product->triangle == PT_LOWER && j > i ? j - i : 0;
    int64_t to =
        product->triangle == PT_UPPER && j + 1 < i + height ? j + 1 - i : height;
    char *at = c->first + (i + from) * c->down + j * c->right;
    const double *before = panel->before;

    if (from >= to)
        return;
    if (to - from == panel->width) {
        before = pt_matrix_column(c, i, j, height, panel->before);
    } else {
        for (int64_t r = 0; r < WIDTH; r++)
            panel->before[r] = 1.5; /* what is not read: no kernel doubts 1.5 + 0 b */
        pt_matrix_gather(panel->before + from, at, c->down, to - from, c->format,
                         false);
    }
    panel->b = pt_matrix_column(product->b, l, j, panel->depth, panel->b_room);
    if (product->vectors)
        run_kernel(product->stream, c->format, PT_FUZZY_MAC_PANEL, panel->a, panel->b,
                   before, panel->acc, (size_t)panel->width, (size_t)panel->depth,
                   &panel->patience);
    if (!product->vectors || !are_finite(panel->acc + from, to - from))
        for (int64_t r = from; r < to; r++)
            if (!product->vectors || !isfinite(panel->acc[r]))
                panel->acc[r] = run_slowly(product, panel, r, before[r]);
    pt_matrix_scatter(at, c->down, panel->acc + from, to - from, c->format);
}

static void run_product(const struct product *product)
{
    const struct pt_matrix *c = product->c;
    int64_t k = product->a->columns;
    struct panel panel;
    panel.patience = 0;
    for (int64_t i = 0; i < c->rows; i += WIDTH) {
        int64_t height = c->rows - i < WIDTH ? c->rows - i : WIDTH;
        panel.width = (height + LANES - 1) / LANES * LANES;
        for (int64_t l = 0; l < k; l += DEPTH) {
            panel.depth = k - l < DEPTH ? k - l : DEPTH;
            pack(product, &panel, i, l, height);
            for (int64_t j = 0; j < c->columns; j++)
                run_column(product, &panel, i, l, j, height);
        }
    }
}

/* Few elements, each a long sum. */
static void run_dots(const struct product *product)
{
    const struct pt_matrix *c = product->c;
    for (int64_t j = 0; j < c->columns; j++)
        for (int64_t i = 0; i < c->rows; i++) {
            if ((product->triangle == PT_LOWER && i < j) ||
                (product->triangle == PT_UPPER && i > j))
                continue;
            struct pt_matrix x = pt_matrix_transposed(
                pt_matrix_part(*product->a, i, 0, 1, product->a->columns));
            struct pt_matrix y = pt_matrix_part(*product->b, 0, j, product->b->rows, 1);
            double sum = pt_blas_dot(product->stream, &x, &y);
            pt_matrix_set(c, i, j,
                          pt_fuzzy_scalar(product->stream, PT_FUZZY_ADD, c->format,
                                          pt_matrix_get(c, i, j), sum));
        }
}

void pt_blas_multiply(struct pt_fuzzy_stream *stream, const struct pt_matrix *a,
                      const struct pt_matrix *b, const struct pt_matrix *c,
                      enum pt_triangle triangle)
{
    struct pt_matrix at = pt_matrix_transposed(*a), bt = pt_matrix_transposed(*b),
                     ct = pt_matrix_transposed(*c);
    struct product product = {stream, a, b, c, triangle, false};

    if (c->rows == 0 || c->columns == 0 || a->columns == 0)
        return;
    if (c->rows < LANES && c->columns < LANES && a->columns > 4 * WIDTH) {
        run_dots(&product);
        return;
    }
    /* Rows fill the registers, and are best side by side. */
    int64_t rows = c->rows < WIDTH ? c->rows : WIDTH;
    int64_t columns = c->columns < WIDTH ? c->columns : WIDTH;
    if (columns > rows || (columns == rows && llabs(c->right) < llabs(c->down)))
        product = (struct product){
            stream, &bt, &at, &ct, pt_triangle_mirrored(triangle), false};
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    product.vectors = kernels_hold(a, b, c);
    run_product(&product);
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(stream, (uint64_t)(c->rows * c->columns * a->columns), 0);
}

static double dot_slowly(struct pt_fuzzy_stream *stream, const struct pt_matrix *x,
                         const struct pt_matrix *y)
{
    double sum = 0;
    for (int64_t i = 0; i < x->rows; i++)
        sum = one_mac(stream, x->format, sum, pt_matrix_get(x, i, 0),
                      pt_matrix_get(y, i, 0));
    return sum;
}

/* acc += the products of rows [i, i + n), n <= PT_FUZZY_BLOCK. */
static void dot_block(struct pt_fuzzy_stream *stream, const struct pt_matrix *x,
                      const struct pt_matrix *y, int64_t i, int64_t n, double *acc,
                      unsigned *patience)
{
    _Alignas(64) double room[2][PT_FUZZY_BLOCK], before[WIDTH];
    int64_t rows = (n + WIDTH - 1) / WIDTH;
    for (int64_t r = n; r < rows * WIDTH; r++)
        room[0][r] = room[1][r] = 0;
    pt_matrix_gather(room[0], x->first + i * x->down, x->down, n, x->format,
                     x->negative);
    pt_matrix_gather(room[1], y->first + i * y->down, y->down, n, y->format,
                     y->negative);
    memcpy(before, acc, sizeof before);
    run_kernel(stream, x->format, PT_FUZZY_MAC_EACH, room[0], room[1], before, acc,
               WIDTH, (size_t)rows, patience);
}

double pt_blas_dot(struct pt_fuzzy_stream *stream, const struct pt_matrix *x,
                   const struct pt_matrix *y)
{
    _Alignas(64) double acc[WIDTH] = {0};
    double sum = NAN;
    unsigned patience = 0;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    if (kernels_hold(x, y, NULL)) {
        for (int64_t i = 0; i < x->rows; i += PT_FUZZY_BLOCK)
            dot_block(stream, x, y, i,
                      x->rows - i < PT_FUZZY_BLOCK ? x->rows - i : PT_FUZZY_BLOCK, acc,
                      &patience);
        for (int64_t width = WIDTH / 2; width > 0; width /= 2)
            for (int64_t r = 0; r < width; r++)
                acc[r] = one(stream, PT_FUZZY_ADD, x->format, acc[r], acc[r + width]);
        sum = acc[0];
    }
    if (!isfinite(sum))
        sum = dot_slowly(stream, x, y);
    pt_fuzzy_environment_leave(before, 0);
    pt_fuzzy_stream_count(stream, (uint64_t)x->rows, 0);
    return sum;
}

static void all_columns(struct pt_fuzzy_stream *stream, const struct pt_matrix *c,
                        enum pt_fuzzy_operation operation, double x,
                        enum pt_triangle triangle)
{
    double column[PT_FUZZY_BLOCK];
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (int64_t j = 0; j < c->columns; j++) {
        int64_t from = triangle == PT_LOWER ? j : 0;
        int64_t to = triangle == PT_UPPER && j + 1 < c->rows ? j + 1 : c->rows;
        for (int64_t n; from < to; from += n) {
            char *at = c->first + from * c->down + j * c->right;
            n = to - from < PT_FUZZY_BLOCK ? to - from : PT_FUZZY_BLOCK;
            pt_matrix_gather(column, at, c->down, n, c->format, false);
            for (int64_t r = 0; r < n; r++)
                column[r] = x == 0 && operation == PT_FUZZY_MULTIPLY
                                ? 0
                                : one(stream, operation, c->format, column[r], x);
            pt_matrix_scatter(at, c->down, column, n, c->format);
        }
    }
    pt_fuzzy_environment_leave(before, 0);
    if (!pt_fuzzy_runtime.vectors) /* else each has counted itself */
        pt_fuzzy_stream_count(stream, (uint64_t)(c->rows * c->columns), 0);
}

void pt_blas_scale(struct pt_fuzzy_stream *stream, const struct pt_matrix *c,
                   double factor, enum pt_triangle triangle)
{
    if (factor != 1)
        all_columns(stream, c, PT_FUZZY_MULTIPLY, factor, triangle);
}

void pt_blas_divide(struct pt_fuzzy_stream *stream, const struct pt_matrix *c,
                    double divisor)
{
    all_columns(stream, c, PT_FUZZY_DIVIDE, divisor, PT_ALL);
}
