/* Messages of a program, as `logger.*` of the configuration asks.
 *
 * Format "print":  [HH:MM:SS.ffffff] LEVEL: message
 * Format "logger": YYYY-MM-DD HH:MM:SS,mmm - pytracer - LEVEL - message
 *
 * Colours only on a terminal, and never where NO_COLOR is set. Thread: safe; each
 * message is one write. Before pt_log_open, messages of level WARNING and above go to
 * stderr in format "print". */
#ifndef PT_BASE_LOG_H
#define PT_BASE_LOG_H

#include <stdbool.h>

#include "base/status.h"

enum pt_log_level { PT_LOG_DEBUG, PT_LOG_INFO, PT_LOG_WARNING, PT_LOG_ERROR };
enum pt_log_format { PT_LOG_PRINT, PT_LOG_LOGGER };

struct pt_log_options {
    enum pt_log_level level;
    enum pt_log_format format;
    bool color;
    const char *path; /* NULL: stderr; else appended to, created 0666 & ~umask */
};

PT_MUST_CHECK enum pt_status pt_log_open(const struct pt_log_options *options,
                                         struct pt_error *error);
void pt_log_close(void);

void pt_log(enum pt_log_level level, const char *format, ...) PT_PRINTF(2, 3);
#define pt_log_debug(...)   pt_log(PT_LOG_DEBUG, __VA_ARGS__)
#define pt_log_info(...)    pt_log(PT_LOG_INFO, __VA_ARGS__)
#define pt_log_warning(...) pt_log(PT_LOG_WARNING, __VA_ARGS__)
#define pt_log_error(...)   pt_log(PT_LOG_ERROR, __VA_ARGS__)

#endif
