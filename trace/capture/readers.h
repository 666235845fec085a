/* Functions that are known not to write into the arrays they are given. */
#ifndef PT_CAPTURE_READERS_H
#define PT_CAPTURE_READERS_H

#include <stdbool.h>

/* Whether a Python function of this file and name only reads its arguments, if they are
 * arrays of numbers of numpy's own type; but for `out`. `file` may be NULL. Thread:
 * safe. */
bool pt_capture_only_reads(const char *file, const char *name);

#endif
