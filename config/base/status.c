#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_text(struct pt_error *error, const char *format, va_list args)
{
    vsnprintf(error->text, sizeof error->text, format, args);
}

enum pt_status pt_error_set(struct pt_error *error, enum pt_status status,
                            const char *format, ...)
{
    if (error) {
        va_list args;
        error->status = status;
        error->sys = 0;
        va_start(args, format);
        format_text(error, format, args);
        va_end(args);
    }
    return status;
}

enum pt_status pt_error_sys(struct pt_error *error, const char *format, ...)
{
    int sys = errno;
    enum pt_status status = sys == ENOMEM ? PT_E_MEMORY : PT_E_IO;
    if (error) {
        va_list args;
        error->status = status;
        error->sys = sys;
        va_start(args, format);
        format_text(error, format, args);
        va_end(args);
        size_t used = strlen(error->text);
        snprintf(error->text + used, sizeof error->text - used, ": %s", strerror(sys));
    }
    return status;
}

enum pt_status pt_error_prefix(struct pt_error *error, const char *format, ...)
{
    char before[PT_ERROR_TEXT];
    char tail[PT_ERROR_TEXT];
    va_list args;

    if (!error)
        return PT_E_IO;
    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    memcpy(tail, error->text, sizeof tail);
    snprintf(error->text, sizeof error->text, "%.*s: %.*s", PT_ERROR_TEXT / 2, before,
             PT_ERROR_TEXT / 2 - 4, tail);
    return error->status;
}

const char *pt_status_name(enum pt_status status)
{
    static const char *const names[] = {
        [PT_OK] = "ok",
        [PT_E_IO] = "input/output",
        [PT_E_MEMORY] = "memory",
        [PT_E_FORMAT] = "format",
        [PT_E_VERSION] = "version",
        [PT_E_DAMAGED] = "damaged",
        [PT_E_CONFIG] = "configuration",
        [PT_E_USAGE] = "usage",
        [PT_E_EXISTS] = "exists",
        [PT_E_MISSING] = "missing",
        [PT_E_UNSUPPORTED] = "unsupported",
        [PT_E_LIMIT] = "limit",
    };
    return (unsigned)status < PT_ARRAY_LENGTH(names) ? names[status] : "unknown";
}
