/* The process's first moment. */
#ifndef PT_EMBED_START_H
#define PT_EMBED_START_H

#include "base/status.h"

/* The name of a function or object of Python's that the tracer uses and that this
 * process does not have; NULL: all are there. Thread: safe. */
const char *pt_start_missing(void);

/* What the process runs in the place of the interpreter's own main. Defined by
 * embed/main.c. */
int pt_start_main(int argc, char **argv, char **variables);

#endif
