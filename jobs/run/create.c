#include "run/create.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "result/ranking.h"
#include "run/settings.h"
#include "front/words.h"

enum { DEFAULT_RUNS = 10, RANKING_ROWS = 15, NAME_LIMIT = 64 };

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the experiment");
}

/* "pytracer-experiments/<script>-YYYYmmdd-HHMMSS" in the present folder. */
static char *default_folder(const struct pt_run_options *o)
{
    const char *program = o->command[0];
    char name[NAME_LIMIT], date[24] = "", *folder = NULL;
    time_t now = time(NULL);
    struct tm tm;

    if (strcmp(program, "-m") == 0 && o->n_command > 1)
        program = o->command[1];
    const char *slash = strrchr(program, '/');
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : program);
    name[strcspn(name, ".")] = '\0';
    for (char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
            *p = '_';
    }
    if (localtime_r(&now, &tm))
        strftime(date, sizeof date, "%Y%m%d-%H%M%S", &tm);
    if (asprintf(&folder, "pytracer-experiments/%s-%s", name[0] ? name : "program",
                 date) < 0)
        return NULL;
    return folder;
}

/* Room for `n` runs; those that are new wait, with their seeds. */
static enum pt_status set_runs(struct pt_experiment *e, size_t n,
                               struct pt_error *error)
{
    struct pt_run *runs = reallocarray(e->runs, n, sizeof *runs);

    if (runs == NULL)
        return no_memory(error);
    e->runs = runs;
    for (size_t i = e->n_runs; i < n; i++)
        runs[i] =
            (struct pt_run){.wanted = true, .seed = pt_experiment_seed(e->seed, i + 1)};
    e->n_runs = n;
    return PT_OK;
}

static void set_control(struct pt_experiment *e)
{
    e->extra[PT_PLACE_CONTROL] =
        (struct pt_run){.wanted = true, .seed = pt_experiment_seed(e->seed, 1)};
}

/* Noise that the program brings itself cannot be left out: then there is no reference.
 */
static void set_extras(struct pt_experiment *e, const struct pt_run_options *o)
{
    e->extra[PT_PLACE_REFERENCE] =
        (struct pt_run){.wanted = !o->no_reference && !o->no_fuzzy, .seed = e->seed};
    if (o->control)
        set_control(e);
}

static enum pt_status set_command(struct pt_experiment *e,
                                  const struct pt_run_options *o,
                                  struct pt_error *error)
{
    e->command = calloc(o->n_command + 1, sizeof *e->command);
    if (e->command == NULL)
        return no_memory(error);
    for (size_t i = 0; i < o->n_command; i++) {
        e->command[i] = strdup(o->command[i]);
        if (e->command[i] == NULL)
            return no_memory(error);
        e->n_command++;
    }
    return PT_OK;
}

static enum pt_status set_identity(struct pt_experiment *e,
                                   const struct pt_run_options *o,
                                   struct pt_error *error)
{
    struct pt_cache_id id;
    char text[PT_CACHE_ID];
    struct timespec now;

    pt_cache_id_here(-1, &id);
    pt_cache_id_format(&id, text);
    clock_gettime(CLOCK_REALTIME, &now);
    e->created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    e->seed = o->seed;
    if (!o->has_seed &&
        getrandom(&e->seed, sizeof e->seed, 0) != (ssize_t)sizeof e->seed)
        return pt_error_sys(error, "cannot draw a seed; give one with --seed");
    e->timeout = o->timeout;
    e->threads = (uint32_t)o->threads;
    e->id = strdup(text);
    e->directory = getcwd(NULL, 0);
    e->python = o->python ? strdup(o->python) : NULL;
    e->folder = o->experiment ? strdup(o->experiment) : default_folder(o);
    if (!e->id || !e->directory || !e->folder || (o->python && !e->python))
        return no_memory(error);
    return PT_OK;
}

