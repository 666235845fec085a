#include "fuzzy/loops.h"

#include <stdbool.h>
#include <string.h>

#include "fuzzy/compute.h"
#include "fuzzy/flags.h"
#include "fuzzy/operand.h"
#include "fuzzy/reduce.h"
#include "fuzzy/runtime.h"

/* Written under the GIL before the loop that reads it is in numpy's table. */
static pt_fuzzy_loop *originals[PT_FUZZY_N_FORMATS][PT_FUZZY_N_UFUNCS];

void pt_fuzzy_loop_set_original(unsigned ufunc, enum pt_fuzzy_format format,
                                pt_fuzzy_loop *original)
{
    originals[format][ufunc] = original;
}

/* Blocks of `most` elements: each reads all of its inputs before it writes. */
static void run_blocks(struct pt_fuzzy_work *work, struct pt_operand a,
                       struct pt_operand b, struct pt_operand out, size_t n,
                       size_t most, bool direct)
{
    _Alignas(64) char room[3][PT_FUZZY_BLOCK * 8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    direct = direct && pt_operand_is_contiguous(out, bytes);
    work->ahead = n * bytes > PT_FUZZY_FAR ? PT_FUZZY_AHEAD : 0;
    for (size_t i = 0; i < n; i += most) {
        size_t m = n - i < most ? n - i : most;
        bool kept = i > 0 && most > 1;
        const char *x = pt_operand_input(a, i, m, bytes, kept, room[0]);
        const char *y =
            pt_operand_same(a, b) ? x : pt_operand_input(b, i, m, bytes, kept, room[1]);
        char *to = direct ? out.first + i * bytes : room[2];
        pt_fuzzy_compute_block(work, x, y, to, m);
        if (!direct)
            pt_operand_scatter(pt_operand_advanced(out, i), m, bytes, to);
    }
}

/* out[i] = out[i - 1] op b[i], as accumulate calls a loop. */
static void run_chain(struct pt_fuzzy_work *work, struct pt_operand a,
                      struct pt_operand b, struct pt_operand out, size_t n)
{
    _Alignas(64) char room[2][PT_FUZZY_BLOCK * 8];
    _Alignas(8) char acc[8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    memcpy(acc, a.first, bytes);
    for (size_t i = 0; i < n; i += PT_FUZZY_BLOCK) {
        size_t m = n - i < PT_FUZZY_BLOCK ? n - i : PT_FUZZY_BLOCK;
        const char *y = pt_operand_input(b, i, m, bytes, i > 0, room[0]);
        pt_fuzzy_compute_scan(work, acc, y, room[1], m);
        pt_operand_scatter(pt_operand_advanced(out, i), m, bytes, room[1]);
    }
}

static void run_reduce(struct pt_fuzzy_work *work, struct pt_operand out,
                       struct pt_operand b, size_t n)
{
    _Alignas(8) char acc[8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    memcpy(acc, out.first, bytes);
    pt_fuzzy_reduce(work, acc, b.first, b.step, n);
    memcpy(out.first, acc, bytes);
}

/* Chooses by how the result overlaps the inputs, so that each element sees what it
 * would see in numpy's own loop, which goes through them in turn. */
static void run_binary(struct pt_fuzzy_work *work, struct pt_operand a,
                       struct pt_operand b, struct pt_operand out, size_t n)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    bool hits_a = pt_operand_overlap(a, out, n, bytes),
         hits_b = pt_operand_overlap(b, out, n, bytes);
    bool safe_a = pt_operand_is_safe(a, out, n, bytes);
    bool safe_b = pt_operand_is_safe(b, out, n, bytes);
    bool chain = a.first + a.step == out.first && a.step == out.step && out.step != 0;

    if (pt_operand_same(a, out) && out.step == 0 && !hits_b)
        run_reduce(work, out, b, n);
    else if (safe_a && safe_b)
        run_blocks(work, a, b, out, n,
                   work->format == PT_FUZZY_BINARY64 ? PT_FUZZY_BLOCK
                                                     : PT_FUZZY_NARROW_BLOCK,
                   pt_operand_same(a, out) ? !hits_b || pt_operand_same(a, b)
                                           : !hits_a && !hits_b);
    else if (chain && safe_b)
        run_chain(work, a, b, out, n);
    else
        run_blocks(work, a, b, out, n, 1, false);
}

/* The operands as those of the binary operation that the ufunc comes down to. */
static enum pt_fuzzy_operation set_operands(unsigned ufunc, enum pt_fuzzy_format format,
                                            char **args, const intptr_t *steps,
                                            struct pt_operand operands[3])
{
    static double one_64 = 1;
    static float one_32 = 1;
    struct pt_operand first = {args[0], steps[0]}, second = {args[1], steps[1]};
    operands[0] = operands[1] = first;
    operands[2] = second;
    switch (ufunc) {
    case PT_FUZZY_SQUARE:
        return PT_FUZZY_MULTIPLY;
    case PT_FUZZY_RECIPROCAL:
        operands[0].first =
            format == PT_FUZZY_BINARY64 ? (char *)&one_64 : (char *)&one_32;
        operands[0].step = 0;
        return PT_FUZZY_DIVIDE;
    case PT_FUZZY_SQRT:
        return PT_FUZZY_SQRT;
    default:
        operands[1] = second;
        operands[2] = (struct pt_operand){args[2], steps[2]};
        return (enum pt_fuzzy_operation)ufunc;
    }
}

/* The sum of a row of few elements, of which there may be many: in few instructions,
 * where nothing is out of the ordinary; false where it is. */
static bool sum_few(enum pt_fuzzy_format format, char **args, size_t n,
                    const intptr_t *steps)
{
    /* As in numpy's loop all is read before the sum is written. */
    if (args[0] != args[2] || steps[0] != 0 || steps[2] != 0 || n >= PT_FUZZY_SIDE ||
        !pt_fuzzy_runtime.single)
        return false;
    struct pt_fuzzy_stream *stream = pt_fuzzy_stream_for_few(PT_FUZZY_NUMPY);
    if (!stream)
        return false;
    bool done = pt_fuzzy_runtime.kernels->few[format](args[0], args[1], steps[1], n,
                                                      pt_fuzzy_stream_draw(stream, n));
    if (done)
        pt_fuzzy_stream_count_few(stream, n + 1); /* the first, to -0, counts too */
    return done;
}

static void run(unsigned ufunc, enum pt_fuzzy_format format, char **args,
                const intptr_t *dimensions, const intptr_t *steps, void *data)
{
    struct pt_fuzzy_work work = {.format = format};
    struct pt_operand operands[3];

    if (dimensions[0] <= 0)
        return;
    if (ufunc == PT_FUZZY_ADD && sum_few(format, args, (size_t)dimensions[0], steps))
        return;
    work.stream = pt_fuzzy_stream_get();
    if (!work.stream) {
        originals[format][ufunc](args, dimensions, steps, data);
        return;
    }
    work.operation = set_operands(ufunc, format, args, steps, operands);
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    run_binary(&work, operands[0], operands[1], operands[2], (size_t)dimensions[0]);
    pt_fuzzy_environment_leave(before, work.raised);
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

#define UFUNCS(X)                                                                      \
    X(ADD, add)                                                                        \
    X(SUBTRACT, subtract)                                                              \
    X(MULTIPLY, multiply)                                                              \
    X(DIVIDE, divide)                                                                  \
    X(SQRT, sqrt)                                                                      \
    X(SQUARE, square)                                                                  \
    X(RECIPROCAL, reciprocal)

#define X(NAME, name)                                                                  \
    static void name##_64(char **args, const intptr_t *dimensions,                     \
                          const intptr_t *steps, void *data)                           \
    {                                                                                  \
        run(PT_FUZZY_##NAME, PT_FUZZY_BINARY64, args, dimensions, steps, data);        \
    }                                                                                  \
    static void name##_32(char **args, const intptr_t *dimensions,                     \
                          const intptr_t *steps, void *data)                           \
    {                                                                                  \
        run(PT_FUZZY_##NAME, PT_FUZZY_BINARY32, args, dimensions, steps, data);        \
    }
UFUNCS(X)
#undef X

static const struct ufunc {
    const char *name;
    pt_fuzzy_loop *loops[PT_FUZZY_N_FORMATS];
} ufuncs[PT_FUZZY_N_UFUNCS] = {
#define X(NAME, name) [PT_FUZZY_##NAME] = {#name, {name##_64, name##_32}},
    UFUNCS(X)
#undef X
};

pt_fuzzy_loop *pt_fuzzy_loop_of(unsigned ufunc, enum pt_fuzzy_format format)
{
    return ufuncs[ufunc].loops[format];
}

const char *pt_fuzzy_loop_name(unsigned ufunc)
{
    return ufuncs[ufunc].name;
}
