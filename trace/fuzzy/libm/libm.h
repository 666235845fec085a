/* The layer `libm`: the mathematical functions that compiled extensions call. The
 * library's result r is moved by the law of functions.h (r with probability 3/4, each
 * neighbour with 1/8; at a virtual precision, rounded onto its grid as the mode says);
 * errno and the exception flags are those of the library's own call.
 *
 * Not perturbed: the interpreter and its standard library (the layer python does that),
 * numpy's ufuncs (the layer numpy), random generators, C and C++ run-time libraries. */
#ifndef PT_FUZZY_LIBM_LIBM_H
#define PT_FUZZY_LIBM_LIBM_H

/* The callbacks of slots.h. */
int pt_fuzzy_libm_wants(const char *caller, const char *symbol);
void *pt_fuzzy_libm_choose(const char *caller, const char *symbol, void *real);

#endif
