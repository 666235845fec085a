/* What the tests of the stochastic arithmetic share: starting it, calling a loop the
 * way numpy does, exact arithmetic, and the binomial test. Static functions, one
 * program each. */
#ifndef PT_TEST_FUZZY_RUN_H
#define PT_TEST_FUZZY_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzzy/fuzzy.h"
#include "fuzzy/loops.h"

/* 113 bits or more: sums of neighbours and products are exact. */
#ifdef __SIZEOF_FLOAT128__
typedef __float128 quad;
#else
typedef long double quad;
#endif

__attribute__((unused)) static void start_mode(enum pt_fuzzy_mode mode, uint64_t seed,
                                               unsigned bits64, unsigned bits32)
{
    struct pt_fuzzy_options options = {.layers = PT_FUZZY_NUMPY,
                                       .mode = mode,
                                       .seed = seed,
                                       .precision_binary64 = bits64,
                                       .precision_binary32 = bits32};
    struct pt_error error = {0};
    pt_fuzzy_stop();
    if (pt_fuzzy_start(&options, &error) != PT_OK)
        fail_msg("%s", error.text);
}

__attribute__((unused)) static void start(uint64_t seed)
{
    start_mode(PT_FUZZY_SR, seed, 0, 0);
}

/* out = a op b over n elements, steps in bytes; a root takes its operand from a. */
__attribute__((unused)) static void
call(unsigned operation, enum pt_fuzzy_format format, const void *a, intptr_t step_a,
     const void *b, intptr_t step_b, void *out, intptr_t step_out, size_t n)
{
    intptr_t dimensions[] = {(intptr_t)n};
    bool unary = operation >= PT_FUZZY_SQRT;
    char *args[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b, out};
    intptr_t steps[] = {step_a, step_b, step_out};
    if (unary) {
        args[1] = out;
        steps[1] = step_out;
    }
    pt_fuzzy_loop_of(operation, format)(args, dimensions, steps, NULL);
}

/* All n results of one pair of numbers. */
__attribute__((unused)) static void repeat64(unsigned operation, double a, double b,
                                             double *out, size_t n)
{
    call(operation, PT_FUZZY_BINARY64, &a, 0, &b, 0, out, sizeof *out, n);
}

__attribute__((unused)) static void repeat32(unsigned operation, float a, float b,
                                             float *out, size_t n)
{
    call(operation, PT_FUZZY_BINARY32, &a, 0, &b, 0, out, sizeof *out, n);
}

/* Uniform in (0, 1), for operands. */
__attribute__((unused)) static double uniform(uint64_t *state)
{
    return ((double)(pt_splitmix64(state) >> 11) + 0.5) * 0x1p-53;
}

/* The exact result to at least 113 bits. */
__attribute__((unused)) static quad exact_result(unsigned operation, double a, double b)
{
    switch (operation) {
    case PT_FUZZY_ADD:
        return (quad)a + b;
    case PT_FUZZY_SUBTRACT:
        return (quad)a - b;
    case PT_FUZZY_MULTIPLY:
        return (quad)a * b;
    case PT_FUZZY_DIVIDE:
        return (quad)a / b;
    case PT_FUZZY_SQUARE:
        return (quad)a * a;
    case PT_FUZZY_RECIPROCAL:
        return 1 / (quad)a;
    default: {
        /* Two steps of Newton's iteration from the double. */
        quad root = sqrt(a);
        for (int i = 0; i < 2 && root > 0; i++)
            root = (root + (quad)a / root) / 2;
        return root;
    }
    }
}

/* log of the probability of exactly k successes out of n. */
__attribute__((unused)) static double log_binomial(size_t k, size_t n, double p)
{
    double x = (double)k, m = (double)n;
    return lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1) + x * log(p) +
           (m - x) * log1p(-p);
}

/* Two-sided p-value of k successes out of n at probability p, exact. */
__attribute__((unused)) static double binomial_test(size_t k, size_t n, double p)
{
    double below = 0, above = 0;
    if (p <= 0 || p >= 1)
        return k == (p <= 0 ? 0 : n) ? 1 : 0;
    for (size_t i = 0; i <= n; i++) {
        double term = exp(log_binomial(i, n, p));
        if (i <= k)
            below += term;
        if (i >= k)
            above += term;
    }
    return fmin(1, 2 * fmin(below, above));
}

#endif
