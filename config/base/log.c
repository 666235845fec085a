#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    enum pt_log_level level;
    enum pt_log_format format;
    bool color;
    char *path; /* absolute; NULL: stderr */
} log_state = {.level = PT_LOG_WARNING, .format = PT_LOG_PRINT};

enum { OPEN_TO_APPEND = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC };

enum pt_status pt_log_open(const struct pt_log_options *options, struct pt_error *error)
{
    char *path = NULL;

    if (options->path) {
        int fd = open(options->path, OPEN_TO_APPEND, 0666);
        if (fd < 0)
            return pt_error_sys(error, "cannot open the log file %s", options->path);
        close(fd);
        path = realpath(options->path, NULL);
        if (!path)
            return pt_error_sys(error, "cannot find the log file %s", options->path);
    }
    pt_log_close();
    log_state.level = options->level;
    log_state.format = options->format;
    log_state.color =
        options->color && !path && isatty(STDERR_FILENO) && !getenv("NO_COLOR");
    log_state.path = path;
    return PT_OK;
}

void pt_log_close(void)
{
    free(log_state.path);
    log_state.path = NULL;
    log_state.color = false;
}

/* The file is opened for each message: in a traced program a descriptor that is kept
 * may be closed, and its number become that of a file of the program's. Messages are
 * rare. */
static void append_line(const char *line, size_t bytes)
{
    int fd =
        log_state.path ? open(log_state.path, OPEN_TO_APPEND, 0666) : STDERR_FILENO;
    if (fd < 0)
        return;
    ssize_t written = write(fd, line, bytes);
    (void)written; /* a log that cannot be written must not stop the program */
    if (log_state.path)
        close(fd);
}

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
static const char *const level_colors[] = {"\033[2m", "\033[36m", "\033[33m",
                                           "\033[31m"};

static size_t write_prefix(char *line, size_t size, enum pt_log_level level)
{
    struct timespec now;
    struct tm local;
    const char *on = log_state.color ? level_colors[level] : "";
    const char *off = log_state.color ? "\033[0m" : "";
    int n;

    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    if (log_state.format == PT_LOG_PRINT)
        n = snprintf(line, size, "[%02d:%02d:%02d.%06ld] %s%s%s: ", local.tm_hour,
                     local.tm_min, local.tm_sec, now.tv_nsec / 1000, on,
                     level_names[level], off);
    else
        n = snprintf(line, size,
                     "%04d-%02d-%02d %02d:%02d:%02d,%03ld - pytracer - %s%s%s - ",
                     local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1000000,
                     on, level_names[level], off);
    return n > 0 ? (size_t)n : 0;
}

void pt_log(enum pt_log_level level, const char *format, ...)
{
    char line[2048];
    int saved = errno;
    va_list args;

    if (level < log_state.level)
        return;
    size_t used = write_prefix(line, sizeof line - 1, level);
    va_start(args, format);
    int n = vsnprintf(line + used, sizeof line - 1 - used, format, args);
    va_end(args);
    if (n > 0)
        used += (size_t)n;
    if (used > sizeof line - 2)
        used = sizeof line - 2;
    line[used++] = '\n';
    append_line(line, used);
    errno = saved;
}
