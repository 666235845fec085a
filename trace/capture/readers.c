/* Read in the sources of numpy 1.24 and 2.x: everything in these two files makes its
 * results anew, or copies before it works in place; one function is there to write. */
#include "capture/readers.h"

#include <stddef.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

bool pt_capture_only_reads(const char *file, const char *name)
{
    static const char *const files[] = {
        "/numpy/core/fromnumeric.py", "/numpy/_core/fromnumeric.py",
        "/numpy/linalg/linalg.py", "/numpy/linalg/_linalg.py"};

    if (!file || strcmp(name, "put") == 0)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (ends_with(file, files[i]))
            return true;
    return false;
}
