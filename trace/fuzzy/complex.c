#include "fuzzy/complex.h"

#include <fenv.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "fuzzy/flags.h"
#include "fuzzy/operand.h"
#include "fuzzy/reduce.h"

enum { PLANE = PT_FUZZY_BLOCK / 2 }; /* complex numbers of a block */

/* Written under the GIL before the loop that reads it is in numpy's table. */
static pt_fuzzy_loop *originals[PT_FUZZY_N_FORMATS][PT_FUZZY_N_UFUNCS];

void pt_fuzzy_complex_set_original(unsigned ufunc, enum pt_fuzzy_format format,
                                   pt_fuzzy_loop *original)
{
    originals[format][ufunc] = original;
}

struct plane {
    _Alignas(64) char values[PLANE * 8];
};

/* The parts of a block's numbers. */
struct block {
    struct plane re, im;
};

/* out = x op y; `out` is neither of them. */
static void apply(struct pt_fuzzy_work *work, enum pt_fuzzy_operation operation,
                  const struct plane *x, const struct plane *y, struct plane *out,
                  size_t n)
{
    work->operation = operation;
    if (n > 1) {
        pt_fuzzy_compute_block(work, x, y, out, n);
        return;
    }
    memcpy(out, x, 8);
    pt_fuzzy_compute_scan(work, out, y, NULL, 1);
}

static void multiply(struct pt_fuzzy_work *work, const struct block *a,
                     const struct block *b, struct block *out, size_t n)
{
    struct plane s, t;
    apply(work, PT_FUZZY_MULTIPLY, &a->re, &b->re, &s, n);
    apply(work, PT_FUZZY_MULTIPLY, &a->im, &b->im, &t, n);
    apply(work, PT_FUZZY_SUBTRACT, &s, &t, &out->re, n);
    apply(work, PT_FUZZY_MULTIPLY, &a->re, &b->im, &s, n);
    apply(work, PT_FUZZY_MULTIPLY, &a->im, &b->re, &t, n);
    apply(work, PT_FUZZY_ADD, &s, &t, &out->im, n);
}

/* What Smith's division and numpy's reciprocal have in common: the divisor's larger and
 * smaller part, and the other number's parts in the same order. */
struct arranged {
    struct plane large, small, first, second, one;
    bool by_re[PLANE];   /* the real part is the larger one */
    bool is_zero[PLANE]; /* the divisor */
    bool any_zero, any_nan;
};

#define ARRANGE(REAL, bits, ABS)                                                       \
    static void arrange_##bits(const struct block *a, const struct block *b,           \
                               struct arranged *to, bool zeros, size_t n)              \
    {                                                                                  \
        const REAL *ar = (const void *)&a->re, *ai = (const void *)&a->im;             \
        const REAL *br = (const void *)&b->re, *bi = (const void *)&b->im;             \
        REAL *large = (void *)&to->large, *small = (void *)&to->small;                 \
        REAL *first = (void *)&to->first, *second = (void *)&to->second;               \
        REAL *one = (void *)&to->one;                                                  \
        to->any_zero = to->any_nan = false;                                            \
        for (size_t i = 0; i < n; i++) {                                               \
            bool by_re = ABS(br[i]) >= ABS(bi[i]),                                     \
                 zero = zeros && br[i] == 0 && bi[i] == 0;                             \
            large[i] = zero ? 1 : by_re ? br[i] : bi[i];                               \
            small[i] = by_re ? bi[i] : br[i];                                          \
            first[i] = zero ? 1 : by_re ? ar[i] : ai[i];                               \
            second[i] = zero ? 0 : by_re ? ai[i] : ar[i];                              \
            one[i] = 1;                                                                \
            to->by_re[i] = by_re;                                                      \
            to->is_zero[i] = zero;                                                     \
            to->any_zero = to->any_zero || zero;                                       \
            to->any_nan = to->any_nan || br[i] != br[i] || bi[i] != bi[i];             \
        }                                                                              \
    }                                                                                  \
    /* Exchanges x[i] and y[i] where the imaginary part was the larger one. */         \
    static void exchange_##bits(const struct arranged *by, struct plane *xp,           \
                                struct plane *yp, size_t n)                            \
    {                                                                                  \
        REAL *x = (void *)xp, *y = (void *)yp;                                         \
        for (size_t i = 0; i < n; i++) {                                               \
            REAL before = x[i];                                                        \
            x[i] = by->by_re[i] ? x[i] : y[i];                                         \
            y[i] = by->by_re[i] ? y[i] : before;                                       \
        }                                                                              \
    }                                                                                  \
    static void negate_##bits(struct plane *xp, size_t n)                              \
    {                                                                                  \
        REAL *x = (void *)xp;                                                          \
        for (size_t i = 0; i < n; i++)                                                 \
            x[i] = -x[i];                                                              \
    }
