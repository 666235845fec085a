/* What the ranks must agree on before the columns can be written: one table of the
 * values' names, one of their shapes, and the rows of values/, which are sorted by
 * (function, name, phase, process, time) although the ranks have them by call. */
#ifndef PT_RESULT_TABLES_H
#define PT_RESULT_TABLES_H

#include "partition/values.h"

struct pt_tables {
    char *names; /* n_names × name_width, sorted, owned; all ranks */
    uint32_t name_width;
    size_t n_names;
    uint64_t *sizes; /* dims/size, owned; all ranks */
    size_t n_sizes;
    uint64_t *rows;                        /* of each value of this rank, owned */
    uint64_t *function_first, *function_n; /* slices of values/, owned; all ranks */
};

/* Collective. Renumbers name and shape of this rank's values.
 */
PT_MUST_CHECK enum pt_status
pt_tables_make(const struct pt_team *team, struct pt_values *values, size_t n_functions,
               struct pt_tables *tables, struct pt_error *error);
void pt_tables_free(struct pt_tables *tables);

#endif
