/* pytracer diff: functions that have lost or gained digits between two results; the
 * first difference between two traces. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/commands.h"
#include "format/format.h"
#include "front/options.h"
#include "inspect/compare.h"
#include "result/functions.h"

enum { THRESHOLD = 1, FAIL, HELP, EXIT_WORSE = 1, EXIT_ERROR = 2 };

static const struct pt_option table[] = {
    {"threshold", 0, 1, THRESHOLD},
    {"fail-on-regression", 0, 0, FAIL},
    {"help", 'h', 0, HELP},
};

struct wishes {
    const char *files[2];
    size_t n;
    double threshold; /* bits: less is no change */
    bool fail, help;
};

struct change {
    const struct pt_function *a, *b; /* NULL: only in the other */
    double bits;                     /* digits out of b less those of a; NaN: none */
};

static enum pt_status read_wishes(int argc, char **argv, struct wishes *w,
                                  struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    int id;

    *w = (struct wishes){.threshold = 1};
    while ((id = pt_options_next(&o, error)) != PT_OPTIONS_END) {
        char *end = NULL;

        if (id == PT_OPTIONS_BAD)
            return PT_E_USAGE;
        w->fail |= id == FAIL;
        w->help |= id == HELP;
        if (id == THRESHOLD)
            w->threshold = strtod(o.value, &end);
        if (id == THRESHOLD && (end == o.value || *end || !(w->threshold >= 0)))
            return pt_error_set(error, PT_E_USAGE, "--threshold takes bits, not '%s'",
                                o.value);
        if (id == PT_OPTIONS_ARGUMENT && w->n == 2)
            return pt_error_set(error, PT_E_USAGE, "two results, not also '%s'",
                                o.value);
        if (id == PT_OPTIONS_ARGUMENT)
            w->files[w->n++] = o.value;
    }
    if (!w->help && w->n != 2)
        return pt_error_set(error, PT_E_USAGE, "two results: pytracer diff A.h5 B.h5");
    return PT_OK;
}

/* The same function by module and name: file and line move when a program is edited. */
static int by_name(const struct pt_function *a, const struct pt_function *b)
{
    int c = strcmp(a->module, b->module);

    return c ? c : strcmp(a->name, b->name);
}

static int by_bits(const void *x, const void *y)
{
    const struct change *a = x, *b = y;

    if (isnan(a->bits) || isnan(b->bits))
        return isnan(a->bits) - isnan(b->bits);
    return a->bits < b->bits ? -1 : a->bits > b->bits;
}

static int by_name_indirect(const void *x, const void *y)
{
    return by_name(x, y);
}

/* Both tables are sorted by module and name; namesakes pair in their order. */
static size_t pair(struct pt_functions *a, struct pt_functions *b, struct change *out)
{
    size_t i = 0, j = 0, n = 0;

    qsort(a->items, a->n, sizeof *a->items, by_name_indirect);
    qsort(b->items, b->n, sizeof *b->items, by_name_indirect);
    while (i < a->n || j < b->n) {
        int c = i == a->n ? 1 : j == b->n ? -1 : by_name(&a->items[i], &b->items[j]);
        struct change change = {NULL, NULL, NAN};

        if (c <= 0)
            change.a = &a->items[i++];
        if (c >= 0)
            change.b = &b->items[j++];
        if (c == 0)
            change.bits = change.b->digits_out - change.a->digits_out;
        out[n++] = change;
    }
    qsort(out, n, sizeof *out, by_bits);
    return n;
}

static size_t print_changed(const struct change *changes, size_t n,
                            const struct wishes *w)
{
    size_t shown = 0, worse = 0;

    for (size_t i = 0; i < n; i++) {
        const struct change *c = &changes[i];

        if (!(fabs(c->bits) >= w->threshold) || c->bits == 0)
            continue;
        if (shown++ == 0)
            puts("  change   digits   digits   function\n"
                 "  (bits)   before    after");
        worse += c->bits < 0;
        printf("%+8.1f %8.1f %8.1f   %s.%s", c->bits, c->a->digits_out,
               c->b->digits_out, c->b->module, c->b->name);
        if (c->b->file[0])
            printf("  %s:%u", c->b->file, c->b->line);
        putchar('\n');
    }
    if (shown == 0)
        printf("no function changed by %g bits or more\n", w->threshold);
    return worse;
}

static void print_only(const struct change *changes, size_t n, bool in_a,
                       const char *file)
{
    size_t shown = 0;

    for (size_t i = 0; i < n; i++) {
        const struct pt_function *f = in_a ? changes[i].a : changes[i].b;

        if (f == NULL || (in_a ? changes[i].b : changes[i].a) != NULL)
            continue;
        if (shown++ == 0)
            printf("\nonly in %s:\n", file);
        printf("  %s.%s\n", f->module, f->name);
    }
}

static int compare(const struct wishes *w, struct pt_functions *a,
                   struct pt_functions *b)
{
    struct change *changes = calloc(a->n + b->n + 1, sizeof *changes);
    size_t n, worse;

    if (changes == NULL) {
        fprintf(stderr, "pytracer diff: no memory\n");
        return EXIT_ERROR;
    }
    n = pair(a, b, changes);
    worse = print_changed(changes, n, w);
    print_only(changes, n, true, w->files[0]);
    print_only(changes, n, false, w->files[1]);
    free(changes);
    return w->fail && worse ? EXIT_WORSE : 0;
}

static bool is_trace(const char *path)
{
    char magic[sizeof PT_TRACE_MAGIC] = "";
    FILE *file = fopen(path, "rb");
    bool trace = file && fread(magic, 1, sizeof magic - 1, file) == sizeof magic - 1 &&
                 memcmp(magic, PT_TRACE_MAGIC, sizeof magic - 1) == 0;

    if (file)
        fclose(file);
    return trace;
}

static int compare_traces(const struct wishes *w)
{
    struct pt_comparison c;
    struct pt_error error = {0};

    if (pt_inspect_compare(w->files[0], w->files[1], &c, &error) != PT_OK) {
        fprintf(stderr, "pytracer diff: %s\n", error.text);
        return EXIT_ERROR;
    }
    if (c.same)
        printf("the same bit for bit: %llu calls, %llu values\n",
               (unsigned long long)c.n_calls, (unsigned long long)c.n_values);
    else
        printf("%s\n(the same up to there: %llu calls, %llu values)\n", c.words,
               (unsigned long long)c.n_calls, (unsigned long long)c.n_values);
    if (c.n_unordered)
        printf("not compared: %llu calls off the main thread\n",
               (unsigned long long)c.n_unordered);
    return c.same ? 0 : EXIT_WORSE;
}

int pt_front_diff(int argc, char **argv)
{
    struct wishes w;
    struct pt_functions a = {0}, b = {0};
    struct pt_error error = {0};
    int result = EXIT_ERROR;
    enum pt_status status = read_wishes(argc, argv, &w, &error);

    if (status == PT_OK && w.help) {
        fputs(pt_help_diff, stdout);
        return 0;
    }
    if (status == PT_OK && is_trace(w.files[0]) && is_trace(w.files[1]))
        return compare_traces(&w);
    if (status == PT_OK)
        status = pt_functions_load(w.files[0], &a, &error);
    if (status == PT_OK)
        status = pt_functions_load(w.files[1], &b, &error);
    if (status == PT_OK)
        result = compare(&w, &a, &b);
    else
        fprintf(stderr, "pytracer diff: %s\n", error.text);
    pt_functions_destroy(&a);
    pt_functions_destroy(&b);
    return result;
}
