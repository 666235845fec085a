#include "parse/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

enum { ROWS = 10, NAME_WIDTH = 44, PLACE_WIDTH = 28 };

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void function_text(const struct pt_definition *f, char *text, size_t room)
{
    if (f->a[0])
        snprintf(text, room, "%s.%s", f->a, f->b);
    else
        snprintf(text, room, "%s", f->b);
}

static void place_text(const struct pt_definition *f, char *text, size_t room)
{
    if (f->file[0])
        snprintf(text, room, "%s:%u", base_of(f->file), f->line);
    else
        snprintf(text, room, "compiled");
}

/* The text in a column of so many characters; of a longer one its end, which says
 * more. */
static void print_text(FILE *out, const char *text, size_t width)
{
    size_t length = 0;
    for (const char *c = text; *c; c++)
        length += ((unsigned char)*c & 0xc0) != 0x80;
    const char *rest = text;
    for (size_t skip = length > width ? length - width + 1 : 0; skip; skip--)
        do
            rest++;
        while (((unsigned char)*rest & 0xc0) == 0x80);
    fprintf(out, "%s%s", length > width ? "…" : "", rest);
    for (; length < width; length++)
        fputc(' ', out);
}

static void print_row(FILE *out, const struct pt_definition *f,
                      const struct pt_function_row *row)
{
    char name[512], place[512];
    function_text(f, name, sizeof name);
    place_text(f, place, sizeof place);
    fprintf(out, "%4u  ", row->loss.rank);
    print_text(out, name, NAME_WIDTH);
    fputs("  ", out);
    print_text(out, place, PLACE_WIDTH);
    fprintf(out, "  %5.1f → %5.1f  %9.1f  %6llu\n", row->loss.digits_in,
            row->loss.digits_out, row->loss.self_lost,
            (unsigned long long)row->n_calls);
}

/* order[r]: the function of rank r + 1. */
static size_t by_rank(const struct pt_result *result, size_t *order)
{
    size_t n = result->definitions->n_functions, ranked = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t rank = result->attribution->functions[i].loss.rank;
        if (rank) {
            order[rank - 1] = i;
            ranked++;
        }
    }
    return ranked;
}

static void print_ranking(FILE *out, const struct pt_result *result)
{
    size_t *order = calloc(result->definitions->n_functions + 1, sizeof *order);
    size_t n = order ? by_rank(result, order) : 0, shown = 0;
    for (; shown < n && shown < ROWS; shown++) {
        const struct pt_function_row *row =
            &result->attribution->functions[order[shown]];
        if (!(row->loss.self_lost_max > 0))
            break;
        if (!shown)
            fprintf(out, "rank  %-*s  %-*s  digits in → out  self-lost   calls\n",
                    NAME_WIDTH, "function", PLACE_WIDTH, "file:line");
        print_row(out, &result->definitions->functions[order[shown]], row);
    }
    if (!shown)
        fprintf(out, "No function loses digits of its own in these runs.\n");
    free(order);
}

static void print_sources(FILE *out, const struct pt_result *result)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < result->definitions->n_functions; i++) {
        const struct pt_function_row *row = &result->attribution->functions[i];
        char name[512], place[512];
        if (!(row->flags & PT_FUNCTION_SOURCE))
            continue;
        if (shown == ROWS) {
            more++;
            continue;
        }
        if (!shown++)
            fprintf(out, "\nSources (the output varies, no float goes in):\n");
        function_text(&result->definitions->functions[i], name, sizeof name);
        place_text(&result->definitions->functions[i], place, sizeof place);
        fputs("      ", out);
        print_text(out, name, NAME_WIDTH);
        fputs("  ", out);
        print_text(out, place, PLACE_WIDTH);
        fprintf(out, "          %5.1f             %6llu\n", row->loss.digits_out,
                (unsigned long long)row->n_calls);
    }
    if (more)
        fprintf(out, "      and %zu more\n", more);
}

