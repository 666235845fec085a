#include "fuzzy/loops.h"

#include <stdbool.h>
#include <string.h>

#include "fuzzy/compute.h"
#include "fuzzy/flags.h"
#include "fuzzy/reduce.h"
#include "fuzzy/runtime.h"

/* Written under the GIL before the loop that reads it is in numpy's table. */
static pt_fuzzy_loop *originals[PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS];

void pt_fuzzy_loop_set_original(enum pt_fuzzy_operation operation,
                                enum pt_fuzzy_format format, pt_fuzzy_loop *original)
{
    originals[format][operation] = original;
}

struct operand {
    char *first;
    intptr_t step;
};

/* The loop's elements, as an operand of `n` elements of `bytes` bytes covers them. */
static void covers(struct operand o, size_t n, size_t bytes, uintptr_t *from,
                   uintptr_t *to)
{
    uintptr_t a = (uintptr_t)o.first,
              b = (uintptr_t)(o.first + (intptr_t)(n - 1) * o.step);
    *from = a < b ? a : b;
    *to = (a < b ? b : a) + bytes;
}

static bool overlap(struct operand o, struct operand p, size_t n, size_t bytes)
{
    uintptr_t from_o, to_o, from_p, to_p;
    covers(o, n, bytes, &from_o, &to_o);
    covers(p, n, bytes, &from_p, &to_p);
    return from_o < to_p && from_p < to_o;
}

static bool same(struct operand o, struct operand p)
{
    return o.first == p.first && o.step == p.step;
}

static bool is_contiguous(struct operand o, size_t bytes)
{
    return o.step == (intptr_t)bytes && (uintptr_t)o.first % bytes == 0;
}

static struct operand advanced(struct operand o, size_t i)
{
    o.first += (intptr_t)i * o.step;
    return o;
}

static void gather(struct operand o, size_t n, size_t bytes, char *to)
{
    if (bytes == 8)
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 8, o.first + (intptr_t)i * o.step, 8);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 4, o.first + (intptr_t)i * o.step, 4);
}

static void scatter(struct operand o, size_t n, size_t bytes, const char *from)
{
    if (o.step == (intptr_t)bytes)
        memcpy(o.first, from, n * bytes);
    else if (bytes == 8)
        for (size_t i = 0; i < n; i++)
            memcpy(o.first + (intptr_t)i * o.step, from + i * 8, 8);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(o.first + (intptr_t)i * o.step, from + i * 4, 4);
}

/* Elements i … i + n of an input as contiguous, aligned memory: its own, or `room`,
 * which keeps an operand that is one number for all from block to block. */
static const char *input(struct operand o, size_t i, size_t n, size_t bytes, char *room)
{
    if (is_contiguous(o, bytes))
        return o.first + i * bytes;
    if (o.step != 0 || i == 0)
        gather(advanced(o, i), n, bytes, room);
    return room;
}

