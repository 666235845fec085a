#include "capture/summary.h"

#include <fenv.h>
#include <math.h>

#define PT_SUMMARY_ADD           pt_summary_add
#define PT_SUMMARY_BYTES_AT_ONCE 16
#include "capture/summary_kernel.h"

/* Elements that are looked at in one go: they fit the first-level caches. */
enum { PIECE = 1024 };

struct progress {
    struct pt_summary_lanes lanes;
    struct pt_trace_summary *summary;
    double scale; /* of the numbers whose squares are summed */
    bool counting;
};

static double half_value(const unsigned char *p)
{
    unsigned bits = p[0] | (unsigned)p[1] << 8;
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 0    ? ldexp(fraction, -24)
                       : exponent == 31 ? (fraction ? NAN : INFINITY)
                                        : ldexp(1024 + fraction, exponent - 25);

    return bits & 0x8000 ? -magnitude : magnitude;
}

/* A finite number beyond the range of double stays finite. */
static double from_long(long double number)
{
    if (isfinite(number) && number > DBL_MAX)
        return DBL_MAX;
    if (isfinite(number) && number < -DBL_MAX)
        return -DBL_MAX;
    return (double)number;
}

#define CONVERT(type, expression)                                                      \
    do {                                                                               \
        for (size_t i = 0; i < n; i++) {                                               \
            type number;                                                               \
            memcpy(&number, data + i * sizeof number, sizeof number);                  \
            out[i] = (double)(expression);                                             \
        }                                                                              \
    } while (0)

static void convert_integers(char kind, size_t bytes, const unsigned char *data,
                             size_t n, double *out)
{
    bool is_signed = kind == 'i';

    switch (bytes) {
    case 1:
        if (is_signed)
            CONVERT(int8_t, number);
        else
            CONVERT(uint8_t, number);
        break;
    case 2:
        if (is_signed)
            CONVERT(int16_t, number);
        else
            CONVERT(uint16_t, number);
        break;
    case 4:
        if (is_signed)
            CONVERT(int32_t, number);
        else
            CONVERT(uint32_t, number);
        break;
    default:
        if (is_signed)
            CONVERT(int64_t, number);
        else
            CONVERT(uint64_t, number);
    }
}

/* n real numbers of `bytes` bytes, in the machine's order. */
static void convert(char kind, size_t bytes, const unsigned char *data, size_t n,
                    double *out)
{
    if (kind != 'f')
        convert_integers(kind, bytes, data, n, out);
    else if (bytes == 2)
        for (size_t i = 0; i < n; i++)
            out[i] = half_value(data + 2 * i);
    else if (bytes == 4)
        CONVERT(float, number);
    else if (bytes == 8)
        memcpy(out, data, n * 8);
    else
        CONVERT(long double, from_long(number));
}
#undef CONVERT

static void count(struct pt_trace_summary *summary, const double *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        summary->n_nan += isnan(numbers[i]) != 0;
        summary->n_positive_inf += isinf(numbers[i]) && numbers[i] > 0;
        summary->n_negative_inf += isinf(numbers[i]) && numbers[i] < 0;
    }
}

static bool add_lanes(struct pt_summary_lanes *lanes, const double *numbers, size_t n,
                      double scale)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return pt_summary_add_avx2(lanes, numbers, n, scale);
#endif
    return pt_summary_add(lanes, numbers, n, scale);
}

/* The numbers that do not fill all lanes are followed by NaN, which count as absent. */
static void add(struct progress *progress, const double *numbers, size_t n)
{
    size_t whole = n - n % PT_SUMMARY_LANES;
    double rest[PT_SUMMARY_LANES];
    bool bad = add_lanes(&progress->lanes, numbers, whole, progress->scale);

    if (n > whole) {
        for (size_t i = 0; i < PT_SUMMARY_LANES; i++)
            rest[i] = whole + i < n ? numbers[whole + i] : NAN;
        (void)add_lanes(&progress->lanes, rest, PT_SUMMARY_LANES, progress->scale);
        bad = true;
    }
    if (bad && progress->counting)
        count(progress->summary, numbers, n);
}

static void walk(struct progress *progress, const struct pt_elements *elements,
                 uint64_t n)
{
    size_t planes = elements->kind == 'c' ? 2 : 1;
    size_t word = elements->item_bytes / planes;
    char kind = elements->kind == 'c' ? 'f' : elements->kind;
    bool plain = pt_gather_is_plain(elements);
    _Alignas(64) unsigned char piece[PIECE * 32];
    _Alignas(64) double numbers[2 * PIECE];

    for (int i = 0; i < PT_SUMMARY_LANES; i++) {
        progress->lanes.sum[i] = progress->lanes.squares[i] = 0;
        progress->lanes.min[i] = INFINITY;
        progress->lanes.max[i] = -INFINITY;
    }
    for (uint64_t first = 0; first < n; first += PIECE) {
        size_t now = n - first < PIECE ? (size_t)(n - first) : PIECE;
        const unsigned char *data =
            (const unsigned char *)elements->data + first * elements->item_bytes;

        if (!plain) {
            pt_gather_elements(elements, first, now, piece);
            data = piece;
        }
        if (plain && kind == 'f' && word == 8 && (uintptr_t)data % 8 == 0) {
            add(progress, (const double *)(const void *)data, planes * now);
        } else {
            convert(kind, word, data, planes * now, numbers);
            add(progress, numbers, planes * now);
        }
    }
}

/* Sums of every second number are those of the real and of the imaginary parts. */
static void finish(const struct progress *progress, bool complex_numbers)
{
    const struct pt_summary_lanes *lanes = &progress->lanes;
    struct pt_trace_summary *summary = progress->summary;
    double squares = 0;

    summary->sum = summary->sum_imaginary = 0;
    summary->min = INFINITY;
    summary->max = -INFINITY;
    for (int i = 0; i < PT_SUMMARY_LANES; i++) {
        if (complex_numbers && i % 2 == 1)
            summary->sum_imaginary += lanes->sum[i];
        else
            summary->sum += lanes->sum[i];
        squares += lanes->squares[i];
        summary->min = fmin(summary->min, lanes->min[i]);
        summary->max = fmax(summary->max, lanes->max[i]);
    }
    if (summary->min > summary->max)
        summary->min = summary->max = NAN;
    summary->norm = sqrt(squares) / progress->scale;
}

/* A power of two that brings the largest number near 1, where its square would overflow
 * or lose digits below the least normal number; else 1. */
static double scale_for(const struct pt_trace_summary *summary)
{
    double largest = fmax(fabs(summary->min), fabs(summary->max));
    int exponent = 0;

    if (!(largest > 0) || (largest < 0x1p+480 && largest > 0x1p-480))
        return 1;
    (void)frexp(largest, &exponent);
    return ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

void pt_summary_make(const struct pt_elements *elements, uint64_t n,
                     struct pt_trace_summary *summary)
{
    struct progress progress = {.summary = summary, .scale = 1, .counting = true};
    fenv_t before;

    *summary = (struct pt_trace_summary){0};
    feholdexcept(&before);
    fesetround(FE_TONEAREST);
    walk(&progress, elements, n);
    finish(&progress, elements->kind == 'c');
    progress.scale = scale_for(summary);
    progress.counting = false;
    if (progress.scale < 1 || progress.scale > 1) {
        walk(&progress, elements, n);
        finish(&progress, elements->kind == 'c');
    }
    fesetenv(&before);
}
