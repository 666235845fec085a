/* Complex numbers: numpy's own sequence of real operations, each of them rounded at
 * random. Products and quotients are not the exact ones rounded, as they are not in
 * numpy either. */
#ifndef PT_FUZZY_COMPLEX_H
#define PT_FUZZY_COMPLEX_H

#include "fuzzy/compute.h"
#include "fuzzy/loops.h"

/* The loop of a ufunc for complex numbers of two reals of `format`, NULL where it has
 * none (a root is a function, see complex_functions.h). Static storage. */
pt_fuzzy_loop *pt_fuzzy_complex_loop_of(unsigned ufunc, enum pt_fuzzy_format format);

/* As pt_fuzzy_loop_set_original. Caller locks (the GIL). */
void pt_fuzzy_complex_set_original(unsigned ufunc, enum pt_fuzzy_format format,
                                   pt_fuzzy_loop *original);

#endif
