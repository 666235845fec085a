#include "version.h"

#include "commit.h" /* made by each build: PT_COMMIT */

void pt_version_print(FILE *out, const char *program)
{
    fprintf(out, "%s %s\n", program, PT_VERSION);
    if (PT_COMMIT[0])
        fprintf(out, "  commit:   %s\n", PT_COMMIT);
    fprintf(out, "  compiler: %s %s, %s, %s\n", PT_COMPILER, PT_COMPILER_VERSION,
            PT_BUILD_TYPE, PT_PROCESSOR);
}
