/* What is printed at the end: the functions by lost digits, the sources, the counts. */
#ifndef PT_PARSE_REPORT_H
#define PT_PARSE_REPORT_H

#include <stdio.h>

#include "result/write.h"

/* The callers around the first place where runs part, innermost first: rows of
 * functions. */
enum { PT_TRAIL_LENGTH = 32 };
struct pt_trail {
    uint32_t functions[PT_TRAIL_LENGTH];
    int n;
};
/* Collective: a caller may be with another rank than the calls it made. */
struct pt_trail pt_report_trail(const struct pt_result *result);

/* Rank 0 alone. */
void pt_report_print(FILE *out, const struct pt_result *result,
                     const struct pt_trail *trail, const char *path);

#endif
