/* Why the functions at the top of the ranking lose digits: because what comes in is
 * perturbed (the problem is ill conditioned there), or because they are (the algorithm
 * is unstable). */
#ifndef PT_LOCALIZE_INSIGHT_H
#define PT_LOCALIZE_INSIGHT_H

#include "localize/localize.h"

/* One function; digits in bits, of its inputs the median over calls, of its outputs the
 * least; NaN: not known. */
struct pt_insight {
    char *module, *function, *file; /* owned */
    uint32_t line;
    double in, out;           /* everything perturbed */
    double inside;            /* out, itself and what it calls perturbed alone */
    double inputs_in, inputs; /* in and out, all but these perturbed */
};

/* Traces the program `runs` times with everything perturbed, and for each of the first
 * `top` functions of its ranking as often twice more. *n of them in *insights, worst
 * first; the caller ends them with pt_insight_destroy. */
PT_MUST_CHECK enum pt_status pt_insight(struct pt_localize *localize, size_t runs,
                                        size_t top, struct pt_insight **insights,
                                        size_t *n, struct pt_error *error);
void pt_insight_destroy(struct pt_insight *insights, size_t n);

#endif
