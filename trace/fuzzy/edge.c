#include "fuzzy/edge.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

#include "base/bytes.h"

/* (high + low) 2^exponent, with high the nearest double to high + low. */
struct pair {
    double high, low;
    int exponent;
};

struct grid {
    int precision; /* bits */
    int least;     /* exponent of the smallest subnormal number */
    int normal;    /* exponent of the smallest normal number */
    int overflow;  /* exponent of the least power of two that is Inf */
};

static struct grid grid_of(enum pt_fuzzy_format format,
                           const struct pt_fuzzy_rounding *rounding)
{
    struct grid grid = {.precision = (int)rounding->precision[format]};
    grid.least = format == PT_FUZZY_BINARY64 ? -1074 : -149;
    grid.normal = format == PT_FUZZY_BINARY64 ? -1022 : -126;
    grid.overflow = format == PT_FUZZY_BINARY64 ? 1024 : 128;
    return grid;
}

/* Uniform in (0, 1): the middles of 2^52 equal parts. */
static double draw(uint64_t *random)
{
    return ((double)(pt_splitmix64(random) >> 12) + 0.5) * 0x1p-52;
}

static void two_sum(double a, double b, double *sum, double *error)
{
    double s = a + b;
    double v = s - a;
    *error = (a - (s - v)) + (b - v);
    *sum = s;
}

/* Exponent of the binade of high + low, high != 0. */
static int binade(double high, double low)
{
    int exponent = ilogb(high);
    bool power_of_two = fabs(high) == ldexp(1.0, exponent);
    if (power_of_two && low != 0 && signbit(low) != signbit(high))
        exponent--;
    return exponent;
}

/* x with noise 2^(e - (t - 1)) xi, xi uniform in (-1/2, 1/2), e the exponent of x
 * (Denis, de Oliveira Castro, Petit: "Verificarlo", ARITH 2016). */
static struct pair with_noise(struct pair x, int precision, uint64_t *random)
{
    if (x.high != 0) {
        double scale = ldexp(1.0, binade(x.high, x.low) - (precision - 1));
        double noise = (draw(random) - 0.5) * scale + x.low;
        two_sum(x.high, noise, &x.high, &x.low);
    }
    return x;
}

static struct pair scaled(double x)
{
    struct pair p = {0};
    p.high = frexp(x, &p.exponent);
    return p;
}

static struct pair add_pairs(struct pair a, struct pair b)
{
    struct pair r = {0};
    double low;
    if (a.high == 0 || (b.high != 0 && b.exponent > a.exponent)) {
        struct pair other = a;
        a = b;
        b = other;
    }
    int shift = b.exponent - a.exponent;
    /* Far below a, only its sign and that it is not zero matter. */
    if (b.high != 0 && shift < -300) {
        b.high = copysign(0x1p-300, b.high);
        b.low = 0;
        shift = 0;
    }
    two_sum(a.high, b.high == 0 ? 0 : ldexp(b.high, shift), &r.high, &low);
    low += a.low + ldexp(b.low, shift);
    two_sum(r.high, low, &r.high, &r.low);
    r.exponent = a.exponent;
    return r;
}

static struct pair multiply_pairs(struct pair a, struct pair b)
{
    struct pair r = {.exponent = a.exponent + b.exponent};
    double p = a.high * b.high;
    double low = fma(a.high, b.high, -p) + (a.high * b.low + a.low * b.high);
    two_sum(p, low, &r.high, &r.low);
    return r;
}

static struct pair divide_pairs(struct pair a, struct pair b)
{
    struct pair r = {.exponent = a.exponent - b.exponent};
    double q = a.high / b.high;
    double low = ((fma(-q, b.high, a.high) + a.low) - q * b.low) / b.high;
    two_sum(q, low, &r.high, &r.low);
    return r;
}

static struct pair sqrt_pair(struct pair a)
{
    struct pair r = {0};
    if (a.exponent % 2 != 0) {
        a.high *= 0.5;
        a.low *= 0.5;
        a.exponent++;
    }
    double s = sqrt(a.high);
    double low = (fma(-s, s, a.high) + a.low) / (s + s);
    two_sum(s, low, &r.high, &r.low);
    r.exponent = a.exponent / 2;
    return r;
}

static struct pair exact(enum pt_fuzzy_operation operation, struct pair a,
                         struct pair b)
{
    switch (operation) {
    case PT_FUZZY_ADD:
        return add_pairs(a, b);
    case PT_FUZZY_SUBTRACT:
        b.high = -b.high;
        b.low = -b.low;
        return add_pairs(a, b);
    case PT_FUZZY_MULTIPLY:
        return multiply_pairs(a, b);
    case PT_FUZZY_DIVIDE:
        return divide_pairs(a, b);
    default:
        return sqrt_pair(a);
    }
}

/* Whether to take the upper of the two neighbours that lie around a value `rest` of
 * `quantum` above the lower one. */
static bool goes_up(enum pt_fuzzy_mode mode, double rest, double quantum,
                    uint64_t *random)
{
    switch (mode) {
    case PT_FUZZY_SR:
    case PT_FUZZY_SR_DET:
        return draw(random) * quantum < rest;
    case PT_FUZZY_UD:
    case PT_FUZZY_UD_DET:
        return pt_splitmix64(random) >> 63;
    default:
        return rest > quantum - rest;
    }
}

