/* Preloaded into an interpreter that is asked what it is (launcher/interpreter.c), this
 * answers from what is in the executable, in a tenth of the time in which Python would
 * start and answer itself. Where it is not sure it does nothing, and Python answers. */
#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher/question.h"

typedef int main_function(int argc, char **argv, char **variables);
typedef int start_function(main_function *main, int argc, char **argv,
                           void (*initialise)(void), void (*finalise)(void),
                           void (*finalise_loader)(void), void *stack_end);

__attribute__((visibility("default"))) start_function __libc_start_main;

/* An absolute path that Python takes for sys.executable as it is. */
static bool is_plain(const char *path)
{
    return path[0] == '/' && strstr(path, "//") == NULL &&
           strstr(path, "/./") == NULL && strstr(path, "/../") == NULL;
}

static bool is_asked(int argc, char **argv)
{
    return argc == PT_QUESTION_ARGUMENTS && is_plain(argv[0]) &&
           strcmp(argv[PT_QUESTION_ARGUMENTS - 1], PT_QUESTION) == 0;
}

/* Ends the process once it has answered. */
static void answer(const char *executable)
{
    /* of CPython from 3.11 on: PY_VERSION_HEX */
    const unsigned long *version = dlsym(RTLD_DEFAULT, "Py_Version");
    char program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);

    /* a function that free-threaded builds have */
    if (version == NULL || dlsym(RTLD_DEFAULT, "_Py_MergeZeroLocalRefcount") != NULL ||
        n <= 0)
        return;
    program[n] = '\0';
    unsigned major = *version >> 24 & 255, minor = *version >> 16 & 255;
    printf("cpython\n%u.%u\n%u.%u.%u\ngil\n%s\n%s\n", major, minor, major, minor,
           (unsigned)(*version >> 8 & 255), executable, program);
    _exit(fflush(stdout) == 0 ? 0 : 1);
}

int __libc_start_main(main_function *main, int argc, char **argv,
                      void (*initialise)(void), void (*finalise)(void),
                      void (*finalise_loader)(void), void *stack_end)
{
    start_function *next = NULL;

    if (is_asked(argc, argv))
        answer(argv[0]);
    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    if (next == NULL)
        abort();
    return next(main, argc, argv, initialise, finalise, finalise_loader, stack_end);
}
