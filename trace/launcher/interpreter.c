#include "launcher/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launcher/preload.h"
#include "launcher/question.h"

static bool is_program(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           access(path, X_OK) == 0;
}

static bool join(char *path, const char *folder, size_t bytes, const char *name)
{
    int n = snprintf(path, PATH_MAX, "%.*s%s%s", (int)bytes, folder,
                     bytes == 0 ? "./" : "/", name);
    return n < PATH_MAX && is_program(path);
}

static bool on_path(const char *name, char *path)
{
    const char *folders = getenv("PATH");
    while (folders != NULL) {
        const char *end = strchrnul(folders, ':');
        if (join(path, folders, (size_t)(end - folders), name))
            return true;
        folders = *end == ':' ? end + 1 : NULL;
    }
    return false;
}

static enum pt_status choose(const char *wanted, char *path, struct pt_error *error)
{
    static const char *const prefixes[] = {"VIRTUAL_ENV", "CONDA_PREFIX"};
    static const char *const names[] = {"bin/python3", "bin/python"};

    if (wanted != NULL) {
        if (strchr(wanted, '/') == NULL && on_path(wanted, path))
            return PT_OK;
        if (strlen(wanted) < PATH_MAX && is_program(wanted)) {
            memcpy(path, wanted, strlen(wanted) + 1);
            return PT_OK;
        }
        return pt_error_set(error, PT_E_MISSING, "--python %s: no such program",
                            wanted);
    }
    for (size_t p = 0; p < PT_ARRAY_LENGTH(prefixes); p++) {
        const char *prefix = getenv(prefixes[p]);
        for (size_t n = 0;
             prefix != NULL && prefix[0] != '\0' && n < PT_ARRAY_LENGTH(names); n++)
            if (join(path, prefix, strlen(prefix), names[n]))
                return PT_OK;
    }
    if (on_path("python3", path) || on_path("python", path))
        return PT_OK;
    return pt_error_set(error, PT_E_MISSING,
                        "no python3 on PATH; name an interpreter with --python");
}

/* The path of a file of ours, <prefix>/libexec/pytracer/<name>. */
static enum pt_status find_ours(const char *name, char *path, struct pt_error *error)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return pt_error_sys(error, "cannot find out where pytracer-trace is");
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    *slash = '\0';
    slash = strrchr(self, '/'); /* of <prefix>/bin */
    if (slash != NULL)
        *slash = '\0';
    if (snprintf(path, PATH_MAX, "%s/libexec/pytracer/%s", self, name) >= PATH_MAX)
        return pt_error_set(error, PT_E_LIMIT, "the path %s is too long", self);
    return PT_OK;
}

/* Child of the fork below. Where there is no probe, Python answers itself. */
static _Noreturn void ask(const char *path, int answer)
{
    char probe[PATH_MAX];
    struct pt_error error;
    int nothing = open("/dev/null", O_RDONLY);
    if (find_ours("pytracer-probe.so", probe, &error) == PT_OK &&
        access(probe, R_OK) == 0)
        (void)!pt_preload(probe, &error);
    if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(answer, 1) == 1)
        execl(path, path, PT_QUESTION_OPTIONS, PT_QUESTION, (char *)NULL);
    _exit(127);
}

/* Runs the interpreter and collects what it says, NUL-terminated. */
static enum pt_status interrogate(const char *path, char *answer, size_t room,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    int ends[2] = {-1, -1}, wait_status = 0;
    size_t got = 0;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return pt_error_sys(error, "cannot make a pipe");
    pid_t child = fork();
    if (child == 0)
        ask(path, ends[1]);
    close(ends[1]);
    if (child < 0) {
        status = pt_error_sys(error, "cannot start %s", path);
        goto done;
    }
    for (;;) {
        ssize_t n = read(ends[0], answer + got, room - 1 - got);
        if (n > 0)
            got += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break;
    }
    while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
        continue;
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0)
        status = pt_error_set(error, PT_E_MISSING,
                              "%s cannot be run, or is not a Python interpreter; name "
                              "another one with --python",
                              path);
done:
    answer[got] = '\0';
    close(ends[0]);
    return status;
}

/* The next line of *text, cut off there; "" past the end. */
static char *next_line(char **text)
{
    char *line = *text, *end = strchrnul(line, '\n');
    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return line;
}

static bool keep(char *to, size_t room, const char *text)
{
    return (size_t)snprintf(to, room, "%s", text) < room && text[0] != '\0';
}

static bool is_known(const char *version)
{
    static const char *const known[] = {"3.11", "3.12", "3.13"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(known); i++)
        if (strcmp(known[i], version) == 0)
            return true;
    return false;
}

enum pt_status pt_interpreter_find(const char *wanted,
                                   struct pt_interpreter *interpreter,
                                   struct pt_error *error)
{
    char answer[2 * PATH_MAX], *text = answer;
    enum pt_status status = choose(wanted, interpreter->command, error);
    if (status == PT_OK)
        status = interrogate(interpreter->command, answer, sizeof answer, error);
    if (status != PT_OK)
        return status;

    const char *implementation = next_line(&text);
    const char *version = next_line(&text);
    const char *release = next_line(&text);
    const char *threads = next_line(&text);
    const char *executable = next_line(&text);
    const char *program = next_line(&text);
    if (!keep(interpreter->version, sizeof interpreter->version, version) ||
        !keep(interpreter->release, sizeof interpreter->release, release) ||
        !keep(interpreter->executable, sizeof interpreter->executable, executable) ||
        !keep(interpreter->program, sizeof interpreter->program, program))
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%s does not answer like a Python interpreter",
                            interpreter->command);
    if (strcmp(implementation, "cpython") != 0)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%s is %s %s; only CPython can be traced: name one with "
                            "--python",
                            interpreter->command, implementation, release);
    if (!is_known(version))
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%s is Python %s; 3.11, 3.12 and 3.13 can be traced: name "
                            "one of them with --python",
                            interpreter->command, release);
    if (strcmp(threads, "gil") != 0)
        return pt_error_set(error, PT_E_UNSUPPORTED,
                            "%s is a free-threaded build of Python %s, which cannot be "
                            "traced: name an ordinary one with --python",
                            interpreter->command, release);
    return PT_OK;
}

enum pt_status pt_interpreter_tracer(const struct pt_interpreter *interpreter,
                                     char *path, struct pt_error *error)
{
    char name[64];

    snprintf(name, sizeof name, "pytracer-tracer-%s.so", interpreter->version);
    enum pt_status status = find_ours(name, path, error);
    if (status == PT_OK && access(path, R_OK) != 0)
        return pt_error_set(error, PT_E_MISSING,
                            "no tracer for Python %s (%s): there is no %s; build it: "
                            "cmake -DPython3_EXECUTABLE=%s …, or name another "
                            "interpreter with --python",
                            interpreter->version, interpreter->executable, path,
                            interpreter->executable);
    return status;
}
