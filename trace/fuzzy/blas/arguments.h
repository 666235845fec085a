/* The arguments of a routine of BLAS, taken in turn: Fortran's, by address, and C's, by
 * value, come in the same order. Thread: safe, one for each call. */
#ifndef PT_FUZZY_BLAS_ARGUMENTS_H
#define PT_FUZZY_BLAS_ARGUMENTS_H

#include "fuzzy/blas/call.h"

struct pt_blas_arguments {
    struct pt_blas_call *call;
    int word, number; /* the next of the call's words, and of its numbers in CBLAS */
    bool by_rows;     /* C only */
    bool wrong;       /* for the library's own routine to complain of */
};

/* C's order of matrices; Fortran has no such argument. */
void pt_blas_take_order(struct pt_blas_arguments *c);

int64_t pt_blas_take_integer(struct pt_blas_arguments *c);
/* The same, wrong where negative. */
int64_t pt_blas_take_size(struct pt_blas_arguments *c);

/* One of `letters`, in upper case; CBLAS has numbers for them. Wrong: another. */
char pt_blas_take_letter(struct pt_blas_arguments *c, const char *letters);

enum pt_triangle pt_blas_take_triangle(struct pt_blas_arguments *c);

void *pt_blas_take_address(struct pt_blas_arguments *c);

/* A number of the routine's type; `real`: of that of its parts. */
struct pt_blas_scalar pt_blas_take_scalar(struct pt_blas_arguments *c);
struct pt_blas_scalar pt_blas_take_scalar_of(struct pt_blas_arguments *c, bool real);

/* A matrix of that size as it is stored, with its leading dimension behind it. */
struct pt_blas_operand pt_blas_take_matrix(struct pt_blas_arguments *c, int64_t rows,
                                           int64_t columns);

/* A matrix as the letter `how` (N, T, C) takes it: then of `rows` × `columns`. */
struct pt_blas_operand pt_blas_take_transposed(struct pt_blas_arguments *c, char how,
                                               int64_t rows, int64_t columns);

/* A column of n elements, with its step behind it. */
struct pt_blas_operand pt_blas_take_vector(struct pt_blas_arguments *c, int64_t n);

/* update.c: the call that is C = beta C + alpha A B, by our kernels; counted, and done
 * by the library itself where no memory is left. */
double pt_blas_call_update(struct pt_blas_call *call, const struct pt_blas_model *m);

/* update.c: the library's own routine, unperturbed. */
double pt_blas_call_left(struct pt_blas_call *call);

/* structured.c: the routines of these names, or the Hermitian ones (hemm, hemv, herk,
 * her), of rank 2k and two where `twice` (syr2k, her2k, syr2, her2). */
double pt_blas_symm(struct pt_blas_arguments *c, bool hermitian);
double pt_blas_symv(struct pt_blas_arguments *c, bool hermitian);
double pt_blas_syrk(struct pt_blas_arguments *c, bool hermitian, bool twice);
double pt_blas_syr(struct pt_blas_arguments *c, bool hermitian, bool twice);

static inline bool pt_blas_is_complex(const struct pt_blas_arguments *c)
{
    return c->call->symbol->type == 'c' || c->call->symbol->type == 'z';
}

#endif
