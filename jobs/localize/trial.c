#include "localize/trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "front/process.h"
#include "localize/runs.h"
#include "localize/watch.h"
#include "result/functions.h"

enum { FEWEST = 3, BITS = 53, TRIALS_LIMIT = 64 << 20 };
static const double CLEARLY =
    1; /* bits below the threshold that a few runs must show */

/* What is known of the runs of one trial. */
struct seen {
    struct pt_localize *localize;
    struct pt_numbers *numbers;
    size_t n;
    bool failed, differs, all;
    enum pt_status status;
    struct pt_error *error;
};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for a trial");
}

/* sh -c 'COMMAND "$@"' compare REFERENCE OUT */
static enum pt_status compare(struct pt_localize *l, const char *out, bool *same,
                              struct pt_error *error)
{
    char *script = NULL, *reference = pt_localize_path(l, "work/reference/run-1.out");
    char *text = NULL;
    int exit_status = 1;
    enum pt_status status = PT_OK;

    if (asprintf(&script, "%s \"$@\"", l->options.compare) < 0 || !reference)
        status = no_memory(error);
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", script, (char *)"compare",
                    reference,         (char *)out,  NULL};
    if (status == PT_OK)
        status = pt_process_output(&(struct pt_process_plan){.argv = argv}, &text,
                                   &exit_status, error);
    *same = exit_status == 0;
    free(text);
    free(script);
    free(reference);
    return status;
}

static bool ended(void *context, size_t i, bool good, const char *out)
{
    struct seen *seen = context;
    struct pt_localize *l = seen->localize;
    bool same = true;

    (void)i;
    seen->failed |= !good;
    if (good && l->options.compare)
        seen->status = compare(l, out, &same, seen->error);
    else if (good && !l->options.function)
        seen->status =
            pt_watch_read(&l->number, out, &seen->numbers[seen->n], seen->error);
    seen->differs |= !same;
    seen->n++;
    if (seen->status != PT_OK)
        return true;
    if (seen->all)
        return false;
    if (seen->failed || seen->differs)
        return true;
    return seen->n >= FEWEST && !l->options.compare && !l->options.function &&
           pt_watch_digits(seen->numbers, seen->n) < l->threshold - CLEARLY;
}

/* The last word of the name that is watched, and what is before it. */
static char *module_of(const char *function)
{
    const char *dot = strrchr(function, '.');

    return dot ? strndup(function, (size_t)(dot - function)) : strdup("__main__");
}

/* Least digits of an output of the function over its calls; 53 where none varies. */
static enum pt_status function_digits(const char *path, const char *wanted,
                                      double *digits, struct pt_error *error)
{
    struct pt_functions functions = {0};
    bool found = false;
    enum pt_status status = pt_functions_load(path, &functions, error);

    *digits = BITS;
    for (size_t i = 0; i < functions.n; i++) {
        const struct pt_function *f = &functions.items[i];
        char whole[1024];

        snprintf(whole, sizeof whole, "%s.%s", f->module, f->name);
        if (strcmp(whole, wanted) != 0 && strcmp(f->name, wanted) != 0)
            continue;
        found = true;
        if (isfinite(f->least_digits))
            *digits = fmin(*digits, fmax(f->least_digits, 0));
    }
    pt_functions_destroy(&functions);
    if (status == PT_OK && !found)
        status = pt_error_set(error, PT_E_MISSING,
                              "--function %s: the program does not call it, or it "
                              "cannot be traced (say module.function; the script's are "
                              "__main__.function)",
                              wanted);
    return status;
}

static enum pt_status judge(struct seen *seen, const char *result,
                            struct pt_trial *trial, struct pt_error *error)
{
    struct pt_localize *l = seen->localize;
    enum pt_status status = seen->status;

    trial->runs = seen->n;
    trial->digits = NAN;
    if (status == PT_OK && l->options.function)
        status = function_digits(result, l->options.function, &trial->digits, error);
    else if (!l->options.compare)
        trial->digits = pt_watch_digits(seen->numbers, seen->n);
    if (seen->failed && !l->options.compare)
        trial->digits = 0;
    trial->harm = seen->failed || seen->differs || trial->digits < l->threshold;
    return status;
}

static bool plain_ended(void *context, size_t i, bool good, const char *out)
{
    (void)i, (void)out;
    *(bool *)context = good;
    return false;
}

/* A run that failed is the perturbation's doing only where the program still runs
 * without it: not if a file, the interpreter or we ourselves have changed meanwhile. */
