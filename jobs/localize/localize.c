/* pytracer localize: from the program to the functions and lines that cost its digits.
 */
#include "localize/localize.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "front/commands.h"
#include "front/process.h"
#include "front/programs.h"
#include "localize/insight.h"
#include "localize/report.h"
#include "localize/runs.h"
#include "localize/search.h"
#include "localize/trial.h"
#include "localize/watch.h"
#include "run/settings.h"
#include "value.h"

enum { STOPPED = 130, INSIGHT_RUNS = 5, COMMAND_LIMIT = 16 << 20, BITS = 53 };
static const double WORTH = 8; /* bits that must be lost for a threshold to be chosen */

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory");
}

char *pt_localize_path(const struct pt_localize *localize, const char *format, ...)
{
    char *name = NULL, *path = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&name, format, arguments) < 0)
        name = NULL;
    va_end(arguments);
    if (name && asprintf(&path, "%s/%s", localize->folder, name) < 0)
        path = NULL;
    free(name);
    return path;
}

/* The folder's own words: working directory and command line, each ended by NUL. */
static enum pt_status keep_command(const struct pt_localize *l, int argc, char **argv,
                                   struct pt_error *error)
{
    char *path = pt_localize_path(l, "command"), *text = NULL, *directory;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    enum pt_status status = path && out ? PT_OK : no_memory(error);

    directory = getcwd(NULL, 0);
    if (out) {
        fprintf(out, "%s%c", directory ? directory : ".", '\0');
        for (int i = 0; i < argc; i++)
            fprintf(out, "%s%c", argv[i], '\0');
        if (fclose(out) != 0)
            status = no_memory(error);
    }
    if (status == PT_OK)
        status = pt_file_write(path, text, bytes, error);
    free(directory);
    free(text);
    free(path);
    return status;
}

/* Takes the options from the folder, and goes where they were given. */
static enum pt_status take_up(struct pt_localize *l, const char *folder,
                              struct pt_error *error)
{
    uint64_t jobs = l->options.jobs;
    char *path, *text = NULL, **argv;
    size_t bytes = 0;
    int n = 0;

    l->folder = realpath(folder, NULL);
    if (!l->folder)
        return pt_error_sys(error, "no folder %s", folder);
    path = pt_localize_path(l, "command");
    if (!path || access(path, R_OK) != 0)
        return pt_error_set(error, PT_E_MISSING, "%s is no folder of pytracer localize",
                            folder);
    enum pt_status status = pt_file_read(path, COMMAND_LIMIT, &text, &bytes, error);
    free(path);
    argv = calloc(bytes + 1, sizeof *argv); /* lives with the process, as argv does */
    if (status != PT_OK || !argv)
        return status != PT_OK ? status : no_memory(error);
    for (size_t at = strlen(text) + 1; at < bytes; at += strlen(text + at) + 1)
        argv[n++] = text + at;
    if (chdir(text) != 0)
        return pt_error_sys(error, "cannot go to %s", text);
    status = pt_localize_options_read(n, argv, &l->options, error);
    if (jobs)
        l->options.jobs = jobs;
    return status;
}

/* A new folder: as asked, or "pytracer-localize/<date>". */
static enum pt_status make_folder(struct pt_localize *l, int argc, char **argv,
                                  struct pt_error *error)
{
    char name[64] = "", *path = NULL;
    time_t now = time(NULL);
    struct tm tm;
    const char *folder = l->options.folder;

    if (!folder && localtime_r(&now, &tm)) {
        strftime(name, sizeof name, "pytracer-localize/%Y%m%d-%H%M%S", &tm);
        folder = name;
    }
    enum pt_status status = pt_folder_create(folder, error);
    if (status != PT_OK)
        return status;
    l->folder = realpath(folder, NULL);
    path = l->folder ? pt_localize_path(l, "command") : NULL;
    if (!path)
        return no_memory(error);
    if (access(path, F_OK) == 0)
        status = pt_error_set(error, PT_E_EXISTS,
                              "%s has been used: go on with it by --resume %s, or name "
                              "another folder",
                              folder, folder);
    free(path);
    return status == PT_OK ? keep_command(l, argc, argv, error) : status;
}

