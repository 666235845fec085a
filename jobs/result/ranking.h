/* The ranking of a result: functions by the digits that are lost inside them. */
#ifndef PT_RANKING_H
#define PT_RANKING_H

#include <stdio.h>

#include "schema/reader.h"

/* Prints the first `most` ranked functions, worst first, with file and line, and the
 * sources of variation; or one line on why there is no ranking. Errors of the reader.
 * Thread: safe. */
PT_MUST_CHECK enum pt_status pt_ranking_print(FILE *out, const struct pt_result *result,
                                              size_t most, struct pt_error *error);

#endif