static enum pt_status check_surroundings(struct pt_localize *l, struct pt_error *error)
{
    struct pt_batch batch = {.name = "plain", .layers = "off", .n = 1, .keep = true};
    bool good = false;
    enum pt_status status = pt_runs(l, &batch, plain_ended, &good, NULL, error);

    if (status == PT_OK && !l->stopped && !good)
        return pt_error_set(error, PT_E_IO,
                            "the program, which ran without any perturbation before, "
                            "fails now: something else has changed; its words are in "
                            "%s/work/plain/run-1.err",
                            l->folder);
    if (status == PT_OK)
        pt_runs_forget(l, batch.name);
    return status;
}

static enum pt_status run(const struct pt_level *level, const struct pt_batch *batch,
                          bool all, struct pt_trial *trial, struct pt_error *error)
{
    struct pt_localize *l = level->localize;
    struct seen seen = {.localize = l, .all = all, .error = error};
    char *result = NULL;
    enum pt_status status = PT_OK;

    seen.numbers = calloc(batch->n, sizeof *seen.numbers);
    if (!seen.numbers)
        return no_memory(error);
    struct pt_batch kept = *batch;
    kept.keep = batch->modules != NULL; /* the result is read first */
    status = pt_runs(l, &kept, ended, &seen, batch->modules ? &result : NULL, error);
    if (status == PT_OK && !l->stopped && seen.failed)
        status = check_surroundings(l, error);
    if (status == PT_OK && !l->stopped)
        status = judge(&seen, result, trial, error);
    if (status == PT_OK && l->stopped)
        status = pt_error_set(error, PT_E_IO, "stopped");
    if (status == PT_OK && kept.keep)
        pt_runs_forget(l, batch->name);
    for (size_t i = 0; i < seen.n; i++)
        free(seen.numbers[i].items);
    free(seen.numbers);
    free(result);
    return status;
}

/* The patterns of a set, or of its complement; they stay the units'. */
static enum pt_status patterns(const struct pt_units *units, const unsigned char *set,
                               bool member, struct pt_strings *list,
                               struct pt_error *error)
{
    list->items = calloc(units->n + 1, sizeof *list->items);
    list->n = 0;
    if (!list->items)
        return no_memory(error);
    for (size_t i = 0; i < units->n; i++)
        if (!set || (set[i] != 0) == member)
            list->items[list->n++] = units->items[i].pattern;
    return PT_OK;
}

static uint64_t key_of(const struct pt_level *level, const struct pt_strings *only)
{
    struct pt_hash_state state;
    struct pt_hash128 hash;

    pt_hash_begin(&state);
    pt_hash_add(&state, level->lines ? "lines" : "functions", 5);
    for (size_t i = 0; i < only->n; i++)
        pt_hash_add(&state, only->items[i], strlen(only->items[i]) + 1);
    hash = pt_hash_end(&state);
    return hash.low;
}

static const struct pt_trial *known(const struct pt_localize *l, uint64_t key)
{
    for (size_t i = 0; i < l->n_trials; i++)
        if (l->trials[i].key == key)
            return &l->trials[i];
    return NULL;
}

static enum pt_status remember(struct pt_localize *l, const struct pt_trial *trial,
                               struct pt_error *error)
{
    struct pt_trial *trials =
        reallocarray(l->trials, l->n_trials + 1, sizeof *l->trials);

    if (!trials)
        return no_memory(error);
    l->trials = trials;
    trials[l->n_trials++] = *trial;
    return PT_OK;
}

/* One line of trials.tsv, added at its end. */
static enum pt_status note(struct pt_localize *l, const struct pt_trial *trial,
                           struct pt_error *error)
{
    char *path = pt_localize_path(l, "trials.tsv");
    FILE *file = path ? fopen(path, "ae") : NULL;
    enum pt_status status = remember(l, trial, error);

    if (!file)
        status = pt_error_sys(error, "cannot write %s", path ? path : "trials.tsv");
    else {
        fprintf(file, "%016" PRIx64 "\t%d\t%.17g\t%" PRIu64 "\n", trial->key,
                trial->harm, trial->digits, trial->runs);
        if (fclose(file) != 0 && status == PT_OK)
            status = pt_error_sys(error, "cannot write %s", path);
    }
    free(path);
    return status;
}

enum pt_status pt_trials_read(struct pt_localize *localize, struct pt_error *error)
{
    char *path = pt_localize_path(localize, "trials.tsv"), *text = NULL, *rest, *line;
    size_t bytes = 0;
    enum pt_status status = path ? PT_OK : no_memory(error);

