/* The timelines of a function. values/ is sorted by (function, name, phase, process,
 * time), so that each is a slice; and since calls/ is sorted by (process, time), a
 * slice's calls ascend. */
#ifndef PT_VIZ_SERIES_H
#define PT_VIZ_SERIES_H

#include "schema/reader.h"

struct pt_series {
    uint32_t function, name, process;
    uint8_t phase;
    uint64_t first, n; /* slice of values/ */
};

/* Splits function `function` into its series, at most `size`; *n is how many there are
 * in the array. Reads O(log n) rows per series. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_series_find(const struct pt_result *result,
                                            uint32_t function, struct pt_series *series,
                                            size_t size, size_t *n,
                                            struct pt_error *error);

/* The rows of *series whose calls begin at times in [from, to]. Thread: safe. */
PT_MUST_CHECK enum pt_status pt_series_cut(const struct pt_result *result,
                                           const struct pt_series *series,
                                           uint64_t from, uint64_t to,
                                           struct pt_series *part,
                                           struct pt_error *error);

/* Logical time of the call that value `row` belongs to. */
PT_MUST_CHECK enum pt_status pt_series_time(const struct pt_result *result,
                                            uint64_t row, uint64_t *time,
                                            struct pt_error *error);

#endif
