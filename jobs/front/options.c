#include "front/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nearest.h"

enum { MOST_OPTIONS = 64 };

static int bad(struct pt_error *error, const struct pt_option *option, const char *what)
{
    (void)pt_error_set(error, PT_E_USAGE, "--%s %s", option->name, what);
    return PT_OPTIONS_BAD;
}

static int unknown(const struct pt_options *o, const char *written,
                   struct pt_error *error)
{
    const char *names[MOST_OPTIONS];
    const char *nearest;
    size_t n = o->n < MOST_OPTIONS ? o->n : MOST_OPTIONS;
    char name[64];

    for (size_t i = 0; i < n; i++)
        names[i] = o->table[i].name;
    strncpy(name, written + strspn(written, "-"), sizeof name - 1);
    name[sizeof name - 1] = '\0';
    name[strcspn(name, "=")] = '\0';
    nearest = pt_word_nearest(name, names, n);
    if (nearest && strlen(name) > 1)
        (void)pt_error_set(error, PT_E_USAGE,
                           "unknown option '%s'; did you mean '--%s'?", written,
                           nearest);
    else
        (void)pt_error_set(error, PT_E_USAGE, "unknown option '%s' (try --help)",
                           written);
    return PT_OPTIONS_BAD;
}

static int take_value(struct pt_options *o, const struct pt_option *option,
                      struct pt_error *error)
{
    if (o->at >= o->argc)
        return bad(error, option, "needs a value");
    o->value = o->argv[o->at++];
    return option->id;
}

static int long_option(struct pt_options *o, const char *written,
                       struct pt_error *error)
{
    const char *name = written + 2;
    size_t n = strcspn(name, "=");

    for (size_t i = 0; i < o->n; i++) {
        const struct pt_option *option = &o->table[i];

        if (strlen(option->name) != n || strncmp(option->name, name, n) != 0)
            continue;
        if (name[n] != '=')
            return option->takes_value == 1 ? take_value(o, option, error) : option->id;
        if (!option->takes_value)
            return bad(error, option, "takes no value");
        o->value = name + n + 1;
        return option->id;
    }
    return unknown(o, written, error);
}

static int short_option(struct pt_options *o, const char *written,
                        struct pt_error *error)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct pt_option *option = &o->table[i];

        if (option->letter != written[1])
            continue;
        if (option->takes_value == 1 && written[2]) {
            o->value = written + 2;
            return option->id;
        }
        if (option->takes_value == 1)
            return take_value(o, option, error);
        if (written[2] == '\0')
            return option->id;
    }
    return unknown(o, written, error);
}

int pt_options_next(struct pt_options *o, struct pt_error *error)
{
    const char *written;

    o->value = NULL;
    if (o->at >= o->argc)
        return PT_OPTIONS_END;
    written = o->argv[o->at++];
    if (!o->all_arguments && strcmp(written, "--") == 0) {
        o->all_arguments = 1;
        return pt_options_next(o, error);
    }
    if (o->all_arguments || written[0] != '-' || written[1] == '\0') {
        o->value = written;
        return PT_OPTIONS_ARGUMENT;
    }
    return written[1] == '-' ? long_option(o, written, error)
                             : short_option(o, written, error);
}

enum pt_status pt_options_number(const char *option, const char *text, uint64_t least,
                                 uint64_t most, uint64_t *number,
                                 struct pt_error *error)
{
    char *end = NULL;

    *number = 0;
    if (text[0] >= '0' && text[0] <= '9' && strlen(text) < 20)
        *number = strtoull(text, &end, 0);
    if (end == NULL || *end != '\0' || *number < least || *number > most)
        return pt_error_set(
            error, PT_E_USAGE, "%s takes a whole number from %llu to %llu, not '%s'",
            option, (unsigned long long)least, (unsigned long long)most, text);
    return PT_OK;
}

enum pt_status pt_options_span(const char *option, const char *text, double *seconds,
                               struct pt_error *error)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end = NULL;
    double number = strtod(text, &end);

    if (end != text && isfinite(number) && number >= 0) {
        for (size_t i = 0; i < PT_ARRAY_LENGTH(units); i++) {
            if (strcmp(end, units[i].unit) == 0) {
                *seconds = number * units[i].seconds;
                return PT_OK;
            }
        }
    }
    return pt_error_set(error, PT_E_USAGE,
                        "%s takes a time as 90s, 15m, 2h or 7d, not '%s'", option,
                        text);
}

enum pt_status pt_options_keep(const char ***list, size_t *n, const char *text,
                               struct pt_error *error)
{
    const char **more = reallocarray(*list, *n + 1, sizeof **list);

    if (more == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the command line");
    *list = more;
    more[(*n)++] = text;
    return PT_OK;
}

void pt_options_program(const struct pt_options *options, char ***command, size_t *n)
{
    *command = options->argv + options->at - 1;
    *n = (size_t)(options->argc - options->at + 1);
}

enum pt_status pt_options_check_program(char *const *command, struct pt_error *error)
{
    if (command[0][0] != '-' && access(command[0], R_OK) != 0)
        return pt_error_sys(error, "cannot read the script %s", command[0]);
    return PT_OK;
}
