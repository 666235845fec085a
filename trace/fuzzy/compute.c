#include "fuzzy/compute.h"

#include <math.h>
#include <string.h>

#include "fuzzy/events.h"

static double edge_one(struct pt_fuzzy_work *work, double a, double b, uint64_t state)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    bool nearest;
    if (runtime->deterministic)
        state = pt_fuzzy_edge_hash(runtime->options.seed, work->operation, work->format,
                                   a, b);
    double result = pt_fuzzy_edge(work->operation, work->format, &runtime->rounding, a,
                                  b, &state, &work->raised, &nearest);
    work->nearest += nearest;
    return result;
}

/* Whether the kernel's result of a op b is not to be used, r being one that does not
 * depend on the random number or, for the kernels of the grid, the kernel's own
 * (kernel_real.h has the reasons for the bounds). */
static bool is_edge(const struct pt_fuzzy_work *work, double a, double b, double r)
{
    bool wide = work->format == PT_FUZZY_BINARY64;
    double low = wide ? 0x1p-960 : 0x1p-96;
    double high = wide ? 0x1p1023 : 0x1p127;
    double factor = wide && !pt_fuzzy_runtime.kernels->fused ? 0x1p995 : high;
    if (work->operation == PT_FUZZY_SQRT)
        return !(a >= low && a < high);
    a = fabs(a);
    b = fabs(b);
    r = fabs(r);
    switch (work->operation) {
    case PT_FUZZY_MULTIPLY:
        return !(r >= low && r < high && a < factor && b < factor);
    case PT_FUZZY_DIVIDE:
        return !(r >= low && r < factor && a >= low && a < factor && b < factor);
    default:
        return !(r < high);
    }
}

/* The same for the kernels of the grid (kernel_grid.h). */
static bool is_grid_edge(const struct pt_fuzzy_work *work, double a, double b, double r)
{
    bool noisy = pt_fuzzy_runtime.kind == PT_FUZZY_KIND_PB ||
                 pt_fuzzy_runtime.kind == PT_FUZZY_KIND_MCA;
    double low = work->format == PT_FUZZY_BINARY64 ? 0x1p-960 : 0x1p-96;
    bool unary = work->operation == PT_FUZZY_SQRT;
    bool zero = !noisy && r == 0 && a != 0;

    if (noisy && !(fabs(a) >= low && (unary || fabs(b) >= low)))
        return true;
    if (!isfinite(a) || (!unary && !isfinite(b)))
        return true;
    switch (work->operation) {
    case PT_FUZZY_MULTIPLY:
        zero = zero && b != 0;
        break;
    case PT_FUZZY_ADD:
    case PT_FUZZY_SUBTRACT:
        return r == 0 ? noisy : fabs(r) < low || is_edge(work, a, b, r);
    default:
        break;
    }
    bool exact_zero = r == 0 && !noisy && !zero;
    return !(exact_zero && (work->operation != PT_FUZZY_DIVIDE || b != 0)) &&
           is_edge(work, a, b, r);
}

/* Computes again what the kernel could not. */
static void repair(struct pt_fuzzy_work *work, const void *a, const void *b, void *out,
                   const uint32_t *random, size_t n)
{
    const struct pt_fuzzy_kernels *kernels = pt_fuzzy_runtime.kernels;
    bool rest;
    size_t settled =
        kernels->settle[work->format][work->operation](a, b, out, n, &rest);
    if (!rest) {
        work->nearest += settled;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double x = pt_fuzzy_load(work->format, a, i),
               y = pt_fuzzy_load(work->format, b, i);
        if (is_edge(work, x, y, pt_fuzzy_edge_ieee(work->operation, x, y)))
            pt_fuzzy_store(work->format, out, i, edge_one(work, x, y, random[i]));
    }
}

/* m random numbers for each of the kind's uses. */
static const uint32_t *grid_random(struct pt_fuzzy_work *work, const void *a,
                                   const void *b, size_t m, uint32_t *room)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    bool commutes =
        work->operation == PT_FUZZY_ADD || work->operation == PT_FUZZY_MULTIPLY;
    if (!runtime->deterministic)
        return pt_fuzzy_stream_draw(work->stream, m * runtime->numbers);
    runtime->kernels->hash[work->format](
        a, b, room, m,
        pt_fuzzy_edge_seed(runtime->options.seed, work->operation, work->format),
        commutes);
    return room;
}

/* All modes and precisions. */
static void grid_block(struct pt_fuzzy_work *work, const char *a, const char *b,
                       char *out, size_t n)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    enum pt_fuzzy_format format = work->format;
    size_t most = PT_FUZZY_BLOCK / runtime->numbers,
           bytes = pt_fuzzy_format_bytes(format);
    unsigned dropped =
        pt_fuzzy_format_bits(format) - runtime->rounding.precision[format];
    pt_fuzzy_grid_fn *grid =
        runtime->kernels->grid[runtime->kind][format][work->operation];
    uint32_t room[PT_FUZZY_BLOCK];

    for (size_t at = 0; at < n; at += most) {
        size_t m = n - at < most ? n - at : most;
        const char *x = a + at * bytes, *y = b + at * bytes;
        char *to = out + at * bytes;
        const uint32_t *random = grid_random(work, x, y, m, room);
        if (!grid(x, y, to, random, m, dropped))
            continue;
        for (size_t i = 0; i < m; i++) {
            double p = pt_fuzzy_load(format, x, i), q = pt_fuzzy_load(format, y, i);
            if (is_grid_edge(work, p, q, pt_fuzzy_load(format, to, i)))
                pt_fuzzy_store(format, to, i, edge_one(work, p, q, random[i]));
        }
    }
}

