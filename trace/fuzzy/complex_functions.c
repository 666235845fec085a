#include "fuzzy/complex_functions.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "fuzzy/flags.h"
#include "fuzzy/functions.h"
#include "fuzzy/operand.h"
#include "fuzzy/runtime.h"

enum { PLANE = PT_FUZZY_BLOCK / 2 }; /* complex numbers of a block */

/* Written under the GIL before the loop that reads it is in numpy's table. */
static pt_fuzzy_loop *originals[PT_FUZZY_N_FORMATS][PT_FUZZY_N_COMPLEX_FUNCTIONS];

static const struct {
    const char *name;
    int operands;
} functions[] = {
#define X(NAME, name, n) [PT_FUZZY_COMPLEX_##NAME] = {#name, n},
    PT_FUZZY_COMPLEX_FUNCTIONS(X)
#undef X
};

const char *pt_fuzzy_complex_function_name(enum pt_fuzzy_complex_function function)
{
    return functions[function].name;
}

int pt_fuzzy_complex_function_operands(enum pt_fuzzy_complex_function function)
{
    return functions[function].operands;
}

void pt_fuzzy_complex_function_set_original(enum pt_fuzzy_complex_function function,
                                            enum pt_fuzzy_format format,
                                            pt_fuzzy_loop *original)
{
    originals[format][function] = original;
}

struct number {
    double re, im;
};

static struct number number_at(enum pt_fuzzy_format format, const char *values,
                               size_t i)
{
    if (format == PT_FUZZY_BINARY64) {
        const double *x = (const void *)values;
        return (struct number){x[2 * i], x[2 * i + 1]};
    }
    const float *x = (const void *)values;
    return (struct number){(double)x[2 * i], (double)x[2 * i + 1]};
}

static bool is_integer(struct number z)
{
    return z.re == trunc(z.re) && z.im == trunc(z.im);
}

/* r r = z, without an error: the products that numpy's root is the inverse of. */
static bool is_exact_root(struct number z, struct number r)
{
    double aa = r.re * r.re, bb = r.im * r.im, ab = 2 * r.re * r.im;
    return fma(r.re, r.re, -aa) == 0 && fma(r.im, r.im, -bb) == 0 &&
           fma(2 * r.re, r.im, -ab) == 0 && aa - bb == z.re && ab == z.im;
}

/* Powers of integers that numpy multiplies out, small enough that nothing is lost. */
static bool is_exact_power(struct number z, struct number n)
{
    double size = fabs(z.re) + fabs(z.im);
    return n.im == 0 && n.re >= 0 && n.re <= 100 && is_integer(n) && is_integer(z) &&
           (size <= 1 || n.re * log2(size) <= 52);
}

static bool is_exact(enum pt_fuzzy_complex_function function, struct number x,
                     struct number y, struct number r)
{
    switch (function) {
    case PT_FUZZY_COMPLEX_SQRT:
        return is_exact_root(x, r);
    case PT_FUZZY_COMPLEX_POWER:
    case PT_FUZZY_COMPLEX_FLOAT_POWER:
        return is_exact_power(x, y);
    default:
        return false;
    }
}

/* One block: contiguous operands, numpy's results, room for ours. */
struct block {
    const char *x, *y;
    char *r, *out;
    size_t n;
};

/* Both parts are results of their own: neither is at a zero or an infinity of the
 * function unless it is one. */
static void move_parts(struct pt_fuzzy_work *work,
                       enum pt_fuzzy_complex_function function,
                       const struct block *block)
{
    size_t bytes = 2 * pt_fuzzy_format_bytes(work->format);
    pt_fuzzy_function_perturb(work, PT_FUZZY_SIN, block->r, block->r, block->r,
                              block->out, 2 * block->n);
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    for (size_t i = 0; i < block->n; i++)
        if (is_exact(function, number_at(work->format, block->x, i),
                     number_at(work->format, block->y, i),
                     number_at(work->format, block->r, i)))
            memcpy(block->out + i * bytes, block->r + i * bytes, bytes);
    pt_fuzzy_environment_leave(before, 0);
}

static void move_absolute(struct pt_fuzzy_work *work, const struct block *block)
{
    _Alignas(64) char re[PLANE * 8], im[PLANE * 8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    for (size_t i = 0; i < block->n; i++) {
        memcpy(re + i * bytes, block->x + 2 * i * bytes, bytes);
        memcpy(im + i * bytes, block->x + (2 * i + 1) * bytes, bytes);
    }
    pt_fuzzy_function_perturb(work, PT_FUZZY_HYPOT, re, im, block->r, block->out,
                              block->n);
}

static void gather(struct pt_operand o, size_t n, size_t bytes, char *to)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * bytes, o.first + (intptr_t)i * o.step, bytes);
}

