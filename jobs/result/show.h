/* One result file in words: its runs, its size, the ranking. */
#ifndef PT_SHOW_RESULT_H
#define PT_SHOW_RESULT_H

#include <stdbool.h>

#include "base/status.h"

/* Prints to standard output, as text or JSON. Errors of the reader. Thread: one. */
PT_MUST_CHECK enum pt_status pt_show_result(const char *path, bool json,
                                            struct pt_error *error);

#endif
