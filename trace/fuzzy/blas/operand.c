#include "fuzzy/blas/operand.h"

#include <math.h>
#include <stdlib.h>

#include "fuzzy/blas/vendor.h"
#include "fuzzy/scalar.h"

static double op(struct pt_fuzzy_stream *stream, const struct pt_matrix *like,
                 enum pt_fuzzy_operation operation, double a, double b)
{
    return pt_fuzzy_scalar(stream, operation, like->format, a, b);
}

/* (a b) of complex numbers by real operations. */
static struct pt_blas_scalar times(struct pt_fuzzy_stream *s, const struct pt_matrix *m,
                                   struct pt_blas_scalar a, struct pt_blas_scalar b)
{
    double rr = op(s, m, PT_FUZZY_MULTIPLY, a.part[0], b.part[0]);
    double ii = op(s, m, PT_FUZZY_MULTIPLY, a.part[1], b.part[1]);
    double ri = op(s, m, PT_FUZZY_MULTIPLY, a.part[0], b.part[1]);
    double ir = op(s, m, PT_FUZZY_MULTIPLY, a.part[1], b.part[0]);
    return (struct pt_blas_scalar){
        {op(s, m, PT_FUZZY_SUBTRACT, rr, ii), op(s, m, PT_FUZZY_ADD, ri, ir)}};
}

/* a / b by Smith's method ("Algorithm 116: Complex division", CACM 5(8), 1962). */
static struct pt_blas_scalar over(struct pt_fuzzy_stream *s, const struct pt_matrix *m,
                                  struct pt_blas_scalar a, struct pt_blas_scalar b)
{
    bool turned = fabs(b.part[0]) < fabs(b.part[1]);
    double c = b.part[turned], d = b.part[!turned];
    double x = a.part[turned], y = a.part[!turned];
    double ratio = op(s, m, PT_FUZZY_DIVIDE, d, c);
    double divisor = op(s, m, PT_FUZZY_ADD, c, op(s, m, PT_FUZZY_MULTIPLY, d, ratio));
    double re = op(s, m, PT_FUZZY_ADD, x, op(s, m, PT_FUZZY_MULTIPLY, y, ratio));
    double im = op(s, m, PT_FUZZY_SUBTRACT, y, op(s, m, PT_FUZZY_MULTIPLY, x, ratio));
    re = op(s, m, PT_FUZZY_DIVIDE, re, divisor);
    im = op(s, m, PT_FUZZY_DIVIDE, im, divisor);
    return (struct pt_blas_scalar){{re, turned ? -im : im}};
}

static struct pt_blas_scalar get(const struct pt_blas_operand *o, int64_t i, int64_t j)
{
    struct pt_blas_scalar x = {{pt_matrix_get(&o->part[0], i, j), 0}};
    if (o->complex)
        x.part[1] = pt_matrix_get(&o->part[1], i, j);
    return x;
}

static void set(const struct pt_blas_operand *o, int64_t i, int64_t j,
                struct pt_blas_scalar x)
{
    pt_matrix_set(&o->part[0], i, j, x.part[0]);
    if (o->complex)
        pt_matrix_set(&o->part[1], i, j, x.part[1]);
}

static bool is_real(struct pt_blas_scalar x, double value)
{
    return x.part[0] == value && x.part[1] == 0;
}

static bool within(enum pt_triangle triangle, int64_t i, int64_t j)
{
    return triangle == PT_ALL || (triangle == PT_UPPER ? i <= j : i >= j);
}

void pt_blas_rescale(struct pt_fuzzy_stream *stream, struct pt_blas_operand c,
                     struct pt_blas_scalar beta, enum pt_triangle triangle)
{
    if (beta.part[1] == 0) {
        for (int p = 0; p < 1 + c.complex; p++)
            pt_blas_scale(stream, &c.part[p], beta.part[0], triangle);
        return;
    }
    for (int64_t j = 0; j < c.part[0].columns; j++)
        for (int64_t i = 0; i < c.part[0].rows; i++)
            if (within(triangle, i, j))
                set(&c, i, j, times(stream, &c.part[0], beta, get(&c, i, j)));
}

void pt_blas_operand_place(struct pt_blas_operand *like, int64_t rows, int64_t columns,
                           void *first)
{
    int64_t parts = like->complex ? 2 : 1;
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(like->part[0].format);
    for (int p = 0; p < 2; p++) {
        struct pt_matrix *m = &like->part[p];
        m->first = (char *)first + (p < parts ? p * bytes : 0);
        m->rows = rows;
        m->columns = columns;
        m->down = parts * bytes;
        m->right = rows * parts * bytes;
        m->negative = false;
    }
}

bool pt_blas_operand_make(struct pt_blas_operand *like, int64_t rows, int64_t columns,
                          void **room)
{
    size_t bytes = pt_fuzzy_format_bytes(like->part[0].format);
    *room =
        malloc((size_t)rows * (size_t)columns * bytes * (like->complex ? 2 : 1) + 1);
    if (*room)
        pt_blas_operand_place(like, rows, columns, *room);
    return *room != NULL;
}

bool pt_blas_operand_copy(struct pt_blas_operand *o, void **room)
{
    struct pt_blas_operand copy = *o;
    int64_t rows = o->part[0].rows, columns = o->part[0].columns;
    if (!pt_blas_operand_make(&copy, rows, columns, room))
        return false;
    for (int64_t j = 0; j < columns; j++)
        for (int64_t i = 0; i < rows; i++)
            set(&copy, i, j, get(o, i, j));
    *o = copy;
    return true;
}

