#include "front/programs.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

enum pt_status pt_program_find(const char *name, char **path, struct pt_error *error)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    *path = NULL;
    if (n < 0)
        return pt_error_sys(error, "cannot tell where pytracer is installed");
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    if (asprintf(path, "%s/%s", self, name) < 0) {
        *path = NULL;
        return pt_error_set(error, PT_E_MEMORY, "no memory for a path");
    }
    if (is_program(*path))
        return PT_OK;
    free(*path);
    *path = NULL;
    return pt_error_set(error, PT_E_MISSING,
                        "%s is not installed in %s: pytracer was built without it",
                        name, self);
}

char *pt_program_on_path(const char *name)
{
    const char *list = getenv("PATH");

    for (const char *p = list ? list : "/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        char *path = NULL;

        if (asprintf(&path, "%.*s%s%s", (int)n, p, n ? "/" : "", name) < 0)
            return NULL;
        if (is_program(path))
            return path;
        free(path);
        p += n + (p[n] == ':');
    }
    return NULL;
}

enum pt_status pt_program_become(const char *name, char **argv, struct pt_error *error)
{
    char *path = NULL;
    enum pt_status status = pt_program_find(name, &path, error);

    if (status != PT_OK)
        return status;
    argv[0] = path;
    fflush(NULL);
    execv(path, argv);
    status = pt_error_sys(error, "cannot start %s", path);
    free(path);
    return status;
}
