/* Walks a command line by a table of options: "--name value", "--name=value",
 * "-n value", "-nvalue"; "--" ends the options. An unknown option is answered with the
 * nearest known one. Thread: each walk belongs to one thread. */
#ifndef PT_OPTIONS_H
#define PT_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct pt_option {
    const char *name; /* without dashes */
    char letter;      /* or 0 */
    int takes_value;  /* 0, 1, or 2: only as --name=value, and `value` may be NULL */
    int id;           /* from 1 */
};

enum {
    PT_OPTIONS_END = 0,
    PT_OPTIONS_ARGUMENT = -1, /* `value` is not an option */
    PT_OPTIONS_BAD = -2       /* `error` says why */
};

struct pt_options {
    const struct pt_option *table;
    size_t n;
    int argc;
    char **argv;
    int at;            /* next argument; start with 1 */
    int all_arguments; /* "--" was seen */
    const char *value; /* of the option or argument just met; borrowed from argv */
};

/* A walk from the first argument, by an array of options. */
#define PT_OPTIONS(table, argc, argv)                                                  \
    {                                                                                  \
        table, PT_ARRAY_LENGTH(table), argc, argv, 1, 0, NULL                          \
    }

/* The next option's id, or one of the values above. */
int pt_options_next(struct pt_options *options, struct pt_error *error);

/* Appends the value of an option that may be given again to the array *list of *n
 * texts, which the caller frees. PT_E_MEMORY. */
PT_MUST_CHECK enum pt_status pt_options_keep(const char ***list, size_t *n,
                                             const char *text, struct pt_error *error);

/* The argument just met and all behind it are a program and its arguments, as `python`
 * takes them. Borrowed from argv. */
void pt_options_program(const struct pt_options *options, char ***command, size_t *n);

/* PT_E_IO and others if the program is a script that cannot be read. */
PT_MUST_CHECK enum pt_status pt_options_check_program(char *const *command,
                                                      struct pt_error *error);

/* `text` as a whole number from `least` to `most`; PT_E_USAGE names the option. */
PT_MUST_CHECK enum pt_status pt_options_number(const char *option, const char *text,
                                               uint64_t least, uint64_t most,
                                               uint64_t *number,
                                               struct pt_error *error);

/* A time span as seconds: "90", "1.5", "90s", "15m", "2h", "7d". PT_E_USAGE likewise.
 */
PT_MUST_CHECK enum pt_status pt_options_span(const char *option, const char *text,
                                             double *seconds, struct pt_error *error);

#endif
