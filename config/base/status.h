/* Status values and error details: the one error convention of the project.
 *
 * A function that can fail returns an enum pt_status that must be read, gives its
 * results through final out-pointers, and describes the failure (what, where, what to
 * do) in the struct pt_error that its caller lends. Only a program's main prints and
 * exits. The error pointer may be NULL where the caller needs no words. */
#ifndef PT_BASE_STATUS_H
#define PT_BASE_STATUS_H

enum pt_status {
    PT_OK = 0,
    PT_E_IO,          /* the system refused: errno is in pt_error.sys */
    PT_E_MEMORY,      /* allocation failed */
    PT_E_FORMAT,      /* not a file of this kind */
    PT_E_VERSION,     /* a file of this kind, of a version we cannot read */
    PT_E_DAMAGED,     /* checksum, length or reference does not hold */
    PT_E_CONFIG,      /* the configuration is wrong */
    PT_E_USAGE,       /* the command line, or a call of ours, is wrong */
    PT_E_EXISTS,      /* would overwrite what is there */
    PT_E_MISSING,     /* what was asked for is not there */
    PT_E_UNSUPPORTED, /* recognised, and not possible here */
    PT_E_LIMIT        /* beyond a documented bound */
};

enum { PT_ERROR_TEXT = 1024 };

struct pt_error {
    enum pt_status status;
    int sys;                  /* errno, or 0 */
    char text[PT_ERROR_TEXT]; /* one line, no newline, no trailing period */
};

#define PT_MUST_CHECK      __attribute__((warn_unused_result))
#define PT_PRINTF(f, a)    __attribute__((format(printf, f, a)))
#define PT_ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Fills *error (may be NULL) and returns `status`, so that a failing function can end
 * with `return pt_error_set(...)`. Thread: safe. */
enum pt_status pt_error_set(struct pt_error *error, enum pt_status status,
                            const char *format, ...) PT_PRINTF(3, 4);

/* The same for a failed system call: status PT_E_IO (PT_E_MEMORY for ENOMEM), and
 * ": <strerror(errno)>" after the text. Reads errno before anything else. */
enum pt_status pt_error_sys(struct pt_error *error, const char *format, ...)
    PT_PRINTF(2, 3);

/* Puts "<format>: " before the text that is there, when a caller knows more of the
 * circumstances. Returns the status already in *error. */
enum pt_status pt_error_prefix(struct pt_error *error, const char *format, ...)
    PT_PRINTF(2, 3);

/* A word for the status, for logs and tests ("damaged", …). Static storage. */
const char *pt_status_name(enum pt_status status);

#endif
