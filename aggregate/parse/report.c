#include "parse/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/ranking.h"
#include "schema/schema.h"
#include "team/memory.h"

enum { ROWS = 15 };

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

static struct pt_ranked ranked(const struct pt_definition *f,
                               const struct pt_function_row *row)
{
    return (struct pt_ranked){
        .module = f->a,
        .name = f->b,
        .file = f->file,
        .line = f->line,
        .rank = row->loss.rank,
        .calls = row->n_calls,
        .self_lost = row->loss.self_lost,
        .self_lost_max = row->loss.self_lost_max,
        .digits_in = row->loss.digits_in,
        .digits_out = row->loss.digits_out,
    };
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
    for (size_t r = 0; r < n && shown < ROWS; r++) {
        struct pt_ranked row = ranked(&result->definitions->functions[order[r]],
                                      &result->attribution->functions[order[r]]);
        if (!(row.self_lost >= PT_RANKING_LEAST))
            continue;
        if (!shown++)
            pt_ranking_heading(out);
        pt_ranking_row(out, &row);
    }
    if (!shown)
        fprintf(out, "No function loses digits of its own in these runs.\n");
    pt_memory_free(order);
}

static void print_sources(FILE *out, const struct pt_result *result)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < result->definitions->n_functions; i++) {
        const struct pt_function_row *row = &result->attribution->functions[i];
        if (!(row->flags & PT_FUNCTION_SOURCE))
            continue;
        if (shown == ROWS) {
            more++;
            continue;
        }
        if (!shown++)
            pt_ranking_sources_heading(out);
        struct pt_ranked source = ranked(&result->definitions->functions[i], row);
        pt_ranking_source(out, &source);
    }
    if (more)
        fprintf(out, "      and %zu more\n", more);
}

static void print_counts(FILE *out, const struct pt_result *result)
{
    const struct pt_stat_options *options = &result->plan->options;
    size_t n_runs = pt_catalogue_total(result->catalogue);
    uint64_t most = 0;
    for (size_t r = 0; r < result->catalogue->n_samples; r++) {
        uint64_t calls = result->calls->run_calls[r];
        uint64_t unmatched = calls - result->calls->run_matched[r];
        most = unmatched > most ? unmatched : most;
    }
    fprintf(out, "\n%zu run%s, %llu calls", n_runs, n_runs == 1 ? "" : "s",
            (unsigned long long)result->calls->total);
    if (n_runs > 1)
        fprintf(out, ", at most %llu of one run not in all runs",
                (unsigned long long)most);
    putc('\n', out);
    if (n_runs > 1 && options->method == PT_STAT_CNH)
        fprintf(out,
                "Digits in bits: CNH, probability %g, confidence %g; %u runs would be "
                "needed for ±1 bit\n",
                options->probability, options->confidence,
                pt_stat_runs_needed(result->plan));
    else if (n_runs > 1)
        fprintf(out,
                "Digits in bits: General, probability %.2f at confidence %g with %zu "
                "runs; %u would be needed for probability %g\n",
                pt_stat_general_probability(result->plan, n_runs), options->confidence,
                n_runs, pt_stat_runs_needed(result->plan), options->probability);
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
    if (pt_catalogue_total(result->catalogue) > 1) {
        print_ranking(out, result);
        print_sources(out, result);
    }
    print_counts(out, result);
    print_divergence(out, result, trail);
    fprintf(out, "Result: %s\n", path);
}
