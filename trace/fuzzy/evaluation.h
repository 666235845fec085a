/* The tables of CPython's evaluation loop.
 *
 * From 3.11 on the loop replaces `a + b` of two floats, once it has run a few times, by
 * an instruction that does not go through the number slots. The table of the addresses
 * to which the loop jumps, one for each opcode, lies in the data of libpython; there
 * the entries of these instructions are pointed at that of the generic one. That one
 * looks up what to call in a second table. */
#ifndef PT_FUZZY_EVALUATION_H
#define PT_FUZZY_EVALUATION_H

#include <Python.h>
#include <stdbool.h>

#include "base/status.h"

/* Points the specialised float instructions at the generic ones. A loop without a table
 * that can be told apart with certainty is PT_E_UNSUPPORTED, and nothing was changed. A
 * second call changes nothing. Caller locks (the GIL). */
PT_MUST_CHECK enum pt_status pt_fuzzy_evaluation_generic(struct pt_error *error);

/* Puts the entries back. */
void pt_fuzzy_evaluation_restore(void);

/* What the instruction BINARY_OP calls for an argument (NB_ADD and the like); it is
 * called for nothing else. */
struct pt_fuzzy_operator {
    unsigned argument;
    binaryfunc function;
};

/* Puts `new` in the place of what the evaluation loop has; false where its table is not
 * to be told apart or not to be changed: then some of them are called, or none. Caller
 * locks (the GIL). */
bool pt_fuzzy_evaluation_operators_put(const struct pt_fuzzy_operator *new, size_t n);

/* Whether the instruction that the calling thread's innermost Python frame is at is an
 * arithmetic one: not a call of the compiler, a parser or a printer. */
bool pt_fuzzy_evaluation_in_arithmetic(void);

#endif