ARRANGE(double, 64, fabs)
ARRANGE(float, 32, fabsf)
#undef ARRANGE

/* `zeros`: where the divisor is zero, 1 / 1 is divided in the place of the numbers. */
static void arrange(struct pt_fuzzy_work *work, const struct block *a,
                    const struct block *b, struct arranged *to, bool zeros, size_t n)
{
    if (work->format == PT_FUZZY_BINARY64)
        arrange_64(a, b, to, zeros, n);
    else
        arrange_32(a, b, to, zeros, n);
    /* As the comparison in numpy's own loop does. */
    if (to->any_nan)
        work->raised |= FE_INVALID;
}

static void exchange(enum pt_fuzzy_format format, const struct arranged *by,
                     struct plane *x, struct plane *y, size_t n)
{
    if (format == PT_FUZZY_BINARY64)
        exchange_64(by, x, y, n);
    else
        exchange_32(by, x, y, n);
}

/* numpy divides by a complex zero part by part. */
static void divide_by_zeros(struct pt_fuzzy_work *work, const struct arranged *where,
                            const struct block *a, struct block *out, size_t n)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    struct plane x, q, zero;
    memset(&zero, 0, sizeof zero);
    for (size_t i = 0; i < n; i++) {
        if (!where->is_zero[i])
            continue;
        memcpy(&x, a->re.values + i * bytes, bytes);
        apply(work, PT_FUZZY_DIVIDE, &x, &zero, &q, 1);
        memcpy(out->re.values + i * bytes, &q, bytes);
        memcpy(&x, a->im.values + i * bytes, bytes);
        apply(work, PT_FUZZY_DIVIDE, &x, &zero, &q, 1);
        memcpy(out->im.values + i * bytes, &q, bytes);
    }
}

/* The ratio of the divisor's parts, and its larger part + smaller part * ratio. */
static void scale_of(struct pt_fuzzy_work *work, const struct arranged *b,
                     struct plane *ratio, struct plane *scale, size_t n)
{
    struct plane t;
    apply(work, PT_FUZZY_DIVIDE, &b->small, &b->large, ratio, n);
    apply(work, PT_FUZZY_MULTIPLY, &b->small, ratio, &t, n);
    apply(work, PT_FUZZY_ADD, &b->large, &t, scale, n);
}

/* Smith's method (Robert L. Smith, "Algorithm 116: Complex division", CACM 5, 1962) in
 * numpy's form. */
static void divide(struct pt_fuzzy_work *work, const struct block *a,
                   const struct block *b, struct block *out, size_t n)
{
    struct arranged by;
    struct plane ratio, scale, inverse, t, u;
    arrange(work, a, b, &by, true, n);
    scale_of(work, &by, &ratio, &scale, n);
    apply(work, PT_FUZZY_DIVIDE, &by.one, &scale, &inverse, n);
    apply(work, PT_FUZZY_MULTIPLY, &by.second, &ratio, &t, n);
    apply(work, PT_FUZZY_ADD, &by.first, &t, &u, n);
    apply(work, PT_FUZZY_MULTIPLY, &u, &inverse, &out->re, n);
    apply(work, PT_FUZZY_MULTIPLY, &by.first, &ratio, &t, n);
    exchange(work->format, &by, &by.second, &t, n);
    apply(work, PT_FUZZY_SUBTRACT, &by.second, &t, &u, n);
    apply(work, PT_FUZZY_MULTIPLY, &u, &inverse, &out->im, n);
    if (by.any_zero)
        divide_by_zeros(work, &by, a, out, n);
}

