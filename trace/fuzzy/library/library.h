/* The layers that stand in front of other libraries' routines: libm, blas; and the ways
 * out of the layer rounding, which go through the same slots. */
#ifndef PT_FUZZY_LIBRARY_LIBRARY_H
#define PT_FUZZY_LIBRARY_LIBRARY_H

#include "fuzzy/runtime.h"

/* How deep the thread is in a routine that we have called to compute as it does: what
 * that calls in turn is not perturbed. */
extern _Thread_local unsigned pt_fuzzy_library_depth;

/* The thread's stream where a routine is to be perturbed; NULL where it is not: the
 * arithmetic is off or paused, or another of our routines is at work. */
static inline struct pt_fuzzy_stream *pt_fuzzy_library_stream(enum pt_fuzzy_layer layer)
{
    return pt_fuzzy_library_depth > 0 ? NULL : pt_fuzzy_stream_for(layer);
}

#endif
