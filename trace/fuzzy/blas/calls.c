/* The routines of BLAS: what each computes, and which way its calls go. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzzy/blas/arguments.h"
#include "fuzzy/blas/vendor.h"
#include "fuzzy/library/library.h"
#include "fuzzy/scalar.h"

static double gemm(struct pt_blas_arguments *c)
{
    struct pt_blas_model m = {.triangle = PT_ALL};
    pt_blas_take_order(c);
    char ta = pt_blas_take_letter(c, "NTC"), tb = pt_blas_take_letter(c, "NTC");
    int64_t rows = pt_blas_take_size(c), columns = pt_blas_take_size(c);
    int64_t depth = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    m.a = pt_blas_take_transposed(c, ta, rows, depth);
    m.b = pt_blas_take_transposed(c, tb, depth, columns);
    m.beta = pt_blas_take_scalar(c);
    m.c = pt_blas_take_matrix(c, rows, columns);
    return c->wrong ? pt_blas_call_left(c->call) : pt_blas_vendor_product(c->call, &m);
}

static double gemv(struct pt_blas_arguments *c)
{
    struct pt_blas_model m = {.triangle = PT_ALL};
    pt_blas_take_order(c);
    char how = pt_blas_take_letter(c, "NTC");
    int64_t rows = pt_blas_take_size(c), columns = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    m.a = pt_blas_take_matrix(c, rows, columns);
    if (how != 'N')
        m.a = pt_blas_operand_transposed(m.a, how == 'C');
    m.b = pt_blas_take_vector(c, how == 'N' ? columns : rows);
    m.beta = pt_blas_take_scalar(c);
    m.c = pt_blas_take_vector(c, how == 'N' ? rows : columns);
    return c->wrong || rows == 0 || columns == 0 ? pt_blas_call_left(c->call)
                                                 : pt_blas_call_update(c->call, &m);
}

static double ger(struct pt_blas_arguments *c)
{
    struct pt_blas_model m = {.triangle = PT_ALL, .beta = {{1, 0}}};
    pt_blas_take_order(c);
    int64_t rows = pt_blas_take_size(c), columns = pt_blas_take_size(c);
    m.alpha = pt_blas_take_scalar(c);
    m.a = pt_blas_take_vector(c, rows);
    m.b = pt_blas_operand_transposed(pt_blas_take_vector(c, columns), false);
    m.c = pt_blas_take_matrix(c, rows, columns);
    return c->wrong ? pt_blas_call_left(c->call) : pt_blas_call_update(c->call, &m);
}

static double axpy(struct pt_blas_arguments *c)
{
    struct pt_blas_model m = {.triangle = PT_ALL, .beta = {{1, 0}}};
    int64_t n = pt_blas_take_integer(c);
    m.alpha = pt_blas_take_scalar(c);
    if (n <= 0)
        return pt_blas_call_left(c->call);
    m.a = pt_blas_take_vector(c, n);
    m.c = pt_blas_take_vector(c, n);
    /* x times a matrix of one element, which is alpha */
    double room[2] = {1, 0};
    m.b = pt_blas_operand_at(pt_blas_is_complex(c) ? 'z' : 'd', room, 1, 1, 1, false);
    for (int p = 0; p < 2; p++)
        m.b.part[p].format = m.a.part[p].format;
    float narrow[2] = {1, 0};
    if (m.a.part[0].format == PT_FUZZY_BINARY32)
        m.b = pt_blas_operand_at(c->call->symbol->type, narrow, 1, 1, 1, false);
    return pt_blas_call_update(c->call, &m);
}

static double scal(struct pt_blas_arguments *c)
{
    int64_t n = pt_blas_take_integer(c);
    struct pt_blas_scalar alpha = pt_blas_take_scalar(c);
    struct pt_blas_operand x = pt_blas_take_vector(c, n);
    if (n <= 0 || x.part[0].down <= 0)
        return pt_blas_call_left(c->call);
    pt_blas_rescale(c->call->stream, x, alpha, PT_ALL);
    pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_SR, (uint64_t)n);
    return 0;
}

/* A bit pattern that the caller reads as the routine's float or double. */
static double number(const struct pt_blas_arguments *c, double x)
{
    float narrow = (float)x;
    if (c->call->symbol->type == 'd')
        return x;
    x = 0;
    memcpy(&x, &narrow, sizeof narrow);
    return x;
}

static double dot(struct pt_blas_arguments *c)
{
    int64_t n = pt_blas_take_integer(c);
    if (n <= 0)
        return pt_blas_call_left(c->call);
    struct pt_blas_operand x = pt_blas_take_vector(c, n), y = pt_blas_take_vector(c, n);
    pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_SR, (uint64_t)n);
    return number(c, pt_blas_dot(c->call->stream, &x.part[0], &y.part[0]));
}