static void reciprocal(struct pt_fuzzy_work *work, const struct block *b,
                       struct block *out, size_t n)
{
    struct arranged by;
    struct plane ratio, scale;
    arrange(work, b, b, &by, false, n);
    scale_of(work, &by, &ratio, &scale, n);
    apply(work, PT_FUZZY_DIVIDE, &by.one, &scale, &out->re, n);
    apply(work, PT_FUZZY_DIVIDE, &ratio, &scale, &out->im, n);
    exchange(work->format, &by, &out->re, &out->im, n);
    if (work->format == PT_FUZZY_BINARY64)
        negate_64(&out->im, n);
    else
        negate_32(&out->im, n);
}

static void compute(struct pt_fuzzy_work *work, unsigned ufunc, const struct block *a,
                    const struct block *b, struct block *out, size_t n)
{
    switch (ufunc) {
    case PT_FUZZY_ADD:
    case PT_FUZZY_SUBTRACT:
        apply(work, (enum pt_fuzzy_operation)ufunc, &a->re, &b->re, &out->re, n);
        apply(work, (enum pt_fuzzy_operation)ufunc, &a->im, &b->im, &out->im, n);
        break;
    case PT_FUZZY_MULTIPLY:
    case PT_FUZZY_SQUARE:
        multiply(work, a, b, out, n);
        break;
    case PT_FUZZY_DIVIDE:
        divide(work, a, b, out, n);
        break;
    default:
        reciprocal(work, a, out, n);
    }
}

/* Elements of constant length: each copy is a move. */
static inline void take_apart(size_t bytes, const char *from, intptr_t step, size_t n,
                              struct block *to)
{
    for (size_t i = 0; i < n; i++, from += step) {
        memcpy(to->re.values + i * bytes, from, bytes);
        memcpy(to->im.values + i * bytes, from + bytes, bytes);
    }
}

static inline void put_together(size_t bytes, const struct block *from, char *to,
                                intptr_t step, size_t n)
{
    for (size_t i = 0; i < n; i++, to += step) {
        memcpy(to, from->re.values + i * bytes, bytes);
        memcpy(to + bytes, from->im.values + i * bytes, bytes);
    }
}

static void load(enum pt_fuzzy_format format, struct pt_operand o, size_t n,
                 struct block *to)
{
    if (format == PT_FUZZY_BINARY64)
        take_apart(8, o.first, o.step, n, to);
    else
        take_apart(4, o.first, o.step, n, to);
}

static void store(enum pt_fuzzy_format format, const struct block *from, size_t n,
                  struct pt_operand o)
{
    if (format == PT_FUZZY_BINARY64)
        put_together(8, from, o.first, o.step, n);
    else
        put_together(4, from, o.first, o.step, n);
}

/* Blocks of `most` numbers: each reads all of its inputs before it writes. */
static void run_blocks(struct pt_fuzzy_work *work, unsigned ufunc,
                       const struct pt_operand *operands, size_t n, size_t most)
{
    struct block a, b, out;
    for (size_t i = 0; i < n; i += most) {
        size_t m = n - i < most ? n - i : most;
        load(work->format, pt_operand_advanced(operands[0], i), m, &a);
        load(work->format, pt_operand_advanced(operands[1], i), m, &b);
        compute(work, ufunc, &a, &b, &out, m);
        store(work->format, &out, m, pt_operand_advanced(operands[2], i));
    }
}

static void run_sum(struct pt_fuzzy_work *work, struct pt_operand out,
                    struct pt_operand b, size_t n)
{
    _Alignas(16) char acc[16];
    size_t bytes = 2 * pt_fuzzy_format_bytes(work->format);
    work->operation = PT_FUZZY_ADD;
    memcpy(acc, out.first, bytes);
    pt_fuzzy_sum(work, acc, b.first, b.step, 2, n);
    memcpy(out.first, acc, bytes);
}

