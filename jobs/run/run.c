/* pytracer run: an experiment from the first run to the ranking. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/commands.h"
#include "front/process.h"
#include "run/aggregate.h"
#include "run/control.h"
#include "run/create.h"
#include "run/schedule.h"
#include "run/versions.h"
#include "front/words.h"

enum { EXIT_DIFFERS = 3, EXIT_STOPPED = 130 };

static void announce(const struct pt_experiment *e, size_t jobs)
{
    char *command = pt_words_command(e->n_command, e->command);
    bool reference = e->extra[PT_PLACE_REFERENCE].wanted &&
                     e->extra[PT_PLACE_REFERENCE].state == PT_RUN_WAITING;
    size_t waiting = 0;

    for (size_t i = 0; i < e->n_runs; i++)
        waiting += e->runs[i].state == PT_RUN_WAITING;
    fprintf(stderr,
            "%zu run%s%s of %s, %zu at a time, seed %" PRIu64 "; experiment: %s\n",
            waiting, waiting == 1 ? "" : "s",
            reference ? ", and one under IEEE arithmetic," : "",
            command ? command : "the program", jobs, e->seed, e->folder);
    free(command);
}

static void say_kept_out(const struct pt_experiment *e, size_t failed)
{
    const struct pt_run *reference = &e->extra[PT_PLACE_REFERENCE];

    if (reference->wanted && reference->state != PT_RUN_DONE)
        fprintf(stderr,
                "there is no reference: digits are counted against the mean of the "
                "runs\n");
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
    bool stopped = false, same = true;
    enum pt_status status;

    if (jobs > e->n_runs + 1)
        jobs = e->n_runs + 1;
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
    if (status == PT_OK)
        status = pt_run_versions(e, error);
    if (status == PT_OK)
        status = pt_experiment_write(e, error);
    if (status == PT_OK)
        status = pt_run_control(stderr, e, &same, error);
    if (status == PT_OK && o->no_parse) {
        printf("traces: %s/traces\n", e->folder);
        return same ? 0 : EXIT_DIFFERS;
    }
    if (status == PT_OK) {
        fprintf(stderr, "aggregating %zu run%s\n", outcome.done,
                outcome.done == 1 ? "" : "s");
        status = pt_run_aggregate(e, ranks, o->method, &stopped, error);
    }
    if (stopped)
        return EXIT_STOPPED;
    if (status == PT_OK)
        status = pt_run_rank(e, error);
    return status != PT_OK ? 1 : same ? 0 : EXIT_DIFFERS;
}

int pt_front_run(int argc, char **argv)
{
    struct pt_run_options o;
    struct pt_experiment *experiment = NULL;
    struct pt_error error = {0};
    int fd = -1, result = 1;

    if (pt_run_options_read(argc, argv, false, &o, &error) != PT_OK) {
        fprintf(stderr, "pytracer run: %s\n", error.text);
        pt_run_options_clear(&o);
        return 2;
    }
    if (o.help) {
        fputs(pt_help_run, stdout);
        pt_run_options_clear(&o);
        return 0;
    }
    pt_process_prepare();
    if ((o.resume ? pt_run_resume(&o, &experiment, &error)
                  : pt_run_create(&o, &experiment, &error)) == PT_OK &&
        pt_run_lock(experiment, &fd, &error) == PT_OK)
        result = work(experiment, &o, &error);
    if (result == 1)
        fprintf(stderr, "pytracer run: %s\n", error.text);
    if (error.status == PT_E_USAGE)
        result = 2;
    if (fd >= 0)
        close(fd);
    pt_experiment_destroy(experiment);
    pt_run_options_clear(&o);
    return result;
}
