/* Where the program computes: how many operations were perturbed at which line of which
 * function. Under the GIL unless said otherwise. */
#ifndef PT_INTERCEPT_PLACES_H
#define PT_INTERCEPT_PLACES_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Counts from here on (pt_fuzzy_watch): all operations, or with `events` only those at
 * lines with events, when they have some. What the standard library and numpy do is
 * counted to the function outside of them that called it. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_places_start(bool events, struct pt_error *error);

/* One line; the texts are borrowed for as long as the process lives. Comprehensions,
 * lambdas and generator expressions belong to the function around them. */
struct pt_place_count {
    const char *module, *function; /* "" where no Python function was running */
    const char *file;
    uint32_t line;
    uint64_t perturbed;
    uint64_t cancelled; /* sums that lost the leading bits that are asked for */
    unsigned most_lost; /* bits, in one of them */
};

/* All lines, in order of their first operation. */
typedef void pt_place_visitor(void *context, const struct pt_place_count *place);
void pt_places_visit(pt_place_visitor *visit, void *context);

#endif
