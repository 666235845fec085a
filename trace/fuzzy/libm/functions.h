/* The functions of libm that are perturbed: X(name in C, operation of functions.h).
 * Those that functions.h does not know are OTHER: nothing more is known of where they
 * are exact than libm.c says. Each has a variant for float, with the suffix f. */
#ifndef PT_FUZZY_LIBM_FUNCTIONS_H
#define PT_FUZZY_LIBM_FUNCTIONS_H

#define PT_FUZZY_LIBM_ONE(X)                                                           \
    X(exp, PT_FUZZY_EXP)                                                               \
    X(exp2, PT_FUZZY_EXP2)                                                             \
    X(exp10, OTHER(0))                                                                 \
    X(expm1, PT_FUZZY_EXPM1)                                                           \
    X(log, PT_FUZZY_LOG)                                                               \
    X(log2, PT_FUZZY_LOG2)                                                             \
    X(log10, PT_FUZZY_LOG10)                                                           \
    X(log1p, PT_FUZZY_LOG1P)                                                           \
    X(sin, PT_FUZZY_SIN)                                                               \
    X(cos, PT_FUZZY_COS)                                                               \
    X(tan, PT_FUZZY_TAN)                                                               \
    X(asin, PT_FUZZY_ARCSIN)                                                           \
    X(acos, PT_FUZZY_ARCCOS)                                                           \
    X(atan, PT_FUZZY_ARCTAN)                                                           \
    X(sinh, PT_FUZZY_SINH)                                                             \
    X(cosh, PT_FUZZY_COSH)                                                             \
    X(tanh, PT_FUZZY_TANH)                                                             \
    X(asinh, PT_FUZZY_ARCSINH)                                                         \
    X(acosh, PT_FUZZY_ARCCOSH)                                                         \
    X(atanh, PT_FUZZY_ARCTANH)                                                         \
    X(cbrt, PT_FUZZY_CBRT)                                                             \
    X(erf, OTHER(1))                                                                   \
    X(erfc, OTHER(2))                                                                  \
    X(lgamma, OTHER(3))                                                                \
    X(tgamma, OTHER(4))                                                                \
    X(j0, OTHER(5))                                                                    \
    X(j1, OTHER(6))                                                                    \
    X(y0, OTHER(7))                                                                    \
    X(y1, OTHER(8))                                                                    \
    X(sqrt, SQUARE_ROOT)

#define PT_FUZZY_LIBM_TWO(X)                                                           \
    X(pow, PT_FUZZY_POWER)                                                             \
    X(atan2, PT_FUZZY_ARCTAN2)                                                         \
    X(hypot, PT_FUZZY_HYPOT)

#endif
