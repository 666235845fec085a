/* pytracer check: thresholds that a result must keep, for continuous integration. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "front/commands.h"
#include "result/functions.h"
#include "front/options.h"
#include "pattern.h"

enum { MIN_DIGITS = 1, MAX_LOST, MAX_DIVERGENCE, NO_NAN, FUNCTION, THRESHOLDS, HELP };
enum { LIST_LIMIT = 16 << 20, EXIT_BROKEN = 1, EXIT_ERROR = 2 };

static const struct pt_option table[] = {
    {"min-digits", 0, 1, MIN_DIGITS},
    {"max-lost", 0, 1, MAX_LOST},
    {"max-divergence", 0, 1, MAX_DIVERGENCE},
    {"no-nan", 0, 0, NO_NAN},
    {"function", 0, 1, FUNCTION},
    {"thresholds", 0, 1, THRESHOLDS},
    {"help", 'h', 0, HELP},
};

/* What functions that the patterns cover must keep; NaN: no such bound. */
struct threshold {
    char *module, *function;
    double min_digits, max_lost, max_divergence;
    bool no_nan;
};

struct wishes {
    const char *file, *list, *function;
    struct threshold line; /* of the command line */
    bool help;
};

static enum pt_status take_number(const char *name, const char *text, double most,
                                  double *number, struct pt_error *error)
{
    char *end;

    *number = strtod(text, &end);
    if (end == text || *end || !(*number >= 0 && *number <= most))
        return pt_error_set(error, PT_E_USAGE,
                            "%s takes a number from 0 to %g, not '%s'", name, most,
                            text);
    return PT_OK;
}

static enum pt_status take(int id, const char *value, struct wishes *w,
                           struct pt_error *error)
{
    switch (id) {
    case MIN_DIGITS:
        return take_number("--min-digits", value, 113, &w->line.min_digits, error);
    case MAX_LOST:
        return take_number("--max-lost", value, 113, &w->line.max_lost, error);
    case MAX_DIVERGENCE:
        return take_number("--max-divergence", value, 1, &w->line.max_divergence,
                           error);
    case NO_NAN:
        w->line.no_nan = true;
        break;
    case FUNCTION:
        w->function = value;
        break;
    case THRESHOLDS:
        w->list = value;
        break;
    case HELP:
        w->help = true;
        break;
    case PT_OPTIONS_ARGUMENT:
        if (w->file)
            return pt_error_set(error, PT_E_USAGE,
                                "one result at a time, not also '%s'", value);
        w->file = value;
        break;
    default:
        return PT_E_USAGE;
    }
    return PT_OK;
}

static bool has_bound(const struct threshold *t)
{
    return !isnan(t->min_digits) || !isnan(t->max_lost) || !isnan(t->max_divergence) ||
           t->no_nan;
}

static enum pt_status read_wishes(int argc, char **argv, struct wishes *w,
                                  struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    enum pt_status status = PT_OK;
    int id;

    *w = (struct wishes){.line = {NULL, NULL, NAN, NAN, NAN, false}};
    while (status == PT_OK && (id = pt_options_next(&o, error)) != PT_OPTIONS_END)
        status = take(id, o.value, w, error);
    if (status != PT_OK || w->help)
        return status;
    if (w->file == NULL)
        return pt_error_set(error, PT_E_USAGE,
                            "which result? say pytracer check FILE.h5 "
                            "--min-digits 20");
    if (!w->list && !has_bound(&w->line))
        return pt_error_set(error, PT_E_USAGE,
                            "nothing to check: give --min-digits, --max-lost, "
                            "--max-divergence, --no-nan or --thresholds");
    return PT_OK;
}

/* "min-digits=20" and the like. */
static enum pt_status take_word(struct threshold *t, char *word, struct pt_error *error)
{
    char *value = strchr(word, '=');

    if (strcmp(word, "no-nan") == 0) {
        t->no_nan = true;
        return PT_OK;
    }
    if (value) {
        *value++ = '\0';
        if (strcmp(word, "min-digits") == 0)
            return take_number(word, value, 113, &t->min_digits, error);
        if (strcmp(word, "max-lost") == 0)
            return take_number(word, value, 113, &t->max_lost, error);
        if (strcmp(word, "max-divergence") == 0)
            return take_number(word, value, 1, &t->max_divergence, error);
    }
    return pt_error_set(
        error, PT_E_CONFIG,
        "'%s' is none of min-digits=, max-lost=, max-divergence=, no-nan", word);
}

/* One line, cut up; its texts are borrowed from it. False: nothing on it. */
static enum pt_status take_line(char *line, struct threshold *t, bool *there,
                                struct pt_error *error)
{
    static const char blanks[] = " \t\r";
    char *rest = NULL, *word;
    enum pt_status status = PT_OK;

