/* Complex functions: both parts of the library's result are moved by the law of
 * functions.h, each by itself; the absolute value is moved as a hypot. */
#ifndef PT_FUZZY_COMPLEX_FUNCTIONS_H
#define PT_FUZZY_COMPLEX_FUNCTIONS_H

#include "fuzzy/functions.h"
#include "fuzzy/loops.h"

/* X(NAME, numpy's name, number of operands); the absolute value is real. */
#define PT_FUZZY_COMPLEX_FUNCTIONS(X)                                                  \
    X(ABSOLUTE, absolute, 1)                                                           \
    X(SQRT, sqrt, 1)                                                                   \
    PT_FUZZY_ANALYTIC(X)                                                               \
    X(POWER, power, 2)                                                                 \
    X(FLOAT_POWER, float_power, 2)

enum pt_fuzzy_complex_function {
#define X(NAME, name, n) PT_FUZZY_COMPLEX_##NAME,
    PT_FUZZY_COMPLEX_FUNCTIONS(X)
#undef X
        PT_FUZZY_N_COMPLEX_FUNCTIONS
};

/* numpy's name of a function, and its operands. Static storage. */
const char *pt_fuzzy_complex_function_name(enum pt_fuzzy_complex_function function);
int pt_fuzzy_complex_function_operands(enum pt_fuzzy_complex_function function);

/* Moves numpy's result *r of one complex number (of two, y is not read for functions of
 * one): for scalars. Signals nothing. Nothing happens where the arithmetic is off. */
void pt_fuzzy_complex_function_move(enum pt_fuzzy_complex_function function,
                                    enum pt_fuzzy_format format, const void *x,
                                    const void *y, void *r);

/* The stochastic loop, and numpy's own one, which it calls (caller locks: the GIL). */
pt_fuzzy_loop *pt_fuzzy_complex_function_loop(enum pt_fuzzy_complex_function function,
                                              enum pt_fuzzy_format format);
void pt_fuzzy_complex_function_set_original(enum pt_fuzzy_complex_function function,
                                            enum pt_fuzzy_format format,
                                            pt_fuzzy_loop *original);

#endif
