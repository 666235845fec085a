#include "fuzzy/functions.h"

#include <math.h>

#include "fuzzy/edge.h"
#include "fuzzy/flags.h"
#include "fuzzy/operand.h"
#include "fuzzy/runtime.h"

/* Written under the GIL before the loop that reads it is in numpy's table. */
static pt_fuzzy_loop *originals[PT_FUZZY_N_FORMATS][PT_FUZZY_N_FUNCTIONS];

static const struct {
    const char *name;
    int operands;
} functions[] = {
#define X(NAME, name, n) [PT_FUZZY_##NAME] = {#name, n},
    PT_FUZZY_FUNCTIONS(X)
#undef X
};

const char *pt_fuzzy_function_name(enum pt_fuzzy_function function)
{
    return functions[function].name;
}

int pt_fuzzy_function_operands(enum pt_fuzzy_function function)
{
    return functions[function].operands;
}

void pt_fuzzy_function_set_original(enum pt_fuzzy_function function,
                                    enum pt_fuzzy_format format,
                                    pt_fuzzy_loop *original)
{
    originals[format][function] = original;
}

static bool is_integer(double x)
{
    return isfinite(x) && x == trunc(x);
}

/* Whether x^n, n >= 1, is a double, and which. */
static bool exact_power(double x, double n, double *power)
{
    double result = 1;
    if (n > 1100) /* only 0 and ±1 get so far */
        return false;
    for (double i = 0; i < n; i++) {
        double next = result * x;
        if (!isfinite(next) || fma(result, x, -next) != 0)
            return false;
        result = next;
    }
    *power = result;
    return true;
}

static bool is_exact_power(double x, double y, double r)
{
    double p;
    if (y == 0 || x == 1 || x == 0)
        return true;
    if (y == 0.5)
        return fma(r, r, -x) == 0;
    if (!is_integer(y) || !exact_power(x, fabs(y), &p))
        return false;
    return y > 0 ? p == r : fma(p, r, -1) == 0;
}

static bool is_exact_hypot(double x, double y, double r)
{
    double xx = x * x, yy = y * y, rr = r * r;
    if (x == 0 || y == 0)
        return true;
    return fma(x, x, -xx) == 0 && fma(y, y, -yy) == 0 && fma(r, r, -rr) == 0 &&
           (rr - xx) == yy && (rr - yy) == xx;
}

/* Exactness is looked at element by element for these only; the kernel keeps what all
 * the others have of it. */
static bool may_be_exact(enum pt_fuzzy_function function)
{
    switch (function) {
    case PT_FUZZY_EXP2:
    case PT_FUZZY_LOG2:
    case PT_FUZZY_LOG10:
    case PT_FUZZY_CBRT:
    case PT_FUZZY_POWER:
    case PT_FUZZY_FLOAT_POWER:
    case PT_FUZZY_HYPOT:
    case PT_FUZZY_LOGADDEXP:
    case PT_FUZZY_LOGADDEXP2:
        return true;
    default:
        return false;
    }
}

bool pt_fuzzy_function_is_exact(enum pt_fuzzy_function function, double x, double y,
                                double r)
{
    int exponent;
    switch (function) {
    case PT_FUZZY_POWER:
    case PT_FUZZY_FLOAT_POWER:
        return is_exact_power(x, y, r);
    case PT_FUZZY_HYPOT:
        return is_exact_hypot(x, y, r);
    case PT_FUZZY_LOGADDEXP:
        return isinf(y);
    case PT_FUZZY_LOGADDEXP2:
        return isinf(y) || (x == y && r - 1 == x);
    case PT_FUZZY_EXP2:
        return is_integer(x);
    case PT_FUZZY_LOG2:
        return frexp(x, &exponent) == 0.5;
    case PT_FUZZY_LOG10:
        return is_integer(r) && r >= 0 && r <= 22 && pow(10, r) == x;
    case PT_FUZZY_CBRT:
        return exact_power(r, 3, &y) && y == x;
    default:
        return false;
    }
}

/* hypot is at least as large as either of its operands. */
static bool is_beyond(enum pt_fuzzy_function function, double x, double y, double r)
{
    return function == PT_FUZZY_HYPOT && (r < fabs(x) || r < fabs(y));
}

/* One block: contiguous and aligned operands, numpy's results, room for ours. */
struct block {
    const void *x, *y, *r;
    void *out;
    size_t n;
};

/* The block's random numbers: fresh ones, or hashes of the operands. */
static const uint32_t *draw(struct pt_fuzzy_work *work, enum pt_fuzzy_function function,
                            const struct block *block, uint32_t *room)
{
    if (!pt_fuzzy_runtime.deterministic)
        return pt_fuzzy_stream_draw(work->stream, block->n);
    for (size_t i = 0; i < block->n; i++) {
        uint64_t hash = pt_fuzzy_edge_hash(
            pt_fuzzy_runtime.options.seed ^ (uint64_t)function << 32, PT_FUZZY_SQRT,
            work->format, pt_fuzzy_load(work->format, block->x, i),
            pt_fuzzy_load(work->format, block->y, i));
        room[i] = (uint32_t)(hash >> 32);
    }
    return room;
}