static void scatter(struct pt_operand o, size_t n, size_t bytes, const char *from)
{
    for (size_t i = 0; i < n; i++)
        memcpy(o.first + (intptr_t)i * o.step, from + i * bytes, bytes);
}

/* Blocks of `most` numbers: each reads all of its operands before it writes. */
static void run_blocks(struct pt_fuzzy_work *work,
                       enum pt_fuzzy_complex_function function,
                       const struct pt_operand *o, size_t n, size_t most, void *data)
{
    _Alignas(64) char room[4][PLANE * 16];
    size_t bytes = 2 * pt_fuzzy_format_bytes(work->format);
    bool unary = functions[function].operands == 1;
    bool real = function == PT_FUZZY_COMPLEX_ABSOLUTE;
    size_t out_bytes = real ? bytes / 2 : bytes;
    for (size_t i = 0; i < n; i += most) {
        intptr_t m = (intptr_t)(n - i < most ? n - i : most);
        struct block block = {room[0], unary ? room[0] : room[1], room[2], room[3],
                              (size_t)m};
        gather(pt_operand_advanced(o[0], i), block.n, bytes, room[0]);
        if (!unary)
            gather(pt_operand_advanced(o[1], i), block.n, bytes, room[1]);
        char *args[] = {room[0], unary ? room[2] : room[1], room[2]};
        intptr_t steps[] = {(intptr_t)bytes, (intptr_t)(unary ? out_bytes : bytes),
                            (intptr_t)out_bytes};
        originals[work->format][function](args, &m, steps, data);
        if (real)
            move_absolute(work, &block);
        else
            move_parts(work, function, &block);
        scatter(pt_operand_advanced(o[2], i), block.n, out_bytes, room[3]);
    }
}

static void run(enum pt_fuzzy_complex_function function, enum pt_fuzzy_format format,
                char **args, const intptr_t *dimensions, const intptr_t *steps,
                void *data)
{
    struct pt_fuzzy_work work = {.format = format};
    int last = functions[function].operands, second = last - 1;
    struct pt_operand o[] = {
        {args[0], steps[0]}, {args[second], steps[second]}, {args[last], steps[last]}};
    size_t n = (size_t)dimensions[0], bytes = 2 * pt_fuzzy_format_bytes(format);

    if (dimensions[0] <= 0)
        return;
    work.stream = pt_fuzzy_stream_get();
    if (!work.stream || pt_fuzzy_runtime.options.mode == PT_FUZZY_PB) {
        originals[format][function](args, dimensions, steps, data);
        return;
    }
    bool safe = pt_operand_is_safe(o[0], o[2], n, bytes) &&
                pt_operand_is_safe(o[1], o[2], n, bytes);
    run_blocks(&work, function, o, n, safe ? PLANE : 1, data);
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

void pt_fuzzy_complex_function_move(enum pt_fuzzy_complex_function function,
                                    enum pt_fuzzy_format format, const void *x,
                                    const void *y, void *r)
{
    struct pt_fuzzy_work work = {.format = format};
    _Alignas(64) char room[16];
    bool real = function == PT_FUZZY_COMPLEX_ABSOLUTE;
    struct block block = {x, y, r, room, 1};

    work.stream = pt_fuzzy_stream_get();
    if (!work.stream || pt_fuzzy_runtime.options.mode == PT_FUZZY_PB)
        return;
    if (real)
        move_absolute(&work, &block);
    else
        move_parts(&work, function, &block);
    memcpy(r, room, (real ? 1 : 2) * pt_fuzzy_format_bytes(format));
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

#define X(NAME, name, n)                                                               \
    static void name##_64(char **args, const intptr_t *dimensions,                     \
                          const intptr_t *steps, void *data)                           \
    {                                                                                  \
        run(PT_FUZZY_COMPLEX_##NAME, PT_FUZZY_BINARY64, args, dimensions, steps,       \
            data);                                                                     \
    }                                                                                  \
    static void name##_32(char **args, const intptr_t *dimensions,                     \
                          const intptr_t *steps, void *data)                           \
    {                                                                                  \
        run(PT_FUZZY_COMPLEX_##NAME, PT_FUZZY_BINARY32, args, dimensions, steps,       \
            data);                                                                     \
    }
PT_FUZZY_COMPLEX_FUNCTIONS(X)
#undef X

pt_fuzzy_loop *pt_fuzzy_complex_function_loop(enum pt_fuzzy_complex_function function,
                                              enum pt_fuzzy_format format)
{
    static pt_fuzzy_loop *const loops[][PT_FUZZY_N_FORMATS] = {
#define X(NAME, name, n) [PT_FUZZY_COMPLEX_##NAME] = {name##_64, name##_32},
        PT_FUZZY_COMPLEX_FUNCTIONS(X)
#undef X
    };
    return loops[function][format];
}