/* The magnitude |high + low| as whole steps of `quantum` (*base) and the rest. */
static double split(struct pair x, double quantum, double *rest)
{
    double high = fabs(x.high);
    double low = signbit(x.high) ? -x.low : x.low;
    double base = trunc(high / quantum) * quantum;
    *rest = (high - base) + low;
    if (*rest < 0) {
        base -= quantum;
        *rest += quantum;
    }
    return base;
}

static double quantum_of(struct pair x, const struct grid *grid)
{
    int step = binade(x.high, x.low) - grid->precision + 1;
    if (step + x.exponent < grid->least)
        step = grid->least - x.exponent;
    return ldexp(1.0, step);
}

static double round_to_grid(struct pair x, const struct grid *grid,
                            enum pt_fuzzy_mode mode, uint64_t *random, int *raised)
{
    double rest, base, result;
    double quantum;

    if (x.high == 0)
        return x.high;
    /* Far below the least number all values are alike, and the grid is within reach. */
    if (x.exponent < -1600)
        x.exponent = -1600;
    quantum = quantum_of(x, grid);
    base = split(x, quantum, &rest);
    if (rest != 0 && (mode == PT_FUZZY_RR || mode == PT_FUZZY_MCA)) {
        x = with_noise(x, grid->precision, random);
        quantum = quantum_of(x, grid);
        base = split(x, quantum, &rest);
    }
    bool inexact = rest != 0;
    if (inexact && goes_up(mode, rest, quantum, random))
        base += quantum;
    result = copysign(ldexp(base, x.exponent), x.high);
    if (base != 0 && ilogb(base) + x.exponent >= grid->overflow) {
        result = copysign(INFINITY, x.high);
        *raised |= FE_OVERFLOW | FE_INEXACT;
    } else if (inexact) {
        *raised |= FE_INEXACT;
        if (ilogb(x.high) + x.exponent < grid->normal)
            *raised |= FE_UNDERFLOW;
    }
    return result;
}

/* Results that do not depend on rounding: true for NaN and Inf operands, division by
 * zero, roots of negative numbers, and exact zeros. */
static bool settled(enum pt_fuzzy_operation operation, double a, double b,
                    bool noisy_operands, double *result, int *raised)
{
    bool unary = operation == PT_FUZZY_SQRT;
    bool any_nan = isnan(a) || (!unary && isnan(b));
    bool divides = operation == PT_FUZZY_DIVIDE;
    double r = pt_fuzzy_edge_ieee(operation, a, b);

    *result = r;
    if (any_nan)
        return true;
    if (isnan(r)) {
        *raised |= FE_INVALID;
        return true;
    }
    if (divides && b == 0) {
        if (!isinf(a))
            *raised |= FE_DIVBYZERO;
        return true;
    }
    if (isinf(a) || (!unary && isinf(b)))
        return true;
    /* Operands that carry noise of their own cancel to noise, not to zero. */
    if (operation == PT_FUZZY_ADD || operation == PT_FUZZY_SUBTRACT)
        return r == 0 && (!noisy_operands || a == 0);
    return a == 0 || (operation == PT_FUZZY_MULTIPLY && b == 0);
}

double pt_fuzzy_edge(enum pt_fuzzy_operation operation, enum pt_fuzzy_format format,
                     const struct pt_fuzzy_rounding *rounding, double a, double b,
                     uint64_t *random, int *raised, bool *nearest)
{
    struct grid grid = grid_of(format, rounding);
    enum pt_fuzzy_mode mode = rounding->mode;
    bool noisy_operands = mode == PT_FUZZY_PB || mode == PT_FUZZY_MCA;
    double result;

    *nearest = settled(operation, a, b, noisy_operands, &result, raised);
    if (*nearest)
        return result;
    struct pair x = scaled(a), y = {0};
    if (operation != PT_FUZZY_SQRT)
        y = scaled(b);
    if (noisy_operands) {
        x = with_noise(x, grid.precision, random);
        y = with_noise(y, grid.precision, random);
    }
    return round_to_grid(exact(operation, x, y), &grid, mode, random, raised);
}

double pt_fuzzy_edge_fma(enum pt_fuzzy_format format,
                         const struct pt_fuzzy_rounding *rounding, double a, double b,
                         double c, double r, uint64_t *random, bool *nearest)
{
    struct grid grid = grid_of(format, rounding);
    struct pair of[3] = {scaled(a), scaled(b), scaled(c)};
    bool noisy = rounding->mode == PT_FUZZY_PB || rounding->mode == PT_FUZZY_MCA;
    int raised = 0;

    *nearest = !(isfinite(a) && isfinite(b) && isfinite(c));
    if (*nearest)
        return r;
    for (size_t i = 0; noisy && i < 3; i++)
        of[i] = with_noise(of[i], grid.precision, random);
    struct pair x = add_pairs(multiply_pairs(of[0], of[1]), of[2]);
    *nearest = x.high == 0;
    return *nearest ? r : round_to_grid(x, &grid, rounding->mode, random, &raised);
}

uint64_t pt_fuzzy_edge_hash(uint64_t seed, enum pt_fuzzy_operation operation,
                            enum pt_fuzzy_format format, double a, double b)
{
    uint64_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    /* a + b and b + a, a b and b a are one operation. */
    if ((operation == PT_FUZZY_ADD || operation == PT_FUZZY_MULTIPLY) && y < x) {
        uint64_t other = x;
        x = y;
        y = other;
    }
    uint64_t state = pt_fuzzy_edge_seed(seed, operation, format);
    state = pt_splitmix64(&state) ^ x;
    state = pt_splitmix64(&state) ^ y;
    return pt_splitmix64(&state);
}