/* At the full precision of the format: r or a neighbour. */
static void nudge(struct pt_fuzzy_work *work, enum pt_fuzzy_function function,
                  const struct block *block, const uint32_t *random)
{
    enum pt_fuzzy_format format = work->format;
    pt_fuzzy_runtime.kernels->nudge[format](block->r, block->x, block->out, random,
                                            block->n);
    if (!may_be_exact(function))
        return;
    for (size_t i = 0; i < block->n; i++) {
        double r = pt_fuzzy_load(format, block->r, i),
               moved = pt_fuzzy_load(format, block->out, i);
        double x = pt_fuzzy_load(format, block->x, i),
               y = pt_fuzzy_load(format, block->y, i);
        if (moved != r && (pt_fuzzy_function_is_exact(function, x, y, r) ||
                           is_beyond(function, x, y, moved)))
            pt_fuzzy_store(format, block->out, i, r);
    }
}

/* At a virtual precision: r as an exact value, rounded onto the coarser grid. In `mca`
 * it also carries the noise of an operand, as one element at a time can have it. */
static void coarsen(struct pt_fuzzy_work *work, const struct block *block,
                    const uint32_t *random)
{
    static const double zeros[PT_FUZZY_BLOCK]; /* of either format */
    if (pt_fuzzy_runtime.kind != PT_FUZZY_KIND_MCA) {
        uint64_t done = work->done;
        work->operation = PT_FUZZY_ADD;
        pt_fuzzy_compute_block(work, block->r, zeros, block->out, block->n);
        work->done = done;
        return;
    }
    for (size_t i = 0; i < block->n; i++) {
        uint64_t state = random[i];
        int raised = 0;
        bool nearest;
        double r = pt_fuzzy_edge(PT_FUZZY_ADD, work->format, &pt_fuzzy_runtime.rounding,
                                 pt_fuzzy_load(work->format, block->r, i), 0, &state,
                                 &raised, &nearest);
        pt_fuzzy_store(work->format, block->out, i, r);
        work->nearest += nearest;
    }
}

void pt_fuzzy_function_perturb(struct pt_fuzzy_work *work,
                               enum pt_fuzzy_function function, const void *x,
                               const void *y, const void *r, void *out, size_t n)
{
    uint32_t room[PT_FUZZY_BLOCK];
    struct block block = {x, y, r, out, n};
    unsigned bits = work->format == PT_FUZZY_BINARY64 ? 53 : 24;
    const uint32_t *random = draw(work, function, &block, room);
    struct pt_fuzzy_environment before = pt_fuzzy_environment_enter();
    if (pt_fuzzy_runtime.rounding.precision[work->format] == bits)
        nudge(work, function, &block, random);
    else
        coarsen(work, &block, random);
    pt_fuzzy_environment_leave(before, 0);
    work->done += n;
}

/* Blocks of `most` elements: each reads all of its operands before it writes. */
static void run_blocks(struct pt_fuzzy_work *work, enum pt_fuzzy_function function,
                       struct pt_operand a, struct pt_operand b, struct pt_operand out,
                       size_t n, size_t most, void *data)
{
    _Alignas(64) char room[4][PT_FUZZY_BLOCK * 8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    bool unary = functions[function].operands == 1;
    for (size_t i = 0; i < n; i += most) {
        size_t m = n - i < most ? n - i : most;
        bool kept = i > 0 && most > 1;
        const char *x = pt_operand_input(a, i, m, bytes, kept, room[0]);
        const char *y = unary ? x : pt_operand_input(b, i, m, bytes, kept, room[1]);
        char *args[] = {(char *)(uintptr_t)x, (char *)(uintptr_t)y, room[2]};
        intptr_t steps[] = {(intptr_t)bytes, (intptr_t)bytes, (intptr_t)bytes};
        intptr_t dimensions[] = {(intptr_t)m};
        if (unary)
            args[1] = room[2];
        originals[work->format][function](args, dimensions, steps, data);
        pt_fuzzy_function_perturb(work, function, x, y, room[2], room[3], m);
        pt_operand_scatter(pt_operand_advanced(out, i), m, bytes, room[3]);
    }
}

static void run(enum pt_fuzzy_function function, enum pt_fuzzy_format format,
                char **args, const intptr_t *dimensions, const intptr_t *steps,
                void *data)
{
    struct pt_fuzzy_work work = {.format = format};
    struct pt_operand a = {args[0], steps[0]}, b = {args[1], steps[1]}, out = b;
    size_t n = (size_t)dimensions[0], bytes = pt_fuzzy_format_bytes(format);

    if (dimensions[0] <= 0)
        return;
    work.stream = pt_fuzzy_stream_get();
    if (!work.stream || pt_fuzzy_runtime.options.mode == PT_FUZZY_PB) {
        originals[format][function](args, dimensions, steps, data);
        return;
    }
    if (functions[function].operands == 1)
        b = a;
    else
        out = (struct pt_operand){args[2], steps[2]};
    bool safe =
        pt_operand_is_safe(a, out, n, bytes) && pt_operand_is_safe(b, out, n, bytes);
    run_blocks(&work, function, a, b, out, n, safe ? PT_FUZZY_BLOCK : 1, data);
    pt_fuzzy_stream_count(work.stream, work.done - work.nearest, work.nearest);
}

#define X(NAME, name, n)                                                               \
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
PT_FUZZY_FUNCTIONS(X)
#undef X

pt_fuzzy_loop *pt_fuzzy_function_loop(enum pt_fuzzy_function function,
                                      enum pt_fuzzy_format format)
{
    static pt_fuzzy_loop *const loops[][PT_FUZZY_N_FORMATS] = {
#define X(NAME, name, n) [PT_FUZZY_##NAME] = {name##_64, name##_32},
        PT_FUZZY_FUNCTIONS(X)
#undef X
    };
    return loops[function][format];
}