/* The magnitudes of x, both parts of complex ones, in *room, which the caller frees,
 * times 2^-*exponent, which brings the largest near one (of sums of squares only). None
 * where there is no memory, or an Inf or NaN: for the library. */
static bool magnitudes(const struct pt_blas_operand *x, bool scaled, int *exponent,
                       struct pt_matrix *out, void **room)
{
    int64_t n = x->part[0].rows, parts = x->complex ? 2 : 1;
    int64_t bytes = (int64_t)pt_fuzzy_format_bytes(x->part[0].format);
    double largest = 0;
    *room = malloc((size_t)(n * parts * bytes));
    *out = (struct pt_matrix){*room, n * parts, 1, bytes, 0, x->part[0].format, false};
    for (int64_t i = 0; *room && i < n * parts; i++) {
        double value = fabs(pt_matrix_get(&x->part[i % parts], i / parts, 0));
        largest = value > largest || isnan(value) ? value : largest;
        pt_matrix_set(out, i, 0, value);
    }
    if (!*room || !isfinite(largest))
        return false;
    *exponent = scaled && largest > 0 ? ilogb(largest) : 0;
    for (int64_t i = 0; *exponent != 0 && i < n * parts; i++)
        pt_matrix_set(out, i, 0, ldexp(pt_matrix_get(out, i, 0), -*exponent));
    return true;
}

/* √Σ |x|², or Σ |Re x| + |Im x|; `part` is the type of a complex x, or 0. */
static double norm(struct pt_blas_arguments *c, char part, bool squared)
{
    struct pt_blas_symbol symbol = *c->call->symbol;
    const struct pt_blas_symbol *whole = c->call->symbol;
    double unit = 1, sum = 0;
    float narrow = 1;
    void *room = NULL;
    int exponent = 0;
    int64_t n = pt_blas_take_integer(c);
    symbol.type = part ? part : symbol.type;
    c->call->symbol = &symbol;
    struct pt_blas_operand x = pt_blas_take_vector(c, n);
    c->call->symbol = whole;
    struct pt_matrix y, ones;
    bool ours =
        n > 0 && x.part[0].down > 0 && magnitudes(&x, squared, &exponent, &y, &room);
    if (ours) {
        enum pt_fuzzy_format format = y.format;
        ones = y;
        ones.first = format == PT_FUZZY_BINARY64 ? (char *)&unit : (char *)&narrow;
        ones.down = 0;
        sum = pt_blas_dot(c->call->stream, &y, squared ? &y : &ones);
        if (squared)
            sum =
                ldexp(pt_fuzzy_scalar(c->call->stream, PT_FUZZY_SQRT, format, sum, sum),
                      exponent);
        pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_SR, (uint64_t)y.rows);
    }
    free(room);
    return ours ? number(c, sum) : pt_blas_call_left(c->call);
}

static double complex_dot(struct pt_blas_arguments *c, bool conjugated)
{
    int64_t n = pt_blas_take_integer(c);
    struct pt_blas_model m = {.triangle = PT_ALL, .alpha = {{1, 0}}};
    if (n <= 0)
        return pt_blas_call_left(c->call);
    m.a = pt_blas_operand_transposed(pt_blas_take_vector(c, n), conjugated);
    m.b = pt_blas_take_vector(c, n);
    m.c = pt_blas_operand_at(c->call->symbol->type, pt_blas_take_address(c), 1, 1, 1,
                             false);
    return pt_blas_call_update(c->call, &m);
}

/* Of a triangle: systems op(A) X = alpha B, or X op(A) = alpha B, or, by `run`,
 * products B = alpha op(A) B. */
typedef void triangular_fn(struct pt_fuzzy_stream *, struct pt_blas_vendor *,
                           struct pt_blas_operand, enum pt_triangle, bool,
                           struct pt_blas_operand);

