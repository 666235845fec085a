/* The way out of compiled code that computes in a directed mode, into routines that are
 * written for rounding to nearest: the interpreter, libm, the C library's reading and
 * printing of numbers, our own layers. An exit takes the place of a routine in a
 * caller's slot (library/slots.h). It costs a look at the mode where that is nearest;
 * else it calls the routine in nearest, and puts the mode back. */
#ifndef PT_FUZZY_ROUNDING_EXITS_H
#define PT_FUZZY_ROUNDING_EXITS_H

#include <stdbool.h>

/* Routines that there is room for. */
#define PT_ROUNDING_EXITS 4096

/* What to put in a slot that leads to `routine` (any arguments, up to 64 words of them
 * on the stack, none called by setjmp's rules); the same one for the same routine.
 * NULL: there is no room. Thread: caller locks. */
void *pt_rounding_exit(void *routine);

/* Whether a slot of that name may lead to a routine that needs nearest; quick. */
bool pt_rounding_exit_wants(const char *symbol);

/* Whether it does, as it is bound to `routine`. `is_call`: the slot serves calls only,
 * so that nobody compares the address in it. */
bool pt_rounding_exit_needed(const char *symbol, void *routine, bool is_call);

#endif
