/* One operation on one pair of numbers, for scalar objects. */
#ifndef PT_FUZZY_SCALAR_H
#define PT_FUZZY_SCALAR_H

#include <stdbool.h>

#include "fuzzy/functions.h"
#include "fuzzy/operation.h"
#include "fuzzy/runtime.h"

/* `a op b` rounded at random (binary32 values come as doubles, and so does the result);
 * for a root b is not read. Signals nothing. `stream` is the thread's own. */
double pt_fuzzy_scalar(struct pt_fuzzy_stream *stream, unsigned operation,
                       enum pt_fuzzy_format format, double a, double b);

/* a b + c rounded once, at random; r is the library's result. */
double pt_fuzzy_scalar_fma(struct pt_fuzzy_stream *stream, enum pt_fuzzy_format format,
                           double a, double b, double c, double r);

/* The library's result r of function(x, y), moved by the law of functions.h. */
double pt_fuzzy_scalar_function(struct pt_fuzzy_stream *stream,
                                enum pt_fuzzy_function function,
                                enum pt_fuzzy_format format, double x, double y,
                                double r);

#endif
