/* Functions to put into the slots. Every routine gets one of its own, which does
 * nothing but hand its number on with the arguments.
 *
 * One signature serves all routines. On the machines that are covered, integers and
 * addresses are passed in general registers and then in eight-byte places on the stack,
 * numbers in registers of their own, and the caller clears the stack: a function that
 * declares more arguments than it was given reads others' values for them, and may pass
 * them on. A float is the low half of the register's double. */
#include "fuzzy/blas/blas.h"

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "fuzzy/blas/call.h"
#include "fuzzy/library/library.h"

#define W uintptr_t
#define WORDS                                                                          \
    W w0, W w1, W w2, W w3, W w4, W w5, W w6, W w7, W w8, W w9, W w10, W w11, W w12,   \
        W w13, W w14, W w15, W w16, W w17, W w18, W w19, W w20, W w21, W w22, W w23,   \
        W w24, W w25, W w26, W w27
#define WORD_NAMES                                                                     \
    w0, w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, w16, w17,    \
        w18, w19, w20, w21, w22, w23, w24, w25, w26, w27
typedef double routine_fn(WORDS, double x0, double x1, double x2);

enum { FUNCTIONS = 1024, LIBRARIES = 64 };

/* By the number of the function; written under the lock of library.c before a slot
 * leads to the function. */
static struct bound {
    struct pt_fuzzy_routine *routine;
    struct pt_blas_symbol symbol;
} bound[FUNCTIONS];
static size_t n_bound;

/* Libraries whose own calls to BLAS come to us. */
static const char *open_libraries[LIBRARIES];
static size_t n_open;

double pt_blas_call_real(struct pt_blas_call *call, bool alone)
{
    routine_fn *real;
    const uintptr_t *w = call->words;
    memcpy(&real, &call->routine->real, sizeof real);
    pt_fuzzy_library_depth += alone;
    double result = real(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9],
                         w[10], w[11], w[12], w[13], w[14], w[15], w[16], w[17], w[18],
                         w[19], w[20], w[21], w[22], w[23], w[24], w[25], w[26], w[27],
                         call->numbers[0], call->numbers[1], call->numbers[2]);
    pt_fuzzy_library_depth -= alone;
    return result;
}

static double called(size_t number, const uintptr_t *words, const double *numbers)
{
    struct bound *to = &bound[number];
    struct pt_blas_call call = {.routine = to->routine, .symbol = &to->symbol};
    memcpy(call.words, words, sizeof call.words);
    memcpy(call.numbers, numbers, sizeof call.numbers);
    call.stream = pt_fuzzy_library_stream(PT_FUZZY_BLAS);
    if (!call.stream)
        return pt_blas_call_real(&call, false);
    return to->symbol.routine < PT_BLAS_N ? pt_blas_call_perturbed(&call)
                                          : pt_lapack_call_perturbed(&call);
}

#define ONE(n)                                                                         \
    static double function_##n(WORDS, double x0, double x1, double x2)                 \
    {                                                                                  \
        const uintptr_t words[] = {WORD_NAMES};                                        \
        const double numbers[] = {x0, x1, x2};                                         \
        return called(0##n, words, numbers);                                           \
    }
/* Numbers are octal, so that each digit is three bits. */
#define EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
#define SIXTY_FOUR(X, n)                                                               \
    EIGHT(X, n##0)                                                                     \
    EIGHT(X, n##1)                                                                     \
    EIGHT(X, n##2)                                                                     \
    EIGHT(X, n##3)                                                                     \
    EIGHT(X, n##4)                                                                     \
    EIGHT(X, n##5)                                                                     \
    EIGHT(X, n##6)                                                                     \
    EIGHT(X, n##7)
#define ALL(X)                                                                         \
    SIXTY_FOUR(X, 0)                                                                   \
    SIXTY_FOUR(X, 1)                                                                   \
    SIXTY_FOUR(X, 2)                                                                   \
    SIXTY_FOUR(X, 3)                                                                   \
    SIXTY_FOUR(X, 4)                                                                   \
    SIXTY_FOUR(X, 5)                                                                   \
    SIXTY_FOUR(X, 6)                                                                   \
    SIXTY_FOUR(X, 7)                                                                   \
    SIXTY_FOUR(X, 10)                                                                  \
    SIXTY_FOUR(X, 11)                                                                  \
    SIXTY_FOUR(X, 12)                                                                  \
    SIXTY_FOUR(X, 13)                                                                  \
    SIXTY_FOUR(X, 14)                                                                  \
    SIXTY_FOUR(X, 15)                                                                  \
    SIXTY_FOUR(X, 16)                                                                  \
    SIXTY_FOUR(X, 17)
ALL(ONE)
#undef ONE

#define ONE(n) function_##n,
static routine_fn *const functions[FUNCTIONS] = {ALL(ONE)};
#undef ONE

bool pt_blas_library_is_open(const char *library)
{
    for (size_t i = 0; i < n_open; i++)
        if (strcmp(open_libraries[i], library) == 0)
            return true;
    return false;
}

static void open_library(const char *library)
{
    if (n_open == LIBRARIES || pt_blas_library_is_open(library))
        return;
    open_libraries[n_open] = strdup(library); /* for as long as the process lives */
    n_open += open_libraries[n_open] != NULL;
}

int pt_fuzzy_blas_wants(const char *caller, const char *symbol)
{
    struct pt_blas_symbol what;
    (void)caller;
    return pt_blas_symbol_read(symbol, &what);
}

void *pt_fuzzy_blas_choose(const char *caller, const char *symbol, void *real)
{
    struct pt_blas_symbol what;
    size_t at = 0;
    if (!pt_blas_symbol_read(symbol, &what))
        return NULL;
    struct pt_fuzzy_routine *routine =
        pt_fuzzy_routine_add(symbol, real, PT_FUZZY_BLAS);
    while (routine && at < n_bound && bound[at].routine != routine)
        at++;
    if (!routine || at == FUNCTIONS)
        return NULL;
    if (at == n_bound) {
        bound[at] = (struct bound){routine, what};
        n_bound++;
    }
    if (what.routine == PT_BLAS_GEMM || what.routine == PT_BLAS_GEMV)
        open_library(caller);
    void *ours;
    memcpy(&ours, &functions[at], sizeof ours);
    return ours;
}