/* Sums and differences without gaps are those of twice as many reals. */
static bool are_reals(unsigned ufunc, const struct pt_operand *operands, size_t bytes)
{
    bool adds = ufunc == PT_FUZZY_ADD || ufunc == PT_FUZZY_SUBTRACT;
    for (size_t i = 0; i < 3 && adds; i++)
        adds = operands[i].step == (intptr_t)bytes;
    return adds;
}

static void run_reals(unsigned ufunc, enum pt_fuzzy_format format,
                      const struct pt_operand *operands, size_t n, void *data)
{
    intptr_t bytes = (intptr_t)pt_fuzzy_format_bytes(format);
    char *args[] = {operands[0].first, operands[1].first, operands[2].first};
    const intptr_t steps[] = {bytes, bytes, bytes}, length = 2 * (intptr_t)n;
    pt_fuzzy_loop_of(ufunc, format)(args, &length, steps, data);
}

static void run(unsigned ufunc, enum pt_fuzzy_format format, char **args,
                const intptr_t *dimensions, const intptr_t *steps, void *data)
{
    struct pt_fuzzy_work work = {.format = format};
    bool unary = ufunc == PT_FUZZY_SQUARE || ufunc == PT_FUZZY_RECIPROCAL;
    size_t n = (size_t)dimensions[0], bytes = 2 * pt_fuzzy_format_bytes(format);
    int second = unary ? 0 : 1, last = unary ? 1 : 2;
    struct pt_operand o[] = {
        {args[0], steps[0]}, {args[second], steps[second]}, {args[last], steps[last]}};

    if (dimensions[0] <= 0)
        return;
    work.stream = pt_fuzzy_stream_get();
    if (!work.stream) {
        originals[format][ufunc](args, dimensions, steps, data);
        return;
    }
    bool safe = pt_operand_is_safe(o[0], o[2], n, bytes) &&
                pt_operand_is_safe(o[1], o[2], n, bytes);
    if (safe && are_reals(ufunc, o, bytes)) {
        run_reals(ufunc, format, o, n, data);
        return;
    }
    bool sum = ufunc == PT_FUZZY_ADD && pt_operand_same(o[0], o[2]) && o[2].step == 0;
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    if (sum && !pt_operand_overlap(o[1], o[2], n, bytes))
        run_sum(&work, o[2], o[1], n);
    else
        run_blocks(&work, ufunc, o, n, safe ? PLANE : 1);
    pt_fuzzy_environment_leave(before, work.raised);
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

#define UFUNCS(X)                                                                      \
    X(ADD, add)                                                                        \
    X(SUBTRACT, subtract)                                                              \
    X(MULTIPLY, multiply)                                                              \
    X(DIVIDE, divide)                                                                  \
    X(SQUARE, square)                                                                  \
    X(RECIPROCAL, reciprocal)

#define X(NAME, name)                                                                  \
    static void loop_##name##_64(char **args, const intptr_t *dimensions,              \
                                 const intptr_t *steps, void *data)                    \
    {                                                                                  \
        run(PT_FUZZY_##NAME, PT_FUZZY_BINARY64, args, dimensions, steps, data);        \
    }                                                                                  \
    static void loop_##name##_32(char **args, const intptr_t *dimensions,              \
                                 const intptr_t *steps, void *data)                    \
    {                                                                                  \
        run(PT_FUZZY_##NAME, PT_FUZZY_BINARY32, args, dimensions, steps, data);        \
    }
UFUNCS(X)
#undef X

pt_fuzzy_loop *pt_fuzzy_complex_loop_of(unsigned ufunc, enum pt_fuzzy_format format)
{
    static pt_fuzzy_loop *const loops[PT_FUZZY_N_UFUNCS][PT_FUZZY_N_FORMATS] = {
#define X(NAME, name) [PT_FUZZY_##NAME] = {loop_##name##_64, loop_##name##_32},
        UFUNCS(X)
#undef X
    };
    return loops[ufunc][format];
}
