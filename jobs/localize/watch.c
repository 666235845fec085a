#include "localize/watch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { OUTPUT_LIMIT = 256 << 20, BITS = 53 };

static const char every_number[] =
    "([-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?|[-+]?(nan|inf))";

enum pt_status pt_watch_compile(const char *pattern, regex_t *compiled,
                                struct pt_error *error)
{
    int failed =
        regcomp(compiled, pattern ? pattern : every_number, REG_EXTENDED | REG_NEWLINE);
    char why[256];

    if (failed == 0)
        return PT_OK;
    regerror(failed, compiled, why, sizeof why);
    return pt_error_set(error, PT_E_USAGE, "--number \"%s\": %s", pattern, why);
}

static double number_of(const char *text, size_t length)
{
    char copy[128], *end;
    double number;

    if (length >= sizeof copy)
        return NAN;
    memcpy(copy, text, length);
    copy[length] = '\0';
    number = strtod(copy, &end);
    end += strspn(end, " \t");
    return end == copy || *end ? NAN : number;
}

static enum pt_status append(struct pt_numbers *numbers, double number,
                             struct pt_error *error)
{
    double *items = numbers->items;

    if ((numbers->n & (numbers->n - 1)) == 0) /* full at powers of two */
        items = reallocarray(items, numbers->n ? 2 * numbers->n : 1, sizeof *items);
    if (!items)
        return pt_error_set(error, PT_E_MEMORY, "no memory for the program's output");
    numbers->items = items;
    items[numbers->n++] = number;
    return PT_OK;
}

enum pt_status pt_watch_read(const regex_t *compiled, const char *path,
                             struct pt_numbers *numbers, struct pt_error *error)
{
    char *text = NULL;
    size_t bytes = 0, at = 0;
    regmatch_t match[2];
    enum pt_status status = pt_file_read(path, OUTPUT_LIMIT, &text, &bytes, error);

    *numbers = (struct pt_numbers){0};
    while (status == PT_OK && at < bytes &&
           regexec(compiled, text + at, 2, match, at > 0 ? REG_NOTBOL : 0) == 0) {
        const regmatch_t *m = match[1].rm_so >= 0 ? &match[1] : &match[0];

        status = append(numbers,
                        number_of(text + at + m->rm_so, (size_t)(m->rm_eo - m->rm_so)),
                        error);
        at += (size_t)(match[0].rm_eo > 0 ? match[0].rm_eo : 1);
    }
    free(text);
    return status;
}

/* Of number i over the runs. */
static double digits_of(const struct pt_numbers *runs, size_t n, size_t i)
{
    double mean = 0, square = 0;
    size_t odd = 0;

    for (size_t r = 0; r < n; r++) {
        odd += isfinite(runs[r].items[i]) ? 0 : 1;
        mean += runs[r].items[i] / (double)n;
    }
    if (odd > 0)
        return odd == n ? BITS : 0;
    for (size_t r = 0; r < n; r++) {
        /* Against the first: equal numbers give exactly zero. */
        double d = runs[r].items[i] - runs[0].items[i];
        square += d * d;
    }
    if (square == 0)
        return BITS;
    square = 0;
    for (size_t r = 0; r < n; r++)
        square += (runs[r].items[i] - mean) * (runs[r].items[i] - mean);
    double bits = -log2(sqrt(square / (double)n) / fabs(mean));
    return !(bits > 0) ? 0 : bits < BITS ? bits : BITS;
}

double pt_watch_digits(const struct pt_numbers *runs, size_t n)
{
    double least = BITS;

    for (size_t r = 1; r < n; r++)
        if (runs[r].n != runs[0].n)
            return 0;
    for (size_t i = 0; n > 0 && i < runs[0].n; i++) {
        double digits = digits_of(runs, n, i);

        least = digits < least ? digits : least;
    }
    return least;
}
