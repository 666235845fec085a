#include "statistics/exact.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fixed-point numbers of one element: sign and magnitude, `words` words of 64 bits, the
 * lowest bit worth 2^base. The widest case, x87 long doubles from 2^−16445 to 2^16384,
 * with the room below and above, needs 520 words. */
enum { MAX_WORDS = 520, ROOM_BELOW = 128, ROOM_ABOVE = 192 };

struct fixed {
    bool negative;
    uint64_t word[MAX_WORDS];
};

struct pt_exact_work {
    struct fixed sum, base, difference, widest, target, scratch;
    struct pt_scaled *parts; /* n_max differences */
    size_t words;            /* in use for this element */
    int base_exponent;
};

struct pt_exact_work *pt_exact_work_create(size_t n_max)
{
    struct pt_exact_work *work = calloc(1, sizeof *work);

    if (work != NULL) {
        work->parts = calloc(n_max + 1, sizeof *work->parts);
        if (work->parts == NULL) {
            free(work);
            work = NULL;
        }
    }
    return work;
}

void pt_exact_work_destroy(struct pt_exact_work *work)
{
    if (work != NULL) {
        free(work->parts);
        free(work);
    }
}

double pt_sample_double(struct pt_sample sample)
{
    double magnitude = ldexp((double)sample.mantissa, sample.exponent);

    return sample.negative ? -magnitude : magnitude;
}

static void fixed_clear(struct fixed *x, size_t words)
{
    x->negative = false;
    memset(x->word, 0, words * sizeof x->word[0]);
}

static void fixed_copy(struct fixed *to, const struct fixed *from, size_t words)
{
    to->negative = from->negative;
    memcpy(to->word, from->word, words * sizeof from->word[0]);
}

