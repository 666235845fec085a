/* What the program's own floats are divided by: of each division a few divisors in each
 * run, so that the runs together tell which had no significant digit. Under the GIL. */
#ifndef PT_INTERCEPT_DIVISORS_H
#define PT_INTERCEPT_DIVISORS_H

#include <Python.h>

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum {
    PT_DIVISORS_KEPT = 128,      /* of one division, most; in order */
    PT_DIVISORS_SMALLEST = 1024, /* the same in other threads than the main one */
    PT_DIVISORS_SITES = 1024 /* divisions of a program that are looked at, in the main
                                thread and once more in the others */
};

/* Looks from here on (pt_fuzzy_divisor_watch) at what is divided by, in the thread that
 * calls this (the main one) and in all others. Which of the others divides first
 * differs from run to run, but not which divisors are the smallest of all: these are
 * kept. A second call changes nothing. */
void pt_divisors_start(void);

/* One division: an instruction of a function, not a line. The texts are borrowed for
 * the time of the visit. */
struct pt_divisor_site {
    const char *module, *function, *file;
    uint32_t line, instruction; /* in code units from the function's first */
    uint64_t divisions;
    uint64_t stride; /* kept are the divisors of every stride-th, from the first on;
                        0: the smallest magnitudes in other threads, ascending */
    size_t n;
    const uint32_t *kept; /* the upper 24 bits of the doubles */
};

/* All divisions, in order of their first; those of other threads last. */
typedef void pt_divisor_visitor(void *context, const struct pt_divisor_site *site);
void pt_divisors_visit(pt_divisor_visitor *visit, void *context);

#endif
