/* The gemm of the library whose other routine is called: the model needs a kernel for a
 * part of the sum and of the result, which no other routine can be told to compute. */
#ifndef PT_FUZZY_BLAS_VENDOR_H
#define PT_FUZZY_BLAS_VENDOR_H

#include "fuzzy/blas/call.h"

struct pt_blas_vendor {
    struct pt_blas_call *call; /* NULL: not begun */
    void *library;             /* held open for the time of the call */
    double *room;              /* for the model */
    struct pt_fuzzy_routine gemm;
};

/* Finds it, if the call is not gemm's own, under the name that the call's routine has
 * but for the routine's own
 * ("scipy_dsymm_64_": "scipy_dgemm_64_"). False: the library has none, or no memory.
 * The caller ends it with pt_blas_vendor_end; ending what was not begun does nothing.
 * Thread: safe. */
PT_MUST_CHECK bool pt_blas_vendor_begin(struct pt_blas_call *call,
                                        struct pt_blas_vendor *vendor);
void pt_blas_vendor_end(struct pt_blas_vendor *vendor);

/* The call, which is C = beta C + alpha A B, by our kernels or, above the limit, by
 * gemm and the model; counted. Where it is exact or cannot be done so the library's own
 * routine does it. Its result. */
double pt_blas_vendor_product(struct pt_blas_call *call, const struct pt_blas_model *m);

/* C = C + alpha A B, alpha 1 or -1, likewise, within a routine; not counted. False:
 * nothing done, for it is little work, or no memory. */
PT_MUST_CHECK bool pt_blas_vendor_square(struct pt_blas_vendor *vendor,
                                         struct pt_blas_operand a,
                                         struct pt_blas_operand b,
                                         struct pt_blas_operand c, double alpha);

#endif