static bool has_events(const struct pt_fuzzy_work *work)
{
    return pt_fuzzy_runtime.options.cancellation > 0 &&
           (work->operation == PT_FUZZY_ADD || work->operation == PT_FUZZY_SUBTRACT);
}

void pt_fuzzy_compute_block(struct pt_fuzzy_work *work, const void *a, const void *b,
                            void *out, size_t n)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    enum pt_fuzzy_format format = work->format;
    _Alignas(64) char room[PT_FUZZY_BLOCK * 8]; /* for a, where it is lost */
    char *kept = a == out ? room : NULL;
    const void *x = kept ? kept : a, *y = b == out ? x : b;

    work->done += n;
    if (runtime->vectors) {
        const uint32_t *random = pt_fuzzy_stream_draw(work->stream, n);
        if (runtime->kernels->block[format][work->operation](a, b, out, kept, random, n,
                                                             work->ahead))
            repair(work, x, y, out, random, n);
    } else {
        if (kept)
            memcpy(kept, a, n * pt_fuzzy_format_bytes(format));
        grid_block(work, x, y, out, n);
    }
    if (has_events(work))
        pt_fuzzy_events_look(work, x, y, out, n);
}

/* Whether a chain that has arrived at `acc` stays there whatever the rounding: NaN, and
 * a product or quotient that is zero. */
static bool is_stuck(const struct pt_fuzzy_work *work, double acc, double b)
{
    bool scales =
        work->operation == PT_FUZZY_MULTIPLY || work->operation == PT_FUZZY_DIVIDE;
    return isnan(acc) || (scales && acc == 0 && isfinite(b) && b != 0);
}

/* One step of a chain by edge.h. */
static void scan_one(struct pt_fuzzy_work *work, void *acc, const void *b, void *out,
                     size_t i, uint64_t state)
{
    enum pt_fuzzy_format format = work->format;
    double a = pt_fuzzy_load(format, acc, 0), x = pt_fuzzy_load(format, b, i), r;
    if (is_stuck(work, a, x)) {
        r = signbit(x) ? -a : a;
        work->nearest++;
    } else {
        r = edge_one(work, a, x, state);
    }
    pt_fuzzy_store(format, acc, 0, r);
    if (out)
        pt_fuzzy_store(format, out, i, r);
}

/* One step of a chain on the grid. */
static void scan_grid(struct pt_fuzzy_work *work, void *acc, const void *b, void *out,
                      size_t i)
{
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    _Alignas(8) char before[8];
    memcpy(before, acc, bytes);
    grid_block(work, before, (const char *)b + i * bytes, acc, 1);
    if (out)
        memcpy((char *)out + i * bytes, acc, bytes);
}

static void compute_scan(struct pt_fuzzy_work *work, void *acc, const void *b,
                         void *out, size_t n)
{
    const struct pt_fuzzy_runtime *runtime = &pt_fuzzy_runtime;
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    pt_fuzzy_scan_fn *scan = runtime->kernels->scan[work->format][work->operation];
    size_t i = 0;

    work->done += n;
    if (!runtime->vectors) {
        for (; i < n; i++)
            scan_grid(work, acc, b, out, i);
        return;
    }
    const uint32_t *random = pt_fuzzy_stream_draw(work->stream, n);
    while (i < n) {
        i += scan(acc, (const char *)b + i * bytes,
                  out ? (char *)out + i * bytes : NULL, random + i, n - i);
        if (i < n) {
            scan_one(work, acc, b, out, i, random[i]);
            i++;
        }
    }
}

void pt_fuzzy_compute_scan(struct pt_fuzzy_work *work, void *acc, const void *b,
                           void *out, size_t n)
{
    /* Events want to see what each sum began with. */
    _Alignas(64) char before[(PT_FUZZY_BLOCK + 1) * 8], kept[PT_FUZZY_BLOCK * 8];
    size_t bytes = pt_fuzzy_format_bytes(work->format);
    if (n == 0 || !has_events(work)) {
        compute_scan(work, acc, b, out, n);
        return;
    }
    char *to = out ? out : kept;
    memcpy(before, acc, bytes);
    compute_scan(work, acc, b, to, n);
    memcpy(before + bytes, to, (n - 1) * bytes);
    pt_fuzzy_events_look(work, before, b, to, n);
}

bool pt_fuzzy_compute_has_sums(const struct pt_fuzzy_work *work)
{
    return pt_fuzzy_runtime.vectors && !has_events(work);
}

bool pt_fuzzy_compute_leaves(struct pt_fuzzy_work *work, const void *const *x,
                             const size_t *rows, size_t n, void *sums)
{
    size_t additions = 0;
    if (!pt_fuzzy_compute_has_sums(work))
        return false;
    for (size_t l = 0; l < n; l++)
        additions += (rows[l] - 1) * PT_FUZZY_SIDE;
    if (pt_fuzzy_runtime.kernels->leaves[work->format](
            x, rows, n, sums, pt_fuzzy_stream_draw(work->stream, additions)))
        return false;
    work->done += additions;
    return true;
}

bool pt_fuzzy_compute_fold(struct pt_fuzzy_work *work, const void *x, void *sums,
                           size_t n, size_t parts, size_t left)
{
    if (!pt_fuzzy_compute_has_sums(work) ||
        pt_fuzzy_runtime.kernels->fold[work->format](
            x, sums, n, parts, left, pt_fuzzy_stream_draw(work->stream, n - left)))
        return false;
    work->done += n - left;
    return true;
}