static int fixed_compare(const struct fixed *a, const struct fixed *b, size_t words)
{
    for (size_t i = words; i-- > 0;) {
        if (a->word[i] != b->word[i]) {
            return a->word[i] < b->word[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Position of the highest bit of |x|, −1 for 0. */
static int fixed_top(const struct fixed *x, size_t words)
{
    for (size_t i = words; i-- > 0;) {
        if (x->word[i] != 0) {
            return (int)i * 64 + 63 - __builtin_clzll(x->word[i]);
        }
    }
    return -1;
}

/* |x| += |y| */
static void fixed_increase(struct fixed *x, const struct fixed *y, size_t words)
{
    unsigned char carry = 0;

    for (size_t i = 0; i < words; i++) {
        unsigned __int128 s = (unsigned __int128)x->word[i] + y->word[i] + carry;

        x->word[i] = (uint64_t)s;
        carry = (unsigned char)(s >> 64);
    }
    assert(carry == 0);
}

/* |x| = |a| − |b|, |a| ≥ |b| */
static void fixed_subtract(struct fixed *x, const struct fixed *a,
                           const struct fixed *b, size_t words)
{
    unsigned char borrow = 0;

    for (size_t i = 0; i < words; i++) {
        uint64_t left = a->word[i], right = b->word[i];
        uint64_t d = left - right - borrow;

        borrow = (unsigned char)(left < right || (left == right && borrow));
        x->word[i] = d;
    }
}

/* x += y */
static void fixed_add(struct fixed *x, const struct fixed *y, size_t words)
{
    if (x->negative == y->negative) {
        fixed_increase(x, y, words);
    } else if (fixed_compare(x, y, words) >= 0) {
        fixed_subtract(x, x, y, words);
    } else {
        fixed_subtract(x, y, x, words);
        x->negative = y->negative;
    }
}

/* x = sample · factor, which must lie within the words. */
static void fixed_set(const struct pt_exact_work *work, struct fixed *x,
                      struct pt_sample sample, uint32_t factor)
{
    unsigned __int128 product = (unsigned __int128)sample.mantissa * factor;
    int position = sample.exponent - work->base_exponent;
    size_t at = (size_t)position / 64;
    unsigned shift = (unsigned)position % 64;

    fixed_clear(x, work->words);
    if (product == 0) {
        return;
    }
    x->negative = sample.negative;
    x->word[at] = (uint64_t)(product << shift);
    x->word[at + 1] = (uint64_t)((product << shift) >> 64);
    x->word[at + 2] = shift == 0 ? 0 : (uint64_t)(product >> (128 - shift));
}

/* to = from · 2^by, bits that leave at the bottom must be none or may be lost. */
static void fixed_shift(struct fixed *to, const struct fixed *from, int by,
                        size_t words)
{
    int whole = by >= 0 ? by / 64 : -((-by + 63) / 64);
    unsigned part = (unsigned)(by - whole * 64);

    to->negative = from->negative;
    for (size_t i = 0; i < words; i++) {
        int64_t source = (int64_t)i - whole;
        uint64_t high = source >= 0 && source < (int64_t)words ? from->word[source] : 0;
        uint64_t low =
            source >= 1 && source <= (int64_t)words ? from->word[source - 1] : 0;

        to->word[i] = part == 0 ? high : (high << part) | (low >> (64 - part));
    }
}

/* The leading 64 bits of |x|, worth 2^*exponent each; the rest is dropped. */
static uint64_t fixed_head(const struct pt_exact_work *work, const struct fixed *x,
                           int *exponent)
{
    int top = fixed_top(x, work->words);
    uint64_t head = 0;

    *exponent = 0;
    if (top >= 0) {
        size_t at = (size_t)top / 64;
        unsigned shift = 63 - (unsigned)top % 64;

        head = x->word[at] << shift;
        if (shift > 0 && at > 0) {
            head |= x->word[at - 1] >> (64 - shift);
        }
        *exponent = top - 63 + work->base_exponent;
    }
    return head;
}

static struct pt_scaled fixed_value(const struct pt_exact_work *work,
                                    const struct fixed *x)
{
    int exponent;
    uint64_t head = fixed_head(work, x, &exponent);

    return pt_scaled_normal(x->negative ? -(double)head : (double)head, exponent);
}

/* Chooses the words for these samples and this reference. */
static void choose_words(struct pt_exact_work *work, const struct pt_sample *samples,
                         size_t n, const struct pt_sample *reference)
{
    int low = INT_MAX, high = INT_MIN;

    for (size_t i = 0; i <= n; i++) {
        const struct pt_sample *sample = i < n ? samples + i : reference;

        if (sample != NULL && sample->mantissa != 0) {
            low = sample->exponent < low ? sample->exponent : low;
            high = sample->exponent > high ? sample->exponent : high;
        }
    }
    if (low > high) {
        low = high = 0;
    }
    work->base_exponent = low - ROOM_BELOW;
    work->words = (size_t)(high - low + ROOM_BELOW + ROOM_ABOVE) / 64 + 1;
    assert(work->words <= MAX_WORDS);
}

/* Σ mᵢ²·4^eᵢ, scaled by the greatest. */
static struct pt_scaled sum_of_squares(const struct pt_scaled *parts, size_t n)
{
    int greatest = INT_MIN;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (parts[i].m != 0 && parts[i].e > greatest) {
            greatest = parts[i].e;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (parts[i].m != 0) {
            double x = ldexp(parts[i].m, parts[i].e - greatest);

            sum += x * x;
        }
    }
    return sum == 0 ? (struct pt_scaled){0, 0} : pt_scaled_normal(sum, 2 * greatest);
}

/* difference = factor·sample − base */
static void fixed_difference(struct pt_exact_work *work, struct pt_sample sample,
                             uint32_t factor)
{
    fixed_set(work, &work->difference, sample, factor);
    work->base.negative = !work->base.negative;
    fixed_add(&work->difference, &work->base, work->words);
    work->base.negative = !work->base.negative;
}

/* The greatest k in [0, precision] with widest · 2ᵏ ≤ target. */
static unsigned significant_bits(struct pt_exact_work *work, unsigned precision)
{
    int top = fixed_top(&work->widest, work->words);
    int k = fixed_top(&work->target, work->words) - top;

    if (top < 0 || k > (int)precision) {
        return precision;
    }
    if (k >= 0) {
        fixed_shift(&work->scratch, &work->widest, k, work->words);
        k -= fixed_compare(&work->scratch, &work->target, work->words) > 0;
    }
    return k < 0 ? 0 : (unsigned)k;
}

/* The bits of difference/target after the point that are 0 before the first 1, at most
 * precision: the greatest k with ⌊2ʲ|Z|⌋ even for j = 1 … k. Spoils `difference`. */
static unsigned contributing_bits(struct pt_exact_work *work, unsigned precision)
{
    size_t words = work->words;
    int target_top = fixed_top(&work->target, words);
    int top, bits;

    while (fixed_compare(&work->difference, &work->target, words) >= 0) {
        int by = fixed_top(&work->difference, words) - target_top;

        fixed_shift(&work->scratch, &work->target, by, words);
        if (fixed_compare(&work->scratch, &work->difference, words) > 0) {
            fixed_shift(&work->scratch, &work->target, by - 1, words);
        }
        fixed_subtract(&work->difference, &work->difference, &work->scratch, words);
    }
    top = fixed_top(&work->difference, words);
    bits = target_top - top;
    if (top < 0 || bits > (int)precision + 1) {
        return precision;
    }
    fixed_shift(&work->scratch, &work->difference, bits, words);
    bits += fixed_compare(&work->scratch, &work->target, words) < 0;
    bits -= 1;
    return bits > (int)precision ? precision : (unsigned)bits;
}

/* target = what |Z| is measured by: |base|, or 2^⌊log₂|y|⌋ for the absolute error. */
static void choose_target(struct pt_exact_work *work, uint32_t factor, bool absolute,
                          struct pt_scaled ref)
{
    fixed_copy(&work->target, &work->base, work->words);
    if (absolute && ref.m != 0) {
        struct pt_sample power = {1, ref.e - 1, false};

        fixed_set(work, &work->target, power, factor);
    }
    work->target.negative = false;
}

/* General digits over all samples, from the same differences as the squares. */
static void general_digits(struct pt_exact_work *work, const struct pt_sample *samples,
                           size_t n, uint32_t factor, unsigned precision,
                           struct pt_exact *result)
{
    result->significant = result->contributing = 0;
    if (fixed_top(&work->widest, work->words) < 0) {
        result->significant = result->contributing = precision;
    } else if (fixed_top(&work->base, work->words) >= 0) {
        result->significant = significant_bits(work, precision);
        result->contributing = precision;
        for (size_t i = 0; i < n && result->contributing > 0; i++) {
            unsigned bits;

            fixed_difference(work, samples[i], factor);
            bits = contributing_bits(work, precision);
            if (bits < result->contributing) {
                result->contributing = bits;
            }
        }
    }
}

/* Differences of all samples from `base`: their mean square (in units of factor²), the
 * widest. */
static struct pt_scaled mean_square(struct pt_exact_work *work,
                                    const struct pt_sample *samples, size_t n,
                                    uint32_t factor)
{
    struct pt_scaled square;

    fixed_clear(&work->widest, work->words);
    for (size_t i = 0; i < n; i++) {
        fixed_difference(work, samples[i], factor);
        work->parts[i] = fixed_value(work, &work->difference);
        if (fixed_compare(&work->difference, &work->widest, work->words) > 0) {
            fixed_copy(&work->widest, &work->difference, work->words);
        }
    }
    square = sum_of_squares(work->parts, n);
    return pt_scaled_normal(square.m / (double)n, square.e);
}

static struct pt_scaled divide(struct pt_scaled x, double by)
{
    return pt_scaled_normal(x.m / by, x.e);
}

/* x/n, rounded once: the leading 64 bits, with 40 more below them, divided as integers.
 */
static struct pt_scaled fixed_share(const struct pt_exact_work *work,
                                    const struct fixed *x, uint32_t n)
{
    int exponent;
    uint64_t head = fixed_head(work, x, &exponent);
    double m = (double)(((unsigned __int128)head << 40) / n);

    return pt_scaled_normal(x->negative ? -m : m, exponent - 40);
}

/* base/n − mean, which the rounding of the mean left over. */
static struct pt_scaled mean_rest(struct pt_exact_work *work, struct pt_scaled mean,
                                  uint32_t n)
{
    struct pt_sample rounded = {.mantissa = (uint64_t)ldexp(fabs(mean.m), 53),
                                .exponent = mean.e - 53,
                                .negative = mean.m < 0};

    if (mean.m == 0) {
        return mean;
    }
    fixed_difference(work, rounded, n);
    work->difference.negative = !work->difference.negative;
    return fixed_share(work, &work->difference, n);
}

void pt_exact_element(struct pt_exact_work *work, const struct pt_sample *samples,
                      size_t n, const struct pt_sample *reference, bool general,
                      bool absolute, unsigned precision, struct pt_exact *result)
{
    uint32_t factor = (uint32_t)n;
    double count = (double)n;

    choose_words(work, samples, n, reference);
    fixed_clear(&work->sum, work->words);
    for (size_t i = 0; i < n; i++) {
        fixed_set(work, &work->scratch, samples[i], 1);
        fixed_add(&work->sum, &work->scratch, work->words);
    }
    fixed_copy(&work->base, &work->sum, work->words);
    result->mean = fixed_share(work, &work->sum, factor);
    result->low = mean_rest(work, result->mean, factor);
    result->square = mean_square(work, samples, n, factor);
    result->var = divide(result->square, count * count);
    result->ref = result->mean;
    result->bias = (struct pt_scaled){0, 0};
    if (reference == NULL) {
        result->logz = 0.5 * pt_scaled_log2(result->square);
        result->spread = divide(fixed_value(work, &work->widest), count);
        result->square = result->var;
    } else {
        fixed_set(work, &work->base, *reference, factor);
        work->base.negative = !work->base.negative;
        fixed_add(&work->sum, &work->base, work->words);
        result->bias = fixed_share(work, &work->sum, factor);
        factor = 1;
        fixed_set(work, &work->base, *reference, factor);
        result->ref = fixed_value(work, &work->base);
        result->square = mean_square(work, samples, n, factor);
        result->logz = 0.5 * pt_scaled_log2(result->square);
        result->spread = fixed_value(work, &work->widest);
    }
    if (result->square.m != 0) {
        result->logz -= pt_scaled_log2(fixed_value(work, &work->base));
    }
    if (general) {
        choose_target(work, factor, absolute, result->ref);
        general_digits(work, samples, n, factor, precision, result);
    }
}