enum pt_status pt_run_create(const struct pt_run_options *o,
                             struct pt_experiment **experiment, struct pt_error *error)
{
    struct pt_config *config = NULL;
    struct pt_experiment *e = calloc(1, sizeof *e);
    enum pt_status status =
        e ? pt_config_load(o->config, &config, error) : no_memory(error);

    *experiment = e;
    if (status == PT_OK)
        status = pt_run_config_apply(config, o, error);
    if (status == PT_OK)
        status = set_identity(e, o, error);
    if (status == PT_OK)
        status = set_command(e, o, error);
    if (status == PT_OK)
        status = set_runs(e, o->runs ? o->runs : DEFAULT_RUNS, error);
    if (status == PT_OK)
        set_extras(e, o);
    if (status == PT_OK && !o->dry_run)
        status = pt_experiment_create(e, error);
    if (status == PT_OK && !o->dry_run)
        status = pt_run_config_write(config, e->folder, error);
    pt_config_destroy(config);
    return status;
}

/* What was not done is done again, each run with its own seed. */
enum pt_status pt_run_resume(const struct pt_run_options *o,
                             struct pt_experiment **experiment, struct pt_error *error)
{
    enum pt_status status = pt_experiment_read(o->resume, experiment, error);

    if (status == PT_OK)
        status = pt_experiment_collect(*experiment, error);
    if (status != PT_OK)
        return status;
    for (size_t i = 0; i < PT_PLACE_FIRST + (*experiment)->n_runs; i++) {
        struct pt_run *run = pt_experiment_run(*experiment, i);

        if (run->state != PT_RUN_DONE)
            run->state = PT_RUN_WAITING;
    }
    if (o->control && !(*experiment)->extra[PT_PLACE_CONTROL].wanted)
        set_control(*experiment);
    if (o->no_reference)
        (*experiment)->extra[PT_PLACE_REFERENCE].wanted = false;
    if (o->timeout > 0)
        (*experiment)->timeout = o->timeout;
    if (o->runs > (*experiment)->n_runs)
        status = set_runs(*experiment, o->runs, error);
    return status;
}

enum pt_status pt_run_lock(const struct pt_experiment *e, int *fd,
                           struct pt_error *error)
{
    *fd = open(e->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return pt_error_sys(error, "cannot open %s", e->folder);
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return pt_error_set(error, PT_E_EXISTS, "another pytracer run is at work in %s",
                            e->folder);
    return PT_OK;
}

/* What the digits rest on, and whether all runs took the same way. */
static void print_claim(const struct pt_experiment *e, const struct pt_result *result)
{
    const struct pt_result_about *about = pt_result_about(result);
    uint64_t parts = pt_result_rows(result, PT_COLUMN_DIVERGENCES_TIME);

    if (about->has_digits)
        printf("\n%u runs; digits in bits by %s, probability %g, confidence %g,\n"
               "of the error against %s\n",
               about->n_runs, about->method, about->probability, about->confidence,
               e->extra[PT_PLACE_REFERENCE].state == PT_RUN_DONE
                   ? "the run under IEEE arithmetic"
                   : "the mean of the runs");
    if (parts)
        printf("the runs take different ways at %llu place%s; logs/parse.out names the "
               "first\n",
               (unsigned long long)parts, parts == 1 ? "" : "s");
}

enum pt_status pt_run_rank(const struct pt_experiment *e, struct pt_error *error)
{
    struct pt_result *result = NULL;
    char *path = pt_experiment_path(e, "stats/%s", e->result);
    enum pt_status status =
        path ? pt_result_open(path, &result, error) : no_memory(error);

    if (status == PT_OK)
        status = pt_ranking_print(stdout, result, RANKING_ROWS, error);
    if (status == PT_OK) {
        print_claim(e, result);
        char *words[] = {path};
        char *quoted = pt_words_command(1, words);
        printf("\nresult:     %s\nto look at: pytracer visualize --filename %s\n", path,
               quoted ? quoted : path);
        free(quoted);
    }
    pt_result_close(result);
    free(path);
    return status;
}
