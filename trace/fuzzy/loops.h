/* numpy's inner loops, stochastic: what PyUFunc_ReplaceLoopBySignature puts in place of
 * numpy's own. Knows numpy's conventions for loops, and neither Python nor numpy. */
#ifndef PT_FUZZY_LOOPS_H
#define PT_FUZZY_LOOPS_H

#include <stdint.h>

#include "fuzzy/operation.h"

/* PyUFuncGenericFunction: `args` are the operands' first bytes, then the result's;
 * dimensions[0] is the number of elements, steps[] their distances in bytes. */
typedef void pt_fuzzy_loop(char **args, const intptr_t *dimensions,
                           const intptr_t *steps, void *data);

/* `ufunc` is an enum pt_fuzzy_operation or an enum pt_fuzzy_ufunc. The loop for a
 * format, and numpy's name of the ufunc. Static storage. */
pt_fuzzy_loop *pt_fuzzy_loop_of(unsigned ufunc, enum pt_fuzzy_format format);
const char *pt_fuzzy_loop_name(unsigned ufunc);

/* Names the loop that computes as IEEE arithmetic does: called in pauses and after
 * pt_fuzzy_stop. Caller locks (the GIL). */
void pt_fuzzy_loop_set_original(unsigned ufunc, enum pt_fuzzy_format format,
                                pt_fuzzy_loop *original);

#endif