bool pt_blas_operand_scale(struct pt_fuzzy_stream *stream, struct pt_blas_operand *b,
                           struct pt_blas_scalar *alpha, void **room)
{
    if (is_real(*alpha, 1) || is_real(*alpha, -1) || is_real(*alpha, 0))
        return true;
    if (!pt_blas_operand_copy(b, room))
        return false;
    pt_blas_rescale(stream, *b, *alpha, PT_ALL);
    *alpha = (struct pt_blas_scalar){{1, 0}};
    return true;
}

void pt_blas_update(struct pt_fuzzy_stream *stream, struct pt_blas_operand a,
                    struct pt_blas_operand b, struct pt_blas_operand c, double alpha,
                    struct pt_blas_scalar beta, enum pt_triangle triangle)
{
    pt_blas_rescale(stream, c, beta, triangle);
    if (alpha == 0)
        return;
    b.part[0].negative ^= alpha < 0;
    b.part[1].negative ^= alpha < 0;
    pt_blas_multiply(stream, &a.part[0], &b.part[0], &c.part[0], triangle);
    if (!c.complex)
        return;
    struct pt_matrix minus = a.part[1];
    minus.negative ^= true;
    pt_blas_multiply(stream, &minus, &b.part[1], &c.part[0], triangle);
    pt_blas_multiply(stream, &a.part[0], &b.part[1], &c.part[1], triangle);
    pt_blas_multiply(stream, &a.part[1], &b.part[0], &c.part[1], triangle);
}

static void divide_row(struct pt_fuzzy_stream *stream, struct pt_blas_operand t,
                       struct pt_blas_operand b)
{
    struct pt_blas_scalar divisor = get(&t, 0, 0);
    if (!b.complex) {
        pt_blas_divide(stream, &b.part[0], divisor.part[0]);
        return;
    }
    for (int64_t j = 0; j < b.part[0].columns; j++)
        set(&b, 0, j, over(stream, &b.part[0], get(&b, 0, j), divisor));
}

/* C = C + alpha A B for a square of a triangle. */
static void square_update(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                          struct pt_blas_operand a, struct pt_blas_operand b,
                          struct pt_blas_operand c, double alpha)
{
    static const struct pt_blas_scalar one = {{1, 0}};
    if (!vendor || !pt_blas_vendor_square(vendor, a, b, c, alpha))
        pt_blas_update(stream, a, b, c, alpha, one, PT_ALL);
}

/* A triangle of halves over right-hand sides: the half that is finished first, the
 * square between the two, the other half. */
struct halves {
    struct pt_blas_operand t_first, square, t_second; /* of the triangle */
    struct pt_blas_operand first, second;             /* rows of b */
};

static struct halves halve(struct pt_blas_operand t, bool upper_first, bool reads_first,
                           struct pt_blas_operand b)
{
    int64_t n = t.part[0].rows, columns = b.part[0].columns, half = n / 2;
    struct pt_blas_operand upper = pt_blas_operand_part(b, 0, 0, half, columns),
                           lower = pt_blas_operand_part(b, half, 0, n - half, columns),
                           t_upper = pt_blas_operand_part(t, 0, 0, half, half),
                           t_lower =
                               pt_blas_operand_part(t, half, half, n - half, n - half);
    /* The square takes rows that are read to rows that are changed. */
    struct pt_blas_operand square =
        upper_first == reads_first ? pt_blas_operand_part(t, half, 0, n - half, half)
                                   : pt_blas_operand_part(t, 0, half, half, n - half);

    return upper_first ? (struct halves){t_upper, square, t_lower, upper, lower}
                       : (struct halves){t_lower, square, t_upper, lower, upper};
}

static void multiply_row(struct pt_fuzzy_stream *stream, struct pt_blas_operand t,
                         struct pt_blas_operand b)
{
    struct pt_blas_scalar factor = get(&t, 0, 0);
    for (int64_t j = 0; j < b.part[0].columns; j++) {
        struct pt_blas_scalar x = get(&b, 0, j);
        if (b.complex)
            x = times(stream, &b.part[0], factor, x);
        else
            x.part[0] =
                op(stream, &b.part[0], PT_FUZZY_MULTIPLY, factor.part[0], x.part[0]);
        set(&b, 0, j, x);
    }
}

/* B = T^-1 B, or T B, half by half: a solution takes the rows that are solved from the
 * others, a product adds rows that are still as they were. */
static void triangular(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                       struct pt_blas_operand t, enum pt_triangle triangle, bool unit,
                       struct pt_blas_operand b, bool solve)
{
    if (t.part[0].rows == 0 || b.part[0].columns == 0)
        return;
    if (t.part[0].rows == 1) {
        if (!unit && solve)
            divide_row(stream, t, b);
        else if (!unit)
            multiply_row(stream, t, b);
        return;
    }
    struct halves h = halve(t, solve == (triangle == PT_LOWER), solve, b);
    triangular(stream, vendor, h.t_first, triangle, unit, h.first, solve);
    if (solve)
        square_update(stream, vendor, h.square, h.first, h.second, -1);
    else
        square_update(stream, vendor, h.square, h.second, h.first, 1);
    triangular(stream, vendor, h.t_second, triangle, unit, h.second, solve);
}

void pt_blas_solve(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                   struct pt_blas_operand t, enum pt_triangle triangle, bool unit,
                   struct pt_blas_operand b)
{
    triangular(stream, vendor, t, triangle, unit, b, true);
}

void pt_blas_times(struct pt_fuzzy_stream *stream, struct pt_blas_vendor *vendor,
                   struct pt_blas_operand t, enum pt_triangle triangle, bool unit,
                   struct pt_blas_operand b)
{
    triangular(stream, vendor, t, triangle, unit, b, false);
}
