/* What is perturbed or not, one by one: the functions of a program, or its lines. */
#ifndef PT_LOCALIZE_UNITS_H
#define PT_LOCALIZE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_unit {
    char *module, *function, *file; /* owned */
    uint32_t line;                  /* of a line; of a function 0 */
    uint64_t perturbed;             /* operations in one run */
    char *pattern;                  /* owned: for --fuzzy-only */
};

struct pt_units {
    struct pt_unit *items;
    size_t n;
    uint64_t elsewhere; /* operations outside of any function */
};

/* The lines of a table that --places has written. Lines of texts that are no files (-c)
 * and of functions without a name are left out and counted as elsewhere. PT_E_FORMAT.
 * End with pt_units_destroy. */
PT_MUST_CHECK enum pt_status pt_units_read(const char *path, struct pt_units *lines,
                                           struct pt_error *error);

/* Their functions. */
PT_MUST_CHECK enum pt_status pt_units_functions(const struct pt_units *lines,
                                                struct pt_units *functions,
                                                struct pt_error *error);

/* The lines that lie in these functions (`set` over `functions`). */
PT_MUST_CHECK enum pt_status pt_units_within(const struct pt_units *lines,
                                             const struct pt_units *functions,
                                             const unsigned char *set,
                                             struct pt_units *within,
                                             struct pt_error *error);

void pt_units_destroy(struct pt_units *units);

#endif
