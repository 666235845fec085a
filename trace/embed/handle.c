#include "embed/handle.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "handover.h"
#include "launcher/preload.h"

/* The path under which the loader knows us. */
static const char *our_path(void)
{
    static const char here;
    Dl_info info;
    return dladdr(&here, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "";
}

/* Takes us out of LD_PRELOAD; whatever else is in there stays as it is, in its order.
 */
static void restore_environment(const char *path)
{
    const char *value = getenv("LD_PRELOAD");
    size_t length = strlen(path);
    for (const char *word = value; word != NULL && length > 0;) {
        const char *end = word + strcspn(word, PT_PRELOAD_SEPARATORS);
        if ((size_t)(end - word) == length && memcmp(word, path, length) == 0) {
            char *rest = NULL;
            if (word == value && *end == '\0')
                unsetenv("LD_PRELOAD");
            else if (asprintf(&rest, "%.*s%s", (int)(word - value), value,
                              *end != '\0' ? end + 1 : end) >= 0)
                setenv("LD_PRELOAD", rest, 1);
            free(rest);
            return;
        }
        word = *end != '\0' ? end + 1 : NULL;
    }
}

/* A path that cannot be written in LD_PRELOAD is an open file there: closes it. The
 * real path; the caller frees it. NULL: no memory, or no /proc. */
static char *resolve(const char *path)
{
    static const char folder[] = "/proc/self/fd/";
    char *real = realpath(path, NULL);
    if (strncmp(path, folder, sizeof folder - 1) == 0)
        close(atoi(path + sizeof folder - 1));
    return real;
}

/* Leaves of the arguments those that the interpreter would have had, and moves them to
 * where `ps` reads them. The kernel lays them out one after the other. */
static void restore_command_line(struct pt_handle *handle, int argc, char **argv)
{
    char *end = argv[0];
    bool in_a_row = true;

    for (int i = 0; in_a_row && i < argc; i++) {
        in_a_row = argv[i] == end;
        end += strlen(argv[i]) + 1;
    }
    if (in_a_row) {
        char *from = argc > PT_HANDLE_ARGUMENTS ? argv[PT_HANDLE_ARGUMENTS] : end;
        size_t bytes = (size_t)(end - from);
        memmove(argv[1], from, bytes);
        memset(argv[1] + bytes, 0, (size_t)(from - argv[1]));
        for (int i = PT_HANDLE_ARGUMENTS; i < argc; i++)
            argv[i] -= from - argv[1];
    }
    handle->argc = argc - PT_HANDLE_ARGUMENTS + 1;
    handle->argv = argv + PT_HANDLE_ARGUMENTS - 1;
    handle->argv[0] = argv[0];
}

enum pt_status pt_handle_read(int argc, char **argv, struct pt_handle *handle,
                              struct pt_error *error)
{
    const char *path = our_path();

    if (argc < PT_HANDLE_ARGUMENTS || strcmp(argv[PT_HANDLE_WORDS], PT_HANDLE_REFUSAL))
        return pt_error_set(error, PT_E_USAGE,
                            "%s is preloaded by pytracer-trace, not by hand", path);
    if (strcmp(argv[PT_HANDLE_VERSION], PT_VERSION) != 0)
        return pt_error_set(error, PT_E_VERSION,
                            "%s is of version " PT_VERSION
                            ", pytracer-trace of %s: install them together",
                            path, argv[PT_HANDLE_VERSION]);
    int descriptor = atoi(argv[PT_HANDLE_DESCRIPTOR]);
    enum pt_status status = pt_handover_read(descriptor, &handle->config, error);
    close(descriptor);
    restore_environment(path);
    handle->tracer = resolve(path);
    for (enum pt_report report = 0; report < PT_REPORT_N; report++)
        if (strcmp(argv[PT_HANDLE_REPORT], pt_report_name(report)) == 0)
            handle->report = report;
    handle->executable = strdup(argv[PT_HANDLE_PYTHON]);
    if (status == PT_OK && (handle->executable == NULL || handle->tracer == NULL))
        status = pt_error_sys(error, "cannot find out where %s is", path);
    restore_command_line(handle, argc, argv);
    handle->command = pt_command_find(handle->argc - 1, handle->argv + 1);
    return status;
}
