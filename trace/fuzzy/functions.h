/* The functions of which only the library's result is known: exp, log, sin, power, ….
 *
 * numpy's own loop computes r; then r is kept with probability 3/4 and each neighbour
 * taken with 1/8, which has the mean r (below a power of two, where the gap is half as
 * wide, the lower neighbour has 1/4). Exact results (exp(0), 2.0 ** 3, hypot(3, 4)) are
 * kept, and so are limits and bounds (tanh(inf), cos near 0). At a virtual precision r
 * is rounded onto the coarser grid as an exact value would be. */
#ifndef PT_FUZZY_FUNCTIONS_H
#define PT_FUZZY_FUNCTIONS_H

#include <stdbool.h>

#include "fuzzy/compute.h"
#include "fuzzy/loops.h"
#include "fuzzy/operation.h"

/* X(NAME, numpy's name, number of operands): of real and of complex numbers */
#define PT_FUZZY_ANALYTIC(X)                                                           \
    X(EXP, exp, 1)                                                                     \
    X(EXP2, exp2, 1)                                                                   \
    X(EXPM1, expm1, 1)                                                                 \
    X(LOG, log, 1)                                                                     \
    X(LOG2, log2, 1)                                                                   \
    X(LOG10, log10, 1)                                                                 \
    X(LOG1P, log1p, 1)                                                                 \
    X(SIN, sin, 1)                                                                     \
    X(COS, cos, 1)                                                                     \
    X(TAN, tan, 1)                                                                     \
    X(ARCSIN, arcsin, 1)                                                               \
    X(ARCCOS, arccos, 1)                                                               \
    X(ARCTAN, arctan, 1)                                                               \
    X(SINH, sinh, 1)                                                                   \
    X(COSH, cosh, 1)                                                                   \
    X(TANH, tanh, 1)                                                                   \
    X(ARCSINH, arcsinh, 1)                                                             \
    X(ARCCOSH, arccosh, 1)                                                             \
    X(ARCTANH, arctanh, 1)

/* Of real numbers. */
#define PT_FUZZY_FUNCTIONS(X)                                                          \
    PT_FUZZY_ANALYTIC(X)                                                               \
    X(CBRT, cbrt, 1)                                                                   \
    X(DEG2RAD, deg2rad, 1)                                                             \
    X(RAD2DEG, rad2deg, 1)                                                             \
    X(RADIANS, radians, 1)                                                             \
    X(DEGREES, degrees, 1)                                                             \
    X(POWER, power, 2)                                                                 \
    X(FLOAT_POWER, float_power, 2)                                                     \
    X(ARCTAN2, arctan2, 2)                                                             \
    X(HYPOT, hypot, 2)                                                                 \
    X(LOGADDEXP, logaddexp, 2)                                                         \
    X(LOGADDEXP2, logaddexp2, 2)

enum pt_fuzzy_function {
#define X(NAME, name, n) PT_FUZZY_##NAME,
    PT_FUZZY_FUNCTIONS(X)
#undef X
        PT_FUZZY_N_FUNCTIONS
};

/* numpy's name of a function. Static storage. */
const char *pt_fuzzy_function_name(enum pt_fuzzy_function function);
int pt_fuzzy_function_operands(enum pt_fuzzy_function function);

/* The stochastic loop, and numpy's own one, which it calls (caller locks: the GIL). */
pt_fuzzy_loop *pt_fuzzy_function_loop(enum pt_fuzzy_function function,
                                      enum pt_fuzzy_format format);
void pt_fuzzy_function_set_original(enum pt_fuzzy_function function,
                                    enum pt_fuzzy_format format,
                                    pt_fuzzy_loop *original);

/* Moves the results r[i] of function(x[i], y[i]), i < n <= PT_FUZZY_BLOCK, into out[i];
 * all aligned, without overlap; y is x for functions of one operand. Reads format and
 * stream of *work, adds to its counts. */
void pt_fuzzy_function_perturb(struct pt_fuzzy_work *work,
                               enum pt_fuzzy_function function, const void *x,
                               const void *y, const void *r, void *out, size_t n);

/* Whether the result r of function(x, y) is known to be exact, beyond what the kernel
 * (kernels.h) keeps of all functions. Thread: safe. */
bool pt_fuzzy_function_is_exact(enum pt_fuzzy_function function, double x, double y,
                                double r);

#endif
