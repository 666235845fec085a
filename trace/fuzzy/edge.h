/* One operation at a time, for every operand, mode and precision: what the kernels do
 * not cover (zeros, Inf, NaN, subnormal numbers, overflow, operands whose residual
 * would underflow) and all modes but `sr` at full precision.
 *
 * Operands are scaled to moderate exponents, the exact result is formed as an
 * unevaluated sum high + low there, and rounded once onto the grid of the format. */
#ifndef PT_FUZZY_EDGE_H
#define PT_FUZZY_EDGE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "fuzzy/fuzzy.h"
#include "fuzzy/operation.h"

/* How results are rounded. */
struct pt_fuzzy_rounding {
    enum pt_fuzzy_mode mode;
    unsigned precision[PT_FUZZY_N_FORMATS]; /* bits */
};

/* The result of `a op b` (binary32 values come as doubles, and so does the result)
 * under `rounding`. `random` is the state of a splitmix64 generator that is drawn from.
 * The exceptions that IEEE arithmetic would signal are added to *raised (FE_*);
 * *nearest is set where the result is what IEEE arithmetic gives whatever the random
 * numbers (NaN, Inf, zero divisors). Needs the environment of flags.h. Thread: safe. */
double pt_fuzzy_edge(enum pt_fuzzy_operation operation, enum pt_fuzzy_format format,
                     const struct pt_fuzzy_rounding *rounding, double a, double b,
                     uint64_t *random, int *raised, bool *nearest);

/* The same for a b + c, rounded once, of which r is IEEE's result. Signals nothing. */
double pt_fuzzy_edge_fma(enum pt_fuzzy_format format,
                         const struct pt_fuzzy_rounding *rounding, double a, double b,
                         double c, double r, uint64_t *random, bool *nearest);

/* IEEE's result in binary64; of binary32 nearly so. Thread: safe. */
static inline double pt_fuzzy_edge_ieee(enum pt_fuzzy_operation operation, double a,
                                        double b)
{
    switch (operation) {
    case PT_FUZZY_ADD:
        return a + b;
    case PT_FUZZY_SUBTRACT:
        return a - b;
    case PT_FUZZY_MULTIPLY:
        return a * b;
    case PT_FUZZY_DIVIDE:
        return a / b;
    default:
        return sqrt(a);
    }
}

/* The state that the deterministic modes draw from: a hash of seed, operation and the
 * bits of the operands; and what seed and operation give to it. Thread: safe. */
static inline uint64_t pt_fuzzy_edge_seed(uint64_t seed,
                                          enum pt_fuzzy_operation operation,
                                          enum pt_fuzzy_format format)
{
    return seed ^ ((uint64_t)operation << 8 | (uint64_t)format);
}
uint64_t pt_fuzzy_edge_hash(uint64_t seed, enum pt_fuzzy_operation operation,
                            enum pt_fuzzy_format format, double a, double b);

#endif
