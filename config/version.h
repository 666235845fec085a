/* What --version says. */
#ifndef PT_VERSION_H
#define PT_VERSION_H

#include <stdio.h>

/* Prints "<program> 0.1.0", then from what and how it was built, a line each. Thread:
 * safe. */
void pt_version_print(FILE *out, const char *program);

#endif
