/* pytracer run: an experiment from the first run to the ranking. */
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

#include "base/bytes.h"
#include "cache.h"
#include "commands.h"
#include "process.h"
#include "ranking.h"
#include "run_aggregate.h"
#include "run_config.h"
#include "run_options.h"
#include "run_schedule.h"
#include "words.h"

enum { DEFAULT_RUNS = 10, RANKING_ROWS = 15, NAME_LIMIT = 64, EXIT_STOPPED = 130 };

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
        runs[i] = (struct pt_run){.seed = pt_experiment_seed(e->seed, i + 1)};
    e->n_runs = n;
    return PT_OK;
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

static enum pt_status create(const struct pt_run_options *o,
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
        status = pt_experiment_create(e, error);
    if (status == PT_OK)
        status = pt_run_config_write(config, e->folder, error);
    pt_config_destroy(config);
    return status;
}

/* What was not done is done again, each run with its own seed. */
static enum pt_status resume(const struct pt_run_options *o,
                             struct pt_experiment **experiment, struct pt_error *error)
{
    enum pt_status status = pt_experiment_read(o->resume, experiment, error);

    if (status != PT_OK)
        return status;
    for (size_t i = 0; i < (*experiment)->n_runs; i++) {
        if ((*experiment)->runs[i].state != PT_RUN_DONE)
            (*experiment)->runs[i].state = PT_RUN_WAITING;
    }
    if (o->timeout > 0)
        (*experiment)->timeout = o->timeout;
    if (o->runs > (*experiment)->n_runs)
        status = set_runs(*experiment, o->runs, error);
    return status;
}

/* One process works in an experiment at a time. File systems without locks are trusted.
 */
static enum pt_status lock(const struct pt_experiment *e, int *fd,
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

static void announce(const struct pt_experiment *e, size_t jobs)
{
    char *command = pt_words_command(e->n_command, e->command);
    size_t waiting = 0;

    for (size_t i = 0; i < e->n_runs; i++)
        waiting += e->runs[i].state == PT_RUN_WAITING;
    fprintf(stderr, "%zu run%s of %s, %zu at a time; experiment: %s\n", waiting,
            waiting == 1 ? "" : "s", command ? command : "the program", jobs,
            e->folder);
    free(command);
}

static enum pt_status rank(const struct pt_experiment *e, struct pt_error *error)
{
    struct pt_result *result = NULL;
    char *path = pt_experiment_path(e, "stats/%s", e->result);
    enum pt_status status =
        path ? pt_result_open(path, &result, error) : no_memory(error);

    if (status == PT_OK)
        status = pt_ranking_print(stdout, result, RANKING_ROWS, error);
    if (status == PT_OK) {
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

static void say_kept_out(const struct pt_experiment *e, size_t failed)
{
    if (failed)
        fprintf(stderr,
                "%zu of %zu runs failed and are kept out; to repeat them: pytracer run "
                "--resume %s\n",
                failed, e->n_runs, e->folder);
}

/* From the runs to the ranking. The exit status. */
static int work(struct pt_experiment *e, const struct pt_run_options *o,
                struct pt_error *error)
{
    size_t jobs = o->jobs ? o->jobs : pt_run_cores();
    size_t ranks = o->ranks ? o->ranks : jobs;
    struct pt_run_outcome outcome;
    bool stopped = false;
    enum pt_status status;

    if (jobs > e->n_runs)
        jobs = e->n_runs;
    announce(e, jobs);
    status = pt_run_schedule(e, jobs, &outcome, error);
    if (status == PT_OK && outcome.stopped) {
        fprintf(stderr,
                "stopped with %zu of %zu runs done; to go on: pytracer run "
                "--resume %s\n",
                outcome.done, e->n_runs, e->folder);
        return EXIT_STOPPED;
    }
    if (status == PT_OK)
        say_kept_out(e, outcome.failed);
    if (status == PT_OK && outcome.done == 0)
        status = pt_error_set(error, PT_E_MISSING,
                              "no run succeeded; the first one's words are in "
                              "%s/logs/run-0001.err",
                              e->folder);
    if (status == PT_OK && o->no_parse) {
        printf("traces: %s/traces\n", e->folder);
        return 0;
    }
    if (status == PT_OK) {
        fprintf(stderr, "aggregating %zu run%s\n", outcome.done,
                outcome.done == 1 ? "" : "s");
        status = pt_run_aggregate(e, ranks, o->method, &stopped, error);
    }
    if (stopped)
        return EXIT_STOPPED;
    if (status == PT_OK)
        status = rank(e, error);
    return status == PT_OK ? 0 : 1;
}

int pt_front_run(int argc, char **argv)
{
    struct pt_run_options o;
    struct pt_experiment *experiment = NULL;
    struct pt_error error = {0};
    int fd = -1, result = 1;

    if (pt_run_options_read(argc, argv, &o, &error) != PT_OK) {
        fprintf(stderr, "pytracer run: %s\n", error.text);
        return 2;
    }
    if (o.help) {
        fputs(pt_help_run, stdout);
        return 0;
    }
    pt_process_prepare();
    if ((o.resume ? resume(&o, &experiment, &error)
                  : create(&o, &experiment, &error)) == PT_OK &&
        lock(experiment, &fd, &error) == PT_OK)
        result = work(experiment, &o, &error);
    if (result == 1)
        fprintf(stderr, "pytracer run: %s\n", error.text);
    if (fd >= 0)
        close(fd);
    pt_experiment_destroy(experiment);
    return result;
}