/* One process works in a folder at a time; the lock ends with the process. */
static enum pt_status lock(const struct pt_localize *l, struct pt_error *error)
{
    int fd = open(l->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return pt_error_sys(error, "cannot open %s", l->folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return pt_error_set(error, PT_E_EXISTS, "another pytracer localize works in %s",
                            l->folder);
    return PT_OK;
}

static enum pt_status prepare(struct pt_localize *l, struct pt_error *error)
{
    const struct pt_localize_options *o = &l->options;
    struct pt_run_options run = {.layers = o->layers, .mode = o->mode};
    enum pt_status status = pt_watch_compile(o->number, &l->number, error);

    if (status == PT_OK)
        status = pt_config_load(o->config, &l->config, error);
    if (status == PT_OK)
        status = pt_run_config_apply(l->config, &run, error);
    if (status == PT_OK)
        pt_value_clear(l->config, pt_key_find("fuzzy.coverage", NULL));
    if (status == PT_OK)
        status = pt_program_find("pytracer-trace", &l->tracer, error);
    if (status == PT_OK && (o->function || !o->no_insight))
        status = pt_program_find("pytracer-parse", &l->parse, error);
    if (status == PT_OK)
        status = pt_trials_read(l, error);
    return status;
}

static bool nothing(void *context, size_t i, bool good, const char *out)
{
    (void)context;
    (void)i;
    (void)good;
    (void)out;
    return false;
}

/* One run that tells where the program computes; kept in the folder. */
static enum pt_status find_units(struct pt_localize *l, struct pt_error *error)
{
    char *path = pt_localize_path(l, "places.tsv");
    struct pt_batch batch = {.name = "places", .places = path, .n = 1};
    enum pt_status status = path ? PT_OK : no_memory(error);

    if (status == PT_OK && access(path, R_OK) != 0)
        status = pt_runs(l, &batch, nothing, NULL, NULL, error);
    if (status == PT_OK && l->stopped)
        status = pt_error_set(error, PT_E_IO, "stopped");
    if (status == PT_OK)
        status = pt_units_read(path, &l->lines, error);
    if (status == PT_OK)
        status = pt_units_functions(&l->lines, &l->functions, error);
    if (status == PT_OK && l->functions.n == 0)
        status = pt_error_set(error, PT_E_MISSING,
                              "no function of the program computes anything that is "
                              "perturbed");
    free(path);
    return status;
}

static enum pt_status check_reference(struct pt_localize *l, struct pt_error *error)
{
    bool varies = false;
    enum pt_status status = pt_trial_reference(l, &varies, error);

    if (status == PT_OK && l->stopped)
        status = pt_error_set(error, PT_E_IO, "stopped");
    if (status == PT_OK && varies)
        fprintf(stderr,
                "pytracer localize: the result differs between runs without any "
                "perturbation: what is found may be wrong\n");
    return status;
}

/* Digits with everything perturbed, and from how many on there is harm. *harm: there is
 * something to look for. */
static enum pt_status set_threshold(struct pt_localize *l, struct pt_trial *whole,
                                    bool *harm, struct pt_error *error)
{
    unsigned char *all = malloc(l->functions.n);
    struct pt_level level = {l, &l->functions, false};
    enum pt_status status = all ? PT_OK : no_memory(error);

    l->threshold = l->options.min_digits; /* negative: no digits are too few */
    if (status == PT_OK) {
        memset(all, 1, l->functions.n);
        status = pt_trial(&level, all, !l->options.compare, whole, error);
    }
    if (status == PT_OK && !l->options.compare && l->threshold < 0) {
        l->threshold = whole->digits < BITS - WORTH ? (whole->digits + BITS) / 2 : 0;
        whole->harm |= whole->digits < l->threshold;
    }
    *harm = whole->harm;
    free(all);
    return status;
}

/* What the search is told, at either level. */
struct searching {
    struct pt_level level;
    size_t n_found;
    const unsigned char *whole; /* which is known to do harm; or NULL */
    enum pt_status status;
    struct pt_error *error;
};

static enum pt_status try(void *context, const unsigned char *set, bool *harm,
                          struct pt_error *error)
{
    struct searching *s = context;
    struct pt_trial trial;
    bool everything = !s->level.lines;

    for (size_t i = 0; i < s->level.units->n; i++)
        everything &= set[i] != 0;
    enum pt_status status = pt_trial(&s->level, set, false, &trial, error);
    /* The first trial was made before the threshold was known. */
    *harm = status == PT_OK && (everything || trial.harm);
    return status;
}

static void found_line(void *context, const unsigned char *set)
{
    struct searching *s = context;
    struct pt_trial trial;

    s->status = pt_trial(&s->level, set, false, &trial, s->error);
    if (s->status == PT_OK)
        pt_report_lines(s->level.localize, s->level.units, set, &trial);
}

static enum pt_status search(struct searching *s, pt_search_found *found,
                             unsigned char *harmless, struct pt_error *error)
{
    struct pt_search search = {.n = s->level.units->n,
                               .try = try,
                               .context = s,
                               .plain = s->level.localize->options.plain};
    enum pt_status status = pt_search_all(&search, found, harmless, error);

    return status == PT_OK ? s->status : status;
}

/* The lines of a set of functions. */
static enum pt_status search_lines(struct pt_localize *l, const unsigned char *set,
                                   struct pt_error *error)
{
    struct pt_units within = {0};
    struct searching s = {.level = {l, &within, true}, .error = error};
    unsigned char *harmless = NULL;
    enum pt_status status =
        pt_units_within(&l->lines, &l->functions, set, &within, error);

    if (status == PT_OK) {
        harmless = calloc(within.n + 1, 1);
        status = harmless ? search(&s, found_line, harmless, error) : no_memory(error);
    }
    free(harmless);
    pt_units_destroy(&within);
    return status;
}

static void found_functions(void *context, const unsigned char *set)
{
    struct searching *s = context;
    struct pt_localize *l = s->level.localize;
    struct pt_trial trial;

    s->n_found++;
    s->status = pt_trial(&s->level, set, false, &trial, s->error);
    if (s->status != PT_OK)
        return;
    pt_report_set(l, s->n_found, s->level.units, set, &trial);
    fflush(stdout);
    if (!l->options.functions_only)
        s->status = search_lines(l, set, s->error);
    fflush(stdout);
}

static enum pt_status search_functions(struct pt_localize *l, struct pt_error *error)
{
    struct searching s = {.level = {l, &l->functions, false}, .error = error};
    unsigned char *harmless = calloc(l->functions.n + 1, 1);
    struct pt_trial trial;
    enum pt_status status = harmless ? PT_OK : no_memory(error);

    if (status == PT_OK)
        status = search(&s, found_functions, harmless, error);
    if (status == PT_OK)
        status = pt_trial(&s.level, harmless, false, &trial, error);
    if (status == PT_OK)
        pt_report_harmless(l, harmless, &trial);
    free(harmless);
    return status;
}

static enum pt_status show_insights(struct pt_localize *l, struct pt_error *error)
{
    struct pt_insight *insights = NULL;
    size_t n = 0,
           runs = l->options.runs < INSIGHT_RUNS ? l->options.runs : INSIGHT_RUNS;
    enum pt_status status = pt_insight(l, runs, l->options.top, &insights, &n, error);

    if (status == PT_OK)
        pt_report_insights(insights, n, runs);
    fflush(stdout);
    pt_insight_destroy(insights, n);
    return status;
}

static enum pt_status work(struct pt_localize *l, struct pt_error *error)
{
    struct pt_trial whole;
    bool harm = false;
    enum pt_status status = prepare(l, error);

    if (status == PT_OK)
        status = check_reference(l, error);
    if (status == PT_OK)
        status = find_units(l, error);
    if (status == PT_OK)
        status = set_threshold(l, &whole, &harm, error);
    if (status != PT_OK)
        return status;
    pt_report_watched(l, &whole);
    fflush(stdout);
    if (!harm) {
        puts("no harm is done: there is nothing to look for");
        return PT_OK;
    }
    if (!l->options.no_insight)
        status = show_insights(l, error);
    if (status == PT_OK)
        status = search_functions(l, error);
    if (status == PT_OK)
        pt_report_effort(l);
    return status;
}

static void clear(struct pt_localize *l)
{
    pt_config_destroy(l->config);
    pt_units_destroy(&l->lines);
    pt_units_destroy(&l->functions);
    free(l->trials);
    free(l->tracer);
    free(l->parse);
    free(l->folder);
}

int pt_front_localize(int argc, char **argv)
{
    struct pt_localize l = {0};
    struct pt_error error = {0};
    enum pt_status status = pt_localize_options_read(argc, argv, &l.options, &error);

    if (status == PT_OK && l.options.help) {
        fputs(pt_help_localize, stdout);
        return 0;
    }
    if (status != PT_OK) {
        fprintf(stderr, "pytracer localize: %s\n", error.text);
        return status == PT_E_USAGE || error.sys == ENOENT ? 2 : 1;
    }
    pt_process_prepare();
    status = l.options.resume ? take_up(&l, l.options.resume, &error)
                              : make_folder(&l, argc, argv, &error);
    if (status == PT_OK)
        status = lock(&l, &error);
    if (status == PT_OK)
        status = work(&l, &error);
    if (l.stopped)
        fprintf(stderr, "stopped; to go on: pytracer localize --resume %s\n", l.folder);
    else if (status != PT_OK)
        fprintf(stderr, "pytracer localize: %s\n", error.text);
    int result = l.stopped ? STOPPED : status == PT_OK ? 0 : 1;
    clear(&l);
    return result;
}
