#include "statistics/sum.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Bin b has the weight 2^(32 b). A term m·2ᵉ (m of 53 bits) is an integer of at most 85
 * bits at a multiple of 2³², cut into three pieces of 32 bits, each added to its bin:
 *
 *      bin:     top        top − 1     top − 2     …   top − 7
 *           [ int64  ]  [ int64  ]  [ int64  ]          the rest is dropped
 *                 piece 2 │ piece 1 │ piece 0
 *
 * Integer addition is associative, and what is dropped depends only on the highest bin
 * that any term touches: hence no order. What is dropped is below 2^−159 of the
 * greatest term. */
enum { BIN_BITS = 32, EMPTY = INT32_MIN };

void pt_stat_sum_begin(struct pt_stat_sum *sum)
{
    memset(sum, 0, sizeof *sum);
    sum->top = EMPTY;
}

/* Moves the window up to `top`. */
static void raise_top(struct pt_stat_sum *sum, int32_t top)
{
    int64_t by = (int64_t)top - sum->top;

    if (by <= 0) {
        return;
    }
    if (by < PT_STAT_BINS) {
        memmove(sum->bin + by, sum->bin,
                sizeof sum->bin[0] * (size_t)(PT_STAT_BINS - by));
        memset(sum->bin, 0, sizeof sum->bin[0] * (size_t)by);
    } else {
        memset(sum->bin, 0, sizeof sum->bin);
    }
    sum->top = top;
}

/* |value| as mantissa·2^*exponent with a mantissa of 53 bits: from its bits, or by
 * libm where it is subnormal. */
static int64_t split(double value, int *exponent)
{
    enum { BIAS = 1023, MANTISSA_BITS = 52 };
    uint64_t bits;
    int biased;

    memcpy(&bits, &value, sizeof bits);
    biased = (int)(bits >> MANTISSA_BITS & 0x7ff);
    if (biased == 0) {
        int64_t mantissa = (int64_t)ldexp(frexp(fabs(value), exponent), 53);

        *exponent -= 53;
        return mantissa;
    }
    *exponent = biased - BIAS - MANTISSA_BITS;
    return (int64_t)((bits & ((UINT64_C(1) << MANTISSA_BITS) - 1)) |
                     UINT64_C(1) << MANTISSA_BITS);
}

void pt_stat_sum_add(struct pt_stat_sum *sum, double value, int exponent)
{
    int e;
    int64_t mantissa = split(value, &e);
    int position = e + exponent;
    int bin = position >> 5; /* floor, also of negative positions */
    unsigned __int128 wide;

    assert(isfinite(value));
    if (mantissa == 0) {
        return;
    }
    wide = (unsigned __int128)mantissa << (position & 31);
    raise_top(sum, bin + 2);
    for (int i = 0; i < 3; i++) {
        int64_t piece = (int64_t)((wide >> (BIN_BITS * i)) & UINT32_MAX);
        int64_t at = (int64_t)sum->top - (bin + i);

        if (at < PT_STAT_BINS) {
            sum->bin[at] += value < 0 ? -piece : piece;
        }
    }
}

void pt_stat_sum_merge(struct pt_stat_sum *into, const struct pt_stat_sum *from)
{
    if (from->top == EMPTY) {
        return;
    }
    raise_top(into, from->top);
    for (int i = 0; i < PT_STAT_BINS; i++) {
        int64_t at = (int64_t)into->top - from->top + i;

        if (at < PT_STAT_BINS) {
            into->bin[at] += from->bin[i];
        }
    }
}

/* Carries upwards, so that every bin but the first is in [0, 2³²). */
static void carry(int64_t *bin)
{
    for (int i = PT_STAT_BINS - 1; i > 0; i--) {
        int64_t over = bin[i] >> BIN_BITS;

        bin[i] -= over * (INT64_C(1) << BIN_BITS);
        bin[i - 1] += over;
    }
}

struct pt_scaled pt_stat_sum_value(const struct pt_stat_sum *sum)
{
    int64_t bin[PT_STAT_BINS];
    struct pt_scaled value = {0, 0};
    int sign = 1;

    memcpy(bin, sum->bin, sizeof bin);
    carry(bin);
    if (bin[0] < 0) {
        sign = -1;
        for (int i = 0; i < PT_STAT_BINS; i++) {
            bin[i] = -bin[i];
        }
        carry(bin);
    }
    for (int i = 0; i < PT_STAT_BINS; i++) {
        if (bin[i] != 0) { /* three bins from the first that counts: 65 bits or more */
            unsigned __int128 head = (unsigned __int128)bin[i] << (2 * BIN_BITS);

            head |=
                i + 1 < PT_STAT_BINS ? (unsigned __int128)bin[i + 1] << BIN_BITS : 0;
            head |= i + 2 < PT_STAT_BINS ? (unsigned __int128)bin[i + 2] : 0;
            value =
                pt_scaled_normal(sign * (double)head, (sum->top - i - 2) * BIN_BITS);
            break;
        }
    }
    return value;
}

struct pt_scaled pt_scaled_normal(double m, int e)
{
    struct pt_scaled x = {m, 0};
    int by;

    x.m = frexp(m, &by);
    x.e = x.m == 0 ? 0 : e + by;
    return x;
}

struct pt_scaled pt_scaled_square(struct pt_scaled x)
{
    return pt_scaled_normal(x.m * x.m, 2 * x.e);
}

double pt_scaled_double(struct pt_scaled x)
{
    return ldexp(x.m, x.e);
}

double pt_scaled_log2(struct pt_scaled x)
{
    return x.m == 0 ? -HUGE_VAL : log2(fabs(x.m)) + x.e;
}