static double triangular(struct pt_blas_arguments *c, bool many, triangular_fn *run)
{
    struct pt_blas_scalar alpha = {{1, 0}};
    struct pt_blas_vendor vendor = {.call = NULL};
    int64_t rows = 0, columns = 1;
    pt_blas_take_order(c);
    char side = many ? pt_blas_take_letter(c, "LR") : 'L';
    enum pt_triangle triangle = pt_blas_take_triangle(c);
    char how = pt_blas_take_letter(c, "NTC");
    bool unit = pt_blas_take_letter(c, "UN") == 'U';
    rows = pt_blas_take_size(c);
    if (many) {
        columns = pt_blas_take_size(c);
        alpha = pt_blas_take_scalar(c);
    }
    int64_t n = side == 'L' ? rows : columns;
    struct pt_blas_operand a = pt_blas_take_matrix(c, n, n);
    struct pt_blas_operand b =
        many ? pt_blas_take_matrix(c, rows, columns) : pt_blas_take_vector(c, rows);
    double work = (double)n * (double)rows * (double)columns * (b.complex ? 2 : 0.5);
    if (c->wrong)
        return pt_blas_call_left(c->call);
    if (how != 'N') {
        a = pt_blas_operand_transposed(a, how == 'C');
        triangle = pt_triangle_mirrored(triangle);
    }
    if (side == 'R') { /* op(A)ᵀ Xᵀ = alpha Bᵀ */
        a = pt_blas_operand_transposed(a, false);
        triangle = pt_triangle_mirrored(triangle);
        b = pt_blas_operand_transposed(b, false);
    }
    if (work > (double)pt_fuzzy_runtime.options.blas_limit &&
        !pt_blas_vendor_begin(c->call, &vendor)) {
        pt_fuzzy_routine_used(c->call->routine, PT_FUZZY_WAY_BACKWARD,
                              pt_lapack_move(c->call->stream, b, PT_ALL));
        return pt_blas_call_real(c->call, true);
    }
    pt_blas_rescale(c->call->stream, b, alpha, PT_ALL);
    if (alpha.part[0] == 0 && alpha.part[1] == 0)
        work = 0; /* A is not looked at then */
    else
        run(c->call->stream, vendor.call ? &vendor : NULL, a, triangle, unit, b);
    pt_fuzzy_routine_used(c->call->routine,
                          vendor.call ? PT_FUZZY_WAY_MODEL : PT_FUZZY_WAY_SR,
                          (uint64_t)work);
    pt_blas_vendor_end(&vendor);
    return 0;
}

static double structured(struct pt_blas_arguments *c)
{
    switch ((enum pt_blas_routine)c->call->symbol->routine) {
    case PT_BLAS_SYMM:
        return pt_blas_symm(c, false);
    case PT_BLAS_HEMM:
        return pt_blas_symm(c, true);
    case PT_BLAS_SYMV:
        return pt_blas_symv(c, false);
    case PT_BLAS_HEMV:
        return pt_blas_symv(c, true);
    case PT_BLAS_SYRK:
        return pt_blas_syrk(c, false, false);
    case PT_BLAS_HERK:
        return pt_blas_syrk(c, true, false);
    case PT_BLAS_SYR2K:
        return pt_blas_syrk(c, false, true);
    case PT_BLAS_HER2K:
        return pt_blas_syrk(c, true, true);
    case PT_BLAS_SYR2:
        return pt_blas_syr(c, false, true);
    case PT_BLAS_HER2:
        return pt_blas_syr(c, true, true);
    case PT_BLAS_SYR:
        return pt_blas_syr(c, false, false);
    case PT_BLAS_HER:
        return pt_blas_syr(c, true, false);
    default:
        return pt_blas_call_left(c->call);
    }
}

double pt_blas_call_perturbed(struct pt_blas_call *call)
{
    struct pt_blas_arguments c = {.call = call};
    switch ((enum pt_blas_routine)call->symbol->routine) {
    case PT_BLAS_DOT:
        return dot(&c);
    case PT_BLAS_DOTU:
        return complex_dot(&c, false);
    case PT_BLAS_DOTC:
        return complex_dot(&c, true);
    case PT_BLAS_AXPY:
        return axpy(&c);
    case PT_BLAS_SCAL:
        return scal(&c);
    case PT_BLAS_GEMV:
        return gemv(&c);
    case PT_BLAS_GER:
    case PT_BLAS_GERU:
        return ger(&c);
    case PT_BLAS_TRSV:
        return triangular(&c, false, pt_blas_solve);
    case PT_BLAS_GEMM:
        return gemm(&c);
    case PT_BLAS_TRSM:
        return triangular(&c, true, pt_blas_solve);
    case PT_BLAS_TRMV:
        return triangular(&c, false, pt_blas_times);
    case PT_BLAS_TRMM:
        return triangular(&c, true, pt_blas_times);
    case PT_BLAS_NRM2:
        return norm(&c, 0, true);
    case PT_BLAS_DZNRM2:
        return norm(&c, 'z', true);
    case PT_BLAS_SCNRM2:
        return norm(&c, 'c', true);
    case PT_BLAS_ASUM:
        return norm(&c, 0, false);
    case PT_BLAS_DZASUM:
        return norm(&c, 'z', false);
    case PT_BLAS_SCASUM:
        return norm(&c, 'c', false);
    default:
        return structured(&c);
    }
}
