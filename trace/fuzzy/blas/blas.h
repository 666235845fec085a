/* The layer `blas`: routines of BLAS and LAPACK. See MODES.md for what happens to
 * which; call.h for how a call is taken apart. */
#ifndef PT_FUZZY_BLAS_BLAS_H
#define PT_FUZZY_BLAS_BLAS_H

/* The callbacks of slots.h. */
int pt_fuzzy_blas_wants(const char *caller, const char *symbol);
void *pt_fuzzy_blas_choose(const char *caller, const char *symbol, void *real);

#endif