static void print_counts(FILE *out, const struct pt_result *result)
{
    const struct pt_stat_options *options = &result->plan->options;
    size_t n_runs = result->catalogue->n_samples;
    uint64_t most = 0;
    for (size_t r = 0; r < n_runs; r++) {
        uint64_t calls = result->calls->run_calls[r];
        uint64_t unmatched = calls - result->calls->run_matched[r];
        most = unmatched > most ? unmatched : most;
    }
    fprintf(out, "\n%zu run%s, %llu calls, at most %llu of one run not in all runs\n",
            n_runs, n_runs == 1 ? "" : "s", (unsigned long long)result->calls->total,
            (unsigned long long)most);
    if (n_runs > 1 && options->method == PT_STAT_CNH)
        fprintf(out,
                "Digits in bits: CNH, probability %g, confidence %g; %u runs would be "
                "needed for ±1 bit\n",
                options->probability, options->confidence,
                pt_stat_runs_needed(result->plan));
    else if (n_runs > 1)
        fprintf(out,
                "Digits in bits: General, probability %.2f at confidence %g with %zu "
                "runs\n",
                pt_stat_general_probability(result->plan, n_runs), options->confidence,
                n_runs);
}

struct pt_trail pt_report_trail(const struct pt_result *result)
{
    struct pt_trail trail = {.n = 0};
    const struct pt_calls *calls = result->calls;
    const struct pt_team *team = result->team;
    if (!result->attribution->n_divergences)
        return trail;
    int64_t row = result->attribution->divergences[0].parent;
    while (row >= 0 && trail.n < PT_TRAIL_LENGTH) {
        int owner = pt_calls_rank(team, calls->starts, (uint64_t)row);
        int64_t up[2] = {0, -1};
        if (owner == team->rank) {
            const struct pt_call *call = &calls->items[(uint64_t)row - calls->first];
            up[0] = call->function;
            up[1] = call->parent;
        }
        pt_team_share(team, owner, up, sizeof up);
        trail.functions[trail.n++] = (uint32_t)up[0];
        row = up[1];
    }
    return trail;
}

static void print_call(FILE *out, const struct pt_definitions *d,
                       const struct pt_divergence *divergence)
{
    char name[512] = "code that is not traced";
    if (divergence->function != PT_RESULT_NONE32)
        function_text(&d->functions[divergence->function], name, sizeof name);
    fputs(name, out);
    if (divergence->site != PT_RESULT_NONE32)
        fprintf(out, " from %s:%u", base_of(d->sites[divergence->site].file),
                d->sites[divergence->site].line);
}

/* What the runs that do not make the first call do instead: the next call in the same
 * caller that no run of the first can be shown to make. */
static const struct pt_divergence *other_branch(const struct pt_attribution *a,
                                                uint32_t n_runs)
{
    const struct pt_divergence *first = &a->divergences[0];
    for (size_t i = 1; i < a->n_divergences; i++) {
        const struct pt_divergence *other = &a->divergences[i];
        if (other->process == first->process && other->parent == first->parent &&
            other->n_runs + first->n_runs <= n_runs)
            return other;
    }
    return NULL;
}

/* Where the program's control flow first depends on rounding. */
static void print_divergence(FILE *out, const struct pt_result *result,
                             const struct pt_trail *trail)
{
    const struct pt_attribution *a = result->attribution;
    const struct pt_definitions *d = result->definitions;
    if (!a->n_divergences)
        return;
    const struct pt_divergence *first = &a->divergences[0];
    uint32_t n_runs = result->catalogue->processes[first->process].n_runs;
    const struct pt_divergence *other = other_branch(a, n_runs);
    fputs("Runs part first at a call of ", out);
    print_call(out, d, first);
    fprintf(out, ", which %u of %u runs make", first->n_runs, n_runs);
    if (other) {
        fprintf(out, "; %u go on with ", other->n_runs);
        print_call(out, d, other);
    }
    fprintf(out, " (%zu place%s in all)\n", a->n_divergences,
            a->n_divergences == 1 ? "" : "s");
    for (int i = trail->n; i-- > 0;) {
        char name[512] = "?", place[512] = "";
        if (trail->functions[i] != PT_RESULT_NONE32) {
            function_text(&d->functions[trail->functions[i]], name, sizeof name);
            place_text(&d->functions[trail->functions[i]], place, sizeof place);
        }
        fprintf(out, "%s%s (%s)%s", i == trail->n - 1 ? "  in " : " › ", name, place,
                i == 0 ? "\n" : "");
    }
}

void pt_report_print(FILE *out, const struct pt_result *result,
                     const struct pt_trail *trail, const char *path)
{
    if (result->catalogue->n_samples > 1) {
        print_ranking(out, result);
        print_sources(out, result);
    }
    print_counts(out, result);
    print_divergence(out, result, trail);
    fprintf(out, "Result: %s\n", path);
}
