/* What is printed at the end: the functions by lost digits, the sources, the counts. */
#ifndef PT_PARSE_REPORT_H
#define PT_PARSE_REPORT_H

#include <stdio.h>

#include "result/write.h"

/* Rank 0 alone. */
void pt_report_print(FILE *out, const struct pt_result *result, const char *path);

#endif
