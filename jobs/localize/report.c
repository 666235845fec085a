#include "localize/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_bits(double bits)
{
    if (isfinite(bits))
        printf(" %7.1f", bits);
    else
        printf(" %7s", "–");
}

static void put_outcome(const struct pt_localize *l, const struct pt_trial *trial)
{
    if (l->options.compare)
        printf("%s", trial->harm ? "a run differs" : "no run differs");
    else
        printf("%.1f bits", trial->digits);
}

static size_t size_of(const struct pt_units *units, const unsigned char *set)
{
    size_t n = 0;

    for (size_t i = 0; i < units->n; i++)
        n += set[i] != 0;
    return n;
}

void pt_report_watched(const struct pt_localize *localize, const struct pt_trial *whole)
{
    const struct pt_localize_options *o = &localize->options;

    if (o->compare)
        printf("result: what \"%s\" compares\n", o->compare);
    else if (o->function)
        printf("result: the outputs of %s\n", o->function);
    else
        printf("result: the numbers printed%s%s\n", o->number ? " that match " : "",
               o->number ? o->number : "");
    printf("with all %zu functions perturbed: ", localize->functions.n);
    put_outcome(localize, whole);
    if (!o->compare)
        printf("; fewer than %.1f are harm", localize->threshold);
    putchar('\n');
    if (localize->functions.elsewhere)
        printf("%" PRIu64 " operations lie outside of functions with a name, and are "
               "never perturbed here\n",
               localize->functions.elsewhere);
}

static const char *reason_of(const struct pt_insight *i)
{
    double top = fmax(i->in, i->out);
    double by_inside = isfinite(i->inside) ? top - i->inside : 0;
    double by_inputs =
        isfinite(i->inputs) && isfinite(i->inputs_in) ? i->inputs_in - i->inputs : 0;
    if (by_inside < 1 && by_inputs < 1)
        return "neither alone";
    if (by_inside > by_inputs + 3)
        return "instability";
    if (by_inputs > by_inside + 3)
        return "conditioning";
    return "both";
}

void pt_report_insights(const struct pt_insight *insights, size_t n, size_t runs)
{
    if (n == 0)
        return;
    printf("\nWhy the first functions of the ranking lose digits (bits, %zu runs each; "
           "in: median\n"
           "over calls, out: least)\n"
           "\n everything        inside   inputs alone   reason        function\n"
           "   in →  out      alone: out   in →   out\n",
           runs);
    for (size_t k = 0; k < n; k++) {
        const struct pt_insight *i = &insights[k];

        put_bits(i->in);
        put_bits(i->out);
        printf("  ");
        put_bits(i->inside);
        printf("  ");
        put_bits(i->inputs_in);
        put_bits(i->inputs);
        printf("   %-13s %s.%s  %s:%" PRIu32 "\n", reason_of(i), i->module, i->function,
               i->file, i->line);
    }
}

void pt_report_set(const struct pt_localize *localize, size_t i,
                   const struct pt_units *units, const unsigned char *set,
                   const struct pt_trial *trial)
{
    size_t n = size_of(units, set);

    if (i == 1)
        printf("\nSmallest sets of functions whose perturbation alone does harm\n\n");
    printf("%2zu  ", i);
    put_outcome(localize, trial);
    printf("%s\n", n > 1 ? ", only together" : "");
    for (size_t u = 0; u < units->n; u++)
        if (set[u])
            printf("      %s.%s  %s\n", units->items[u].module,
                   units->items[u].function, units->items[u].file);
}

void pt_report_lines(const struct pt_localize *localize, const struct pt_units *units,
                     const unsigned char *set, const struct pt_trial *trial)
{
    bool first = true;

    printf("        ");
    for (size_t u = 0; u < units->n; u++)
        if (set[u]) {
            const char *slash = strrchr(units->items[u].file, '/');

            printf("%s%s:%" PRIu32, first ? "line " : " with ",
                   slash ? slash + 1 : units->items[u].file, units->items[u].line);
            first = false;
        }
    printf("  ");
    put_outcome(localize, trial);
    putchar('\n');
}

void pt_report_harmless(const struct pt_localize *localize,
                        const unsigned char *harmless, const struct pt_trial *trial)
{
    const struct pt_units *units = &localize->functions;

    printf("\nThe largest set found that can be perturbed with no harm: %zu of %zu "
           "functions, ",
           size_of(units, harmless), units->n);
    put_outcome(localize, trial);
    printf("\n\n");
    for (size_t u = 0; u < units->n; u++)
        if (harmless[u])
            printf("      %s.%s\n", units->items[u].module, units->items[u].function);
}

void pt_report_effort(const struct pt_localize *localize)
{
    printf("\n%" PRIu64 " runs of the program; %zu trials, kept in %s\n",
           localize->n_runs, localize->n_trials, localize->folder);
}
