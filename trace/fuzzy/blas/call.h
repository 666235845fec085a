/* One call of a routine of BLAS or LAPACK that has come to us: what its symbol says of
 * it, and its arguments as they were passed. */
#ifndef PT_FUZZY_BLAS_CALL_H
#define PT_FUZZY_BLAS_CALL_H

#include "fuzzy/blas/operand.h"
#include "fuzzy/library/routines.h"

/* X(NAME, name without the letter of its type, letters of the types it is covered for)
 */
#define PT_BLAS_ROUTINES(X)                                                            \
    X(DOT, dot, "sd")                                                                  \
    X(DOTU, dotu_sub, "cz")                                                            \
    X(DOTC, dotc_sub, "cz")                                                            \
    X(AXPY, axpy, "sdcz")                                                              \
    X(SCAL, scal, "sdcz")                                                              \
    X(GEMV, gemv, "sdcz")                                                              \
    X(GER, ger, "sd")                                                                  \
    X(GERU, geru, "cz")                                                                \
    X(TRSV, trsv, "sdcz")                                                              \
    X(GEMM, gemm, "sdcz")                                                              \
    X(SYRK, syrk, "sdcz")                                                              \
    X(HERK, herk, "cz")                                                                \
    X(TRSM, trsm, "sdcz")                                                              \
    X(NRM2, nrm2, "sd")                                                                \
    X(DZNRM2, znrm2, "d")                                                              \
    X(SCNRM2, cnrm2, "s")                                                              \
    X(ASUM, asum, "sd")                                                                \
    X(DZASUM, zasum, "d")                                                              \
    X(SCASUM, casum, "s")                                                              \
    X(SYMV, symv, "sd")                                                                \
    X(HEMV, hemv, "cz")                                                                \
    X(TRMV, trmv, "sdcz")                                                              \
    X(SYR, syr, "sd")                                                                  \
    X(HER, her, "cz")                                                                  \
    X(SYR2, syr2, "sd")                                                                \
    X(HER2, her2, "cz")                                                                \
    X(SYMM, symm, "sdcz")                                                              \
    X(HEMM, hemm, "cz")                                                                \
    X(TRMM, trmm, "sdcz")                                                              \
    X(SYR2K, syr2k, "sdcz")                                                            \
    X(HER2K, her2k, "cz")

enum pt_blas_routine {
#define X(NAME, name, types) PT_BLAS_##NAME,
    PT_BLAS_ROUTINES(X)
#undef X
        PT_BLAS_N
};

/* What a symbol names. */
struct pt_blas_symbol {
    int routine; /* enum pt_blas_routine, or PT_BLAS_N + a row of lapack.c */
    char type;   /* 's', 'd', 'c', 'z' */
    bool cblas;  /* arguments by value, and an order; else Fortran's, by address */
    bool wide;   /* integers of 64 bits */
};

/* Understands "dgemm_", "cblas_dgemm", "scipy_dgemm_64_", "scipy_cblas_dgemm64_" and
 * the like. False: not a routine that is covered. */
bool pt_blas_symbol_read(const char *symbol, struct pt_blas_symbol *what);

/* Arguments that any routine takes: integers and addresses, and numbers. Those beyond
 * what the routine has are of no meaning. */
enum { PT_BLAS_WORDS = 28, PT_BLAS_NUMBERS = 3 };

struct pt_blas_call {
    struct pt_fuzzy_routine *routine;
    const struct pt_blas_symbol *symbol;
    struct pt_fuzzy_stream *stream;
    uintptr_t words[PT_BLAS_WORDS];
    double numbers[PT_BLAS_NUMBERS];
};

/* The library's own routine, with the call's arguments; its result. What it calls in
 * turn is not perturbed if `alone`. */
double pt_blas_call_real(struct pt_blas_call *call, bool alone);

/* What takes the call over: the result, or that of the library's routine. */
double pt_blas_call_perturbed(struct pt_blas_call *call);   /* calls.c */
double pt_lapack_call_perturbed(struct pt_blas_call *call); /* lapack.c */

/* Moves the elements of an operand by an ulp at random, a symmetric one symmetrically.
 * Returns how many it has. */
uint64_t pt_lapack_move(struct pt_fuzzy_stream *stream, struct pt_blas_operand o,
                        enum pt_triangle triangle);

/* Row of lapack.c for a name without the type's letter; -1: none. */
int pt_lapack_row(const char *name, char type);

/* Fortran's integers and letters (upper case), by the position of the argument. */
int64_t pt_blas_fortran_integer(const struct pt_blas_call *call, int at);
char pt_blas_fortran_letter(const struct pt_blas_call *call, int at);
void pt_blas_fortran_set_integer(const struct pt_blas_call *call, int at,
                                 int64_t value);

/* A matrix in memory, by columns (`by_rows`: by rows), `leading` elements from one to
 * the next. */
struct pt_blas_operand pt_blas_operand_at(char type, const void *first, int64_t rows,
                                          int64_t columns, int64_t leading,
                                          bool by_rows);

/* Whether the calls that `library` makes to BLAS come to us. */
bool pt_blas_library_is_open(const char *library);

/* C = beta C + alpha A B within the triangle, or, `twice`, + alpha Bᵀ Aᵀ as well
 * (`conjugated`: + conj(alpha) Bᴴ Aᴴ). */
struct pt_blas_model {
    struct pt_blas_operand a, b, c;
    struct pt_blas_scalar alpha, beta;
    enum pt_triangle triangle;
    bool twice, conjugated;
};

/* The second of these sums, on what the first has made of C. */
struct pt_blas_model pt_blas_model_other(const struct pt_blas_model *model);

/* Multiply-adds of all of it. */
uint64_t pt_blas_model_work(const struct pt_blas_model *model);

/* Elements of C from (i, j) on, by columns in memory of the model's own. */
struct pt_blas_block {
    int64_t i, j;
    struct pt_blas_operand values;
};

/* Doubles of memory that the model needs, however large the matrices are. */
enum {
    PT_BLAS_MODEL_ELEMENTS = 1 << 18,
    PT_BLAS_MODEL_ROOM = 9 * PT_BLAS_MODEL_ELEMENTS
};

/* Computes block = (from == 0 ? beta : 1) block + alpha A(rows, from:to) B(from:to,
 * columns). */
typedef void pt_blas_compute_fn(void *context, const struct pt_blas_block *block,
                                int64_t from, int64_t to);

/* The first of the sums by the library's kernel, with noise scaled by its partial sums:
 * block after block of C, in so many doubles at `room`. */
void pt_blas_model_run(struct pt_fuzzy_stream *stream,
                       const struct pt_blas_model *model, pt_blas_compute_fn *compute,
                       void *context, double *room);

/* Whether all of beta C + alpha A B is exact whatever the order of the sums. */
bool pt_blas_model_is_exact(const struct pt_blas_model *model);

#endif
