/* Whether two traces of one program hold the same, bit for bit: what a control run must
 * show. Thread: safe. */
#ifndef PT_JOBS_INSPECT_COMPARE_H
#define PT_JOBS_INSPECT_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct pt_comparison {
    bool same;
    uint64_t n_calls, n_values; /* compared: up to the difference, or all */
    uint64_t n_unordered; /* calls off the main thread, whose order is not fixed */
    char words[1024];     /* the first difference; empty where there is none */
};

/* Compares the calls of the main thread one by one: function, call site, the names,
 * types, shapes and data of inputs and outputs, the exception. Times, hosts and what
 * only describes an object (its address is in it) are not compared. *comparison is set
 * where PT_OK is returned; PT_E_DAMAGED and others: a trace cannot be read. */
PT_MUST_CHECK enum pt_status pt_inspect_compare(const char *first, const char *second,
                                                struct pt_comparison *comparison,
                                                struct pt_error *error);

#endif