/* Blocks of `most` elements: each reads all of its inputs before it writes. */
static void run_blocks(struct pt_fuzzy_work *work, struct operand a, struct operand b,
                       struct operand out, size_t n, size_t most, bool direct)
{
    _Alignas(64) char room[3][PT_FUZZY_BLOCK * 8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    direct = direct && is_contiguous(out, bytes);
    for (size_t i = 0; i < n; i += most) {
        size_t m = n - i < most ? n - i : most;
        const char *x = input(a, i, m, bytes, room[0]);
        const char *y = same(a, b) ? x : input(b, i, m, bytes, room[1]);
        char *to = direct ? out.first + i * bytes : room[2];
        pt_fuzzy_compute_block(work, x, y, to, m);
        if (!direct)
            scatter(advanced(out, i), m, bytes, to);
    }
}

/* out[i] = out[i - 1] op b[i], as accumulate calls a loop. */
static void run_chain(struct pt_fuzzy_work *work, struct operand a, struct operand b,
                      struct operand out, size_t n)
{
    _Alignas(64) char room[2][PT_FUZZY_BLOCK * 8];
    _Alignas(8) char acc[8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    memcpy(acc, a.first, bytes);
    for (size_t i = 0; i < n; i += PT_FUZZY_BLOCK) {
        size_t m = n - i < PT_FUZZY_BLOCK ? n - i : PT_FUZZY_BLOCK;
        const char *y = input(b, i, m, bytes, room[0]);
        pt_fuzzy_compute_scan(work, acc, y, room[1], m);
        scatter(advanced(out, i), m, bytes, room[1]);
    }
}

static void run_reduce(struct pt_fuzzy_work *work, struct operand out, struct operand b,
                       size_t n)
{
    _Alignas(8) char acc[8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    memcpy(acc, out.first, bytes);
    pt_fuzzy_reduce(work, acc, b.first, b.step, n);
    memcpy(out.first, acc, bytes);
}

/* Chooses by how the result overlaps the inputs, so that each element sees what it
 * would see in numpy's own loop, which goes through them in turn. */
static void run_binary(struct pt_fuzzy_work *work, struct operand a, struct operand b,
                       struct operand out, size_t n)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    bool hits_a = overlap(a, out, n, bytes), hits_b = overlap(b, out, n, bytes);
    bool safe_a = !hits_a || (same(a, out) && out.step != 0);
    bool safe_b = !hits_b || (same(b, out) && out.step != 0);
    bool chain = a.first + a.step == out.first && a.step == out.step && out.step != 0;

    if (same(a, out) && out.step == 0 && !hits_b)
        run_reduce(work, out, b, n);
    else if (safe_a && safe_b)
        run_blocks(work, a, b, out, n, PT_FUZZY_BLOCK, !hits_a && !hits_b);
    else if (chain && safe_b)
        run_chain(work, a, b, out, n);
    else
        run_blocks(work, a, b, out, n, 1, false);
}

static void run(enum pt_fuzzy_operation operation, enum pt_fuzzy_format format,
                char **args, const intptr_t *dimensions, const intptr_t *steps,
                void *data)
{
    struct pt_fuzzy_work work = {.operation = operation, .format = format};
    bool unary = operation == PT_FUZZY_SQRT;
    size_t n = (size_t)dimensions[0];
    struct operand a = {args[0], steps[0]}, b = {args[1], steps[1]}, out = b;

    if (dimensions[0] <= 0)
        return;
    work.stream = pt_fuzzy_stream_get();
    if (!work.stream) {
        originals[format][operation](args, dimensions, steps, data);
        return;
    }
    if (unary)
        b = a;
    else
        out = (struct operand){args[2], steps[2]};
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    run_binary(&work, a, b, out, n);
    pt_fuzzy_environment_leave(before, work.raised);
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

#define LOOP(name, operation, format)                                                  \
    static void name(char **args, const intptr_t *dimensions, const intptr_t *steps,   \
                     void *data)                                                       \
    {                                                                                  \
        run(operation, format, args, dimensions, steps, data);                         \
    }
LOOP(add_64, PT_FUZZY_ADD, PT_FUZZY_BINARY64)
LOOP(add_32, PT_FUZZY_ADD, PT_FUZZY_BINARY32)
LOOP(subtract_64, PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY64)
LOOP(subtract_32, PT_FUZZY_SUBTRACT, PT_FUZZY_BINARY32)
LOOP(multiply_64, PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY64)
LOOP(multiply_32, PT_FUZZY_MULTIPLY, PT_FUZZY_BINARY32)
LOOP(divide_64, PT_FUZZY_DIVIDE, PT_FUZZY_BINARY64)
LOOP(divide_32, PT_FUZZY_DIVIDE, PT_FUZZY_BINARY32)
LOOP(sqrt_64, PT_FUZZY_SQRT, PT_FUZZY_BINARY64)
LOOP(sqrt_32, PT_FUZZY_SQRT, PT_FUZZY_BINARY32)
#undef LOOP

pt_fuzzy_loop *pt_fuzzy_loop_of(enum pt_fuzzy_operation operation,
                                enum pt_fuzzy_format format)
{
    static pt_fuzzy_loop *const loops[PT_FUZZY_N_FORMATS][PT_FUZZY_N_OPERATIONS] = {
        [PT_FUZZY_BINARY64] = {add_64, subtract_64, multiply_64, divide_64, sqrt_64},
        [PT_FUZZY_BINARY32] = {add_32, subtract_32, multiply_32, divide_32, sqrt_32},
    };
    return loops[format][operation];
}
