#include "launcher/preload.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum pt_status name_object(const char *path, char *name, struct pt_error *error)
{
    if (strpbrk(path, PT_PRELOAD_SEPARATORS) == NULL) {
        snprintf(name, PATH_MAX, "%s", path);
        return PT_OK;
    }
    int descriptor = open(path, O_RDONLY); /* which exec keeps */
    if (descriptor < 0)
        return pt_error_sys(error, "cannot open %s", path);
    snprintf(name, PATH_MAX, "/proc/self/fd/%d", descriptor);
    return PT_OK;
}

enum pt_status pt_preload(const char *path, struct pt_error *error)
{
    const char *before = getenv("LD_PRELOAD");
    char name[PATH_MAX], *value = NULL;
    enum pt_status status = name_object(path, name, error);
    if (status != PT_OK)
        return status;
    if (asprintf(&value, "%s%s%s", name, before != NULL ? ":" : "",
                 before != NULL ? before : "") < 0)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    if (setenv("LD_PRELOAD", value, 1) != 0)
        status = pt_error_sys(error, "cannot set LD_PRELOAD");
    free(value);
    return status;
}
