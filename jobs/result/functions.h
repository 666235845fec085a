/* The functions of a result as one table in memory, for check, diff and export. */
#ifndef PT_FUNCTIONS_H
#define PT_FUNCTIONS_H

#include "schema/reader.h"

struct pt_function {
    char *module, *name, *file;
    uint32_t line, kind, rank, flags;
    uint64_t n_calls, n_partial;
    double digits_in, digits_out; /* medians over calls, bits; NaN: none */
    double lost, self_lost, self_lost_max;
    double least_digits;  /* least digits_out of a call; NaN: none */
    uint64_t n_nonfinite; /* NaN and Inf in its outputs, over elements and runs */
};

struct pt_functions {
    struct pt_function
        *items; /* in the order of the file: by module, name, file, line */
    size_t n;
};

/* Reads them from an open result. Errors of the reader. End with pt_functions_destroy.
 * Thread: safe. */
PT_MUST_CHECK enum pt_status pt_functions_read(const struct pt_result *result,
                                               struct pt_functions *functions,
                                               struct pt_error *error);
/* The same from a file. */
PT_MUST_CHECK enum pt_status pt_functions_load(const char *path,
                                               struct pt_functions *functions,
                                               struct pt_error *error);
void pt_functions_destroy(struct pt_functions *functions);

#endif