    *t = (struct threshold){NULL, NULL, NAN, NAN, NAN, false};
    line[strcspn(line, "#")] = '\0';
    t->module = strtok_r(line, blanks, &rest);
    *there = t->module != NULL;
    if (!*there)
        return PT_OK;
    t->function = strtok_r(NULL, blanks, &rest);
    while (status == PT_OK && t->function &&
           (word = strtok_r(NULL, blanks, &rest)) != NULL)
        status = take_word(t, word, error);
    if (status == PT_OK && !has_bound(t))
        status =
            pt_error_set(error, PT_E_CONFIG,
                         "a line is 'module-pattern function-pattern min-digits=20'");
    return status;
}

struct tally {
    size_t checked, broken;
};

static void print_broken(struct tally *tally, const struct pt_function *f,
                         const char *bound, double limit, double found)
{
    if (tally->broken++ == 0)
        printf("%-14s %8s %8s  function\n", "threshold", "limit", "found");
    printf("%-14s %8g %8.3g  %s.%s", bound, limit, found, f->module, f->name);
    if (f->file[0])
        printf("  %s:%u", f->file, f->line);
    putchar('\n');
}

static void check_one(const struct threshold *t, const struct pt_function *f,
                      struct tally *tally)
{
    double divergence = f->n_calls ? (double)f->n_partial / (double)f->n_calls : 0;

    tally->checked++;
    if (f->least_digits < t->min_digits)
        print_broken(tally, f, "min-digits", t->min_digits, f->least_digits);
    if (f->self_lost_max > t->max_lost)
        print_broken(tally, f, "max-lost", t->max_lost, f->self_lost_max);
    if (divergence > t->max_divergence)
        print_broken(tally, f, "max-divergence", t->max_divergence, divergence);
    if (t->no_nan && f->n_nonfinite)
        print_broken(tally, f, "no-nan", 0, (double)f->n_nonfinite);
}

static void check_list(const struct threshold *t, const struct pt_functions *functions,
                       struct tally *tally)
{
    struct pt_pattern pattern = {t->module, t->function};
    struct pt_patterns patterns = {&pattern, 1};

    for (size_t i = 0; i < functions->n; i++) {
        const struct pt_function *f = &functions->items[i];

        if (pt_patterns_match(&patterns, f->module, f->name))
            check_one(t, f, tally);
    }
}

/* The command line's pattern is of the whole name, "numpy.linalg.*" or "*.solve". */
static enum pt_status check_line(const struct wishes *w,
                                 const struct pt_functions *functions,
                                 struct tally *tally, struct pt_error *error)
{
    size_t before = tally->checked;

    for (size_t i = 0; i < functions->n && has_bound(&w->line); i++) {
        const struct pt_function *f = &functions->items[i];
        char *name = NULL;

        if (asprintf(&name, "%s.%s", f->module, f->name) < 0)
            return pt_error_set(error, PT_E_MEMORY, "no memory for a name");
        if (w->function == NULL || pt_pattern_match(w->function, name))
            check_one(&w->line, f, tally);
        free(name);
    }
    if (w->function && has_bound(&w->line) && tally->checked == before)
        return pt_error_set(error, PT_E_MISSING, "no function matches '%s' in %s",
                            w->function, w->file);
    return PT_OK;
}

static enum pt_status check_file(const char *path, const struct pt_functions *functions,
                                 struct tally *tally, struct pt_error *error)
{
    char *text = NULL, *rest;
    size_t bytes = 0, number = 0;
    enum pt_status status = pt_file_read(path, LIST_LIMIT, &text, &bytes, error);

    for (rest = text; status == PT_OK && rest;) {
        char *line = strsep(&rest, "\n");
        struct threshold t;
        bool there;

        number++;
        status = take_line(line, &t, &there, error);
        if (status != PT_OK)
            status = pt_error_prefix(error, "%s, line %zu", path, number);
        else if (there)
            check_list(&t, functions, tally);
    }
    free(text);
    return status;
}

int pt_front_check(int argc, char **argv)
{
    struct wishes w;
    struct pt_functions functions = {0};
    struct tally tally = {0};
    struct pt_error error = {0};
    enum pt_status status = read_wishes(argc, argv, &w, &error);

    if (status == PT_OK && w.help) {
        fputs(pt_help_check, stdout);
        return 0;
    }
    if (status == PT_OK)
        status = pt_functions_load(w.file, &functions, &error);
    if (status == PT_OK)
        status = check_line(&w, &functions, &tally, &error);
    if (status == PT_OK && w.list)
        status = check_file(w.list, &functions, &tally, &error);
    pt_functions_destroy(&functions);
    if (status != PT_OK) {
        fprintf(stderr, "pytracer check: %s\n", error.text);
        return EXIT_ERROR;
    }
    printf("%s%zu thresholds broken in %zu checks of functions\n",
           tally.broken ? "\n" : "", tally.broken, tally.checked);
    return tally.broken ? EXIT_BROKEN : 0;
}
