#include "run/aggregate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cache.h"
#include "front/process.h"
#include "front/programs.h"

enum { MOST_WORDS = 24, LOG_LIMIT = 64 << 20 };

struct words {
    char *argv[MOST_WORDS];
    size_t n;
};

static void add(struct words *w, const char *word)
{
    if (w->n + 1 < MOST_WORDS)
        w->argv[w->n++] = (char *)word;
}

/* Open MPI needs to be told that more ranks than cores, and no binding, are meant. */
static bool is_open_mpi(void)
{
    char line[256] = "";
    FILE *pipe = popen("mpirun --version 2>/dev/null </dev/null", "r");
    bool open_mpi = false;

    while (pipe && fgets(line, sizeof line, pipe))
        open_mpi |= strstr(line, "Open MPI") || strstr(line, "OpenRTE");
    if (pipe)
        pclose(pipe);
    return open_mpi;
}

static void add_mpirun(struct words *w, const char *mpirun, const char *ranks)
{
    static const char *const open_mpi[] = {"--oversubscribe", "--bind-to", "none",
                                           "--mca",           "pml",       "ob1"};

    add(w, mpirun);
    add(w, "-n");
    add(w, ranks);
    if (is_open_mpi()) {
        for (size_t i = 0; i < PT_ARRAY_LENGTH(open_mpi); i++)
            add(w, open_mpi[i]);
    }
}

/* Waits for it; true if it ended with status 0. */
static bool wait_for(pid_t pid, bool *stopped)
{
    int wait_status = 0;

    while (!pt_process_ended(pid, &wait_status, NULL)) {
        if (pt_process_wait(0.5) == PT_PROCESS_STOP) {
            pt_process_signal(pid, *stopped ? SIGKILL : SIGTERM);
            *stopped = true;
        }
    }
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
}

/* Its warnings are for the user; how it got on stays in the log. */
static void show(const char *path)
{
    char *text = NULL;
    size_t bytes = 0;

    if (pt_file_read(path, LOG_LIMIT, &text, &bytes, NULL) != PT_OK)
        return;
    for (char *rest = text; rest && *rest;) {
        char *line = strsep(&rest, "\n");

        if (*line && !strstr(line, "] INFO: "))
            fprintf(stderr, "%s\n", line);
    }
    free(text);
}

struct attempt {
    const struct pt_experiment *experiment;
    const char *parse, *mpirun; /* mpirun NULL: one process */
    const char *method, *output;
    size_t ranks;
};

static enum pt_status try(const struct attempt *a, bool *good, bool *stopped,
                          struct pt_error *error)
{
    const struct pt_experiment *e = a->experiment;
    char *traces = pt_experiment_path(e, "traces");
    char *reference = pt_experiment_path(e, "reference");
    char *config = pt_experiment_path(e, "config.json");
    char *out = pt_experiment_path(e, "logs/parse.out");
    char *err = pt_experiment_path(e, "logs/parse.err");
    char *cache = NULL, ranks[24];
    char *environment[] = {NULL, (char *)"OMPI_ALLOW_RUN_AS_ROOT=1",
                           (char *)"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1", NULL};
    struct words w = {0};
    pid_t pid = 0;
    enum pt_status status = PT_OK;

    *good = false;
    if (asprintf(&cache, "PYTRACER_CACHE=%s", e->folder) < 0)
        cache = NULL;
    if (!traces || !reference || !config || !out || !err || !cache) {
        status = pt_error_set(error, PT_E_MEMORY, "no memory to start pytracer-parse");
        goto done;
    }
    environment[0] = cache;
    snprintf(ranks, sizeof ranks, "%zu", a->ranks);
    if (geteuid() != 0)
        environment[1] = NULL;
    if (a->mpirun)
        add_mpirun(&w, a->mpirun, ranks);
    add(&w, a->parse);
    add(&w, "--directory");
    add(&w, traces);
    add(&w, "--config");
    add(&w, config);
    add(&w, "--output");
    add(&w, a->output);
    if (e->extra[PT_PLACE_REFERENCE].wanted &&
        e->extra[PT_PLACE_REFERENCE].state == PT_RUN_DONE) {
        add(&w, "--reference");
        add(&w, reference);
    }
    if (a->method) {
        add(&w, "--method");
        add(&w, a->method);
    }
    status = pt_process_start(
        &(struct pt_process_plan){w.argv, environment, NULL, out, err}, &pid, error);
    if (status == PT_OK) {
        *good = wait_for(pid, stopped) && access(a->output, R_OK) == 0;
        show(err);
    }
done:
    free(traces);
    free(reference);
    free(config);
    free(out);
    free(err);
    free(cache);
    return status;
}

/* stats.<id>.h5, as every result in a cache. */
static enum pt_status name_result(const struct pt_experiment *e, char **name,
                                  char **path, struct pt_error *error)
{
    struct pt_cache_id id;
    char text[PT_CACHE_ID];

    pt_cache_id_here(-1, &id);
    pt_cache_id_format(&id, text);
    if (asprintf(name, "stats.%s.h5", text) < 0)
        *name = NULL;
    *path = *name ? pt_experiment_path(e, "stats/%s", *name) : NULL;
    return *path ? PT_OK : pt_error_set(error, PT_E_MEMORY, "no memory for a path");
}

enum pt_status pt_run_aggregate(struct pt_experiment *experiment, size_t ranks,
                                const char *method, bool *stopped,
                                struct pt_error *error)
{
    char *parse = NULL, *mpirun = ranks > 1 ? pt_program_on_path("mpirun") : NULL;
    char *name = NULL, *path = NULL;
    bool good = false;
    struct attempt a = {.experiment = experiment, .method = method, .ranks = ranks};
    enum pt_status status = pt_program_find("pytracer-parse", &parse, error);

    if (status == PT_OK)
        status = name_result(experiment, &name, &path, error);
    if (status != PT_OK)
        goto done;
    a.parse = parse;
    a.mpirun = mpirun;
    a.output = path;
    status = try(&a, &good, stopped, error);
    if (status == PT_OK && !good && mpirun && !*stopped) {
        fprintf(stderr, "pytracer run: mpirun failed; again with one process\n");
        a.mpirun = NULL;
        status = try(&a, &good, stopped, error);
    }
    if (status == PT_OK && !good)
        status =
            pt_error_set(error, PT_E_IO,
                         "the aggregation failed; its words are in %s/logs/parse.err",
                         experiment->folder);
    if (status == PT_OK) {
        free(experiment->result);
        experiment->result = name;
        name = NULL;
        status = pt_experiment_write(experiment, error);
    }
done:
    free(parse);
    free(mpirun);
    free(name);
    free(path);
    return status;
}