    if (status == PT_OK && access(path, F_OK) == 0)
        status = pt_file_read(path, TRIALS_LIMIT, &text, &bytes, error);
    rest = text;
    while (status == PT_OK && rest && (line = strsep(&rest, "\n"))) {
        struct pt_trial trial;
        int harm;

        /* The last line may be cut: that trial is made again. */
        if (rest && sscanf(line, "%" SCNx64 "\t%d\t%lf\t%" SCNu64, &trial.key, &harm,
                           &trial.digits, &trial.runs) == 4) {
            trial.harm = harm != 0;
            status = remember(localize, &trial, error);
        }
    }
    free(text);
    free(path);
    return status;
}

static enum pt_status make(const struct pt_level *level, const struct pt_strings *only,
                           const struct pt_strings *except, bool all,
                           struct pt_trial *trial, struct pt_error *error)
{
    struct pt_localize *l = level->localize;
    char name[32], *module = NULL;
    struct pt_batch batch = {
        .name = name, .only = only, .except = except, .n = l->options.runs};
    enum pt_status status;

    snprintf(name, sizeof name, "%016" PRIx64, trial->key);
    if (l->options.function)
        batch.modules = module = module_of(l->options.function);
    status = run(level, &batch, all, trial, error);
    if (status == PT_OK)
        status = note(l, trial, error);
    free(module);
    return status;
}

enum pt_status pt_trial(const struct pt_level *level, const unsigned char *set,
                        bool all, struct pt_trial *trial, struct pt_error *error)
{
    struct pt_localize *l = level->localize;
    struct pt_strings only = {0}, except = {0};
    const struct pt_trial *before;
    enum pt_status status = patterns(level->units, set, true, &only, error);

    *trial = (struct pt_trial){.digits = l->options.compare ? NAN : BITS};
    if (status == PT_OK)
        status = level->lines ? patterns(&l->functions, NULL, true, &except, error)
                              : patterns(level->units, set, false, &except, error);
    if (status == PT_OK && only.n > 0) {
        trial->key = key_of(level, &only);
        before = known(l, trial->key);
        if (before)
            *trial = *before;
        else
            status = make(level, &only, &except, all, trial, error);
    }
    free(only.items);
    free(except.items);
    return status;
}

struct reference {
    struct pt_localize *localize;
    struct pt_numbers numbers[2];
    size_t n, bad;
    bool differs;
    enum pt_status status;
    struct pt_error *error;
};

static bool reference_ended(void *context, size_t i, bool good, const char *out)
{
    struct reference *r = context;

    r->bad += !good;
    if (good && i < 2)
        r->status = pt_watch_read(&r->localize->number, out, &r->numbers[i], r->error);
    r->n++;
    return r->status != PT_OK;
}

/* The command that compares finds no difference between the two. */
static enum pt_status check_compare(struct pt_localize *l, bool *varies,
                                    struct pt_error *error)
{
    char *second = pt_localize_path(l, "work/reference/run-2.out");
    bool same = true;
    enum pt_status status =
        second ? compare(l, second, &same, error) : no_memory(error);

    *varies = !same;
    free(second);
    return status;
}

enum pt_status pt_trial_reference(struct pt_localize *localize, bool *varies,
                                  struct pt_error *error)
{
    struct reference r = {.localize = localize, .error = error};
    struct pt_batch batch = {
        .name = "reference", .layers = "off", .n = 2, .keep = true};
    const struct pt_localize_options *o = &localize->options;
    enum pt_status status = pt_runs(localize, &batch, reference_ended, &r, NULL, error);

    if (status == PT_OK)
        status = r.status;
    if (status == PT_OK && !localize->stopped && r.bad)
        status = pt_error_set(error, PT_E_IO,
                              "the program fails without any perturbation; its words "
                              "are in %s/work/reference/run-1.err",
                              localize->folder);
    if (status == PT_OK && !localize->stopped && !o->compare && !o->function &&
        r.numbers[0].n == 0)
        status = pt_error_set(error, PT_E_MISSING,
                              "the program prints no number%s: watch another result "
                              "with --number, --compare or --function",
                              o->number ? " that matches" : "");
    if (status == PT_OK && !localize->stopped && o->compare)
        status = check_compare(localize, varies, error);
    else
        *varies = pt_watch_digits(r.numbers, 2) < BITS;
    free(r.numbers[0].items);
    free(r.numbers[1].items);
    return status;
}
