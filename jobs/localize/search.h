/* Smallest sets of things that together do harm, found by trying sets of them: delta
 * debugging over 0 … n − 1. Knows nothing of programs.
 *
 * A set is an array of n bytes, 1 for each member. What does harm is taken to do harm
 * with more members too; ddmin, which needs no such promise, checks what was found so,
 * and finishes where the promise was broken. */
#ifndef PT_LOCALIZE_SEARCH_H
#define PT_LOCALIZE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Tries a set; *harm tells. An error ends the search. */
typedef enum pt_status pt_search_try(void *context, const unsigned char *set,
                                     bool *harm, struct pt_error *error);

struct pt_search {
    size_t n;
    pt_search_try *try;
    void *context;
    bool plain; /* ddmin from the start */
};

/* Reduces `set`, which does harm, to a minimal one: without any one member it does
 * none. Bisection: the shortest prefix that does harm together with what is known to be
 * needed gives one more needed member; log₂ n trials for each. ddmin: Zeller and
 * Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2),
 * 2002. */
PT_MUST_CHECK enum pt_status pt_search_minimal(const struct pt_search *search,
                                               unsigned char *set,
                                               struct pt_error *error);

/* All that can be found one after the other (rddmin: Févotte and Lathuilière,
 * "Debugging and optimization of HPC programs with the Verrou tool", Correctness 2019):
 * minimal sets, each among what the earlier ones left. `found` is called for each of
 * them. *harmless (n bytes) is the rest, with those of the found members put back that
 * do no harm beside it: nothing more can be added to it. */
typedef void pt_search_found(void *context, const unsigned char *set);
PT_MUST_CHECK enum pt_status pt_search_all(const struct pt_search *search,
                                           pt_search_found *found,
                                           unsigned char *harmless,
                                           struct pt_error *error);

#endif
