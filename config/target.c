#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "value.h"

static bool is_dotted_name(const char *text)
{
    bool begin = true;

    for (; *text != '\0'; text++) {
        if (*text == '.' && begin)
            return false;
        if (strchr(" \t\n/:@", *text) != NULL)
            return false;
        begin = *text == '.';
    }
    return !begin;
}

/* The pattern that excludes the function is taken away. */
static void admit(struct pt_patterns *exclude, const char *module, const char *function)
{
    size_t kept = 0;

    for (size_t i = 0; i < exclude->n; i++) {
        struct pt_patterns one = {&exclude->items[i], 1};

        if (strcmp(exclude->items[i].function, "*") != 0 &&
            pt_patterns_match(&one, module, function)) {
            free(exclude->items[i].module);
            free(exclude->items[i].function);
        } else {
            exclude->items[kept++] = exclude->items[i];
        }
    }
    exclude->n = kept;
}

static enum pt_status include(struct pt_config *config, const char *module,
                              const char *function, struct pt_error *error)
{
    return pt_value_append_pattern(config, pt_key_find("include_file", NULL), module,
                                   function, error);
}

/* "a.b.c" is the module of that name with all in it, "c" of the module a.b, or "b.c" of
 * the module a: which one it is, the program will know. */
static enum pt_status apply(struct pt_config *config, const char *target,
                            struct pt_error *error)
{
    char *module = strdup(target), *inside = NULL;
    enum pt_status status = pt_error_set(error, PT_E_MEMORY, "no memory for a target");

    if (module != NULL && asprintf(&inside, "%s.*", target) >= 0) {
        status = include(config, target, "*", error);
        if (status == PT_OK)
            status = include(config, inside, "*", error);
        free(inside);
    }
    for (char *dot; status == PT_OK && (dot = strrchr(module, '.')) != NULL;) {
        const char *function = target + (dot - module) + 1;

        *dot = '\0';
        admit(&config->exclude, module, function);
        status = include(config, module, function, error);
    }
    if (status == PT_OK)
        status = pt_value_append(config, pt_key_find("modules_to_load", NULL), module,
                                 error);
    free(module);
    return status;
}

static bool begins(const char *target, const char *with)
{
    return strncmp(target, with, strlen(with)) == 0;
}

enum pt_status pt_targets_apply(struct pt_config *config, const char *const *targets,
                                size_t n, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    if (n == 0)
        return PT_OK;
    pt_value_clear(config, pt_key_find("modules_to_load", NULL));
    pt_value_clear(config, pt_key_find("include_file", NULL));
    for (size_t i = 0; i < n && status == PT_OK; i++) {
        if (!is_dotted_name(targets[i]))
            return pt_error_set(error, PT_E_USAGE,
                                "--target wants MODULE or MODULE.FUNCTION, not \"%s\"",
                                targets[i]);
        status = apply(config, targets[i], error);
        config->numpy.ufunc |=
            begins(targets[i], "numpy.") || begins(targets[i], "scipy.special.");
        config->numpy.scalar |=
            begins(targets[i], "numpy.float") || begins(targets[i], "numpy.complex");
    }
    return status;
}
