/* The layer `rounding`: compiled code that no other layer reaches runs in a hardware
 * rounding mode that is drawn when it is entered, up or down with probability 1/2.
 *
 *   ways in    calls of compiled functions, loops of ufuncs (intercept/rounding.c),
 *              foreign functions of ctypes and cffi (rounding.c): pt_rounding_enter
 *   ways out   the interpreter, libm, reading and printing of numbers, our own layers:
 *              nearest until they return                                    exits.h
 *   workers    threads of BLAS and OpenMP compute in the mode of the call that they
 *              work for                                                   workers.h
 *
 * A whole call is rounded one way: the errors within it share their direction, so that
 * it shows more than independent roundings would, and its mean is not the exact result.
 */
#ifndef PT_FUZZY_ROUNDING_ROUNDING_H
#define PT_FUZZY_ROUNDING_ROUNDING_H

#include <stdbool.h>

#include "fuzzy/rounding/mode.h"

/* Draws a mode and sets it, for what is called next; returns it, or nearest where
 * nothing was set: the layer is off, paused or out of scope, or the program has set a
 * mode itself. To be called to nearest. Thread: safe, acts on the caller's own. */
enum pt_rounding_mode pt_rounding_enter(void);

/* Ends it, unless what was called has set a mode itself. */
static inline void pt_rounding_leave(enum pt_rounding_mode entered)
{
    if (entered == PT_ROUNDING_NEAREST || pt_rounding_ours != entered)
        return;
    pt_rounding_ours = PT_ROUNDING_NEAREST;
    if (pt_rounding_mode_get() == entered)
        pt_rounding_mode_set(PT_ROUNDING_NEAREST);
}

/* To nearest, for work of the tracer or the interpreter within a call, if the layer has
 * set another mode; returns what to go on with. Quick where it has not. */
static inline enum pt_rounding_mode pt_rounding_pause(void)
{
    if (!pt_rounding_is_ours())
        return PT_ROUNDING_NEAREST;
    enum pt_rounding_mode before = pt_rounding_ours;
    pt_rounding_take(PT_ROUNDING_NEAREST);
    return before;
}

static inline void pt_rounding_resume(enum pt_rounding_mode before)
{
    if (before != PT_ROUNDING_NEAREST)
        pt_rounding_take(before);
}

/* Whether functions of a compiled module, and the one of that name ("ndarray.dot";
 * NULL: any), are to run in such a mode. Of numpy's core only what computes and is no
 * ufunc; not its random generators; not what reads and writes numbers as text. */
bool pt_rounding_reaches(const char *module, const char *function);

/* Whether the loop of a ufunc for these types (numpy's numbers) is. */
bool pt_rounding_reaches_ufunc(const char *name, const char *types, int n_types);

/* The callbacks of slots.h. choose is asked after the other layers: `routine` is what
 * they have chosen. */
int pt_rounding_wants(const char *caller, const char *symbol);
void *pt_rounding_choose(const char *caller, const char *symbol, void *routine,
                         bool is_call);

#endif
