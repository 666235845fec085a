/* pytracer status: how far an experiment is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/commands.h"
#include "experiment/record.h"
#include "front/options.h"
#include "front/process.h"
#include "front/programs.h"
#include "run/control.h"
#include "submit/slurm.h"
#include "front/words.h"

enum { HELP = 1, MOST_NAMED = 10 };

static const struct pt_option table[] = {{"help", 'h', 0, HELP}};

static void print_failed(struct pt_experiment *e)
{
    size_t named = 0;

    for (size_t place = 0; place < PT_PLACE_FIRST + e->n_runs; place++) {
        const struct pt_run *run = pt_experiment_run(e, place);
        char name[PT_RUN_NAME];

        if (!run->wanted || run->state == PT_RUN_WAITING || run->state == PT_RUN_DONE)
            continue;
        if (++named > MOST_NAMED)
            continue;
        pt_experiment_run_name(place, name);
        if (place < PT_PLACE_FIRST)
            printf("  %s run %s: ", name, pt_run_state_name(run->state));
        else
            printf("  run %zu %s: ", place - PT_PLACE_FIRST + 1,
                   pt_run_state_name(run->state));
        if (run->signal)
            printf("%s", strsignal(run->signal));
        else
            printf("exit status %d", run->exit_status);
        printf(" (%s/logs/%s.err)\n", e->folder, name);
    }
    if (named > MOST_NAMED)
        printf("  and %zu more\n", named - MOST_NAMED);
}

static enum pt_status print_queue(const struct pt_experiment *e, struct pt_error *error)
{
    char *squeue = pt_program_on_path("squeue");
    size_t waiting = 0, running = 0;
    enum pt_status status = PT_OK;

    if (e->n_jobs && squeue) {
        pt_process_prepare();
        status = pt_slurm_queue(e->jobs, e->n_jobs, &waiting, &running, error);
        if (status == PT_OK)
            printf("in the queue: %zu tasks wait, %zu run\n", waiting, running);
    }
    free(squeue);
    return status;
}

static void print_about(struct pt_experiment *e)
{
    char date[PT_WORDS];
    char *command = pt_words_command(e->n_command, e->command);
    size_t counts[PT_N_RUN_STATES] = {0};

    for (size_t i = 0; i < e->n_runs; i++)
        counts[e->runs[i].state]++;
    pt_words_date(e->created_ns, date);
    printf("experiment %s\n  program: %s\n  made:    %s, seed %llu\n", e->folder,
           command ? command : "", date, (unsigned long long)e->seed);
    printf(
        "%zu of %zu runs done, %zu failed, %zu timed out or stopped, %zu not ended\n",
        counts[PT_RUN_DONE], e->n_runs, counts[PT_RUN_FAILED],
        counts[PT_RUN_TIMED_OUT] + counts[PT_RUN_STOPPED], counts[PT_RUN_WAITING]);
    free(command);
    print_failed(e);
}

static enum pt_status show(const char *folder, struct pt_error *error)
{
    struct pt_experiment *e = NULL;
    bool same;
    enum pt_status status = pt_experiment_read(folder, &e, error);

    if (status == PT_OK)
        status = pt_experiment_collect(e, error);
    if (status == PT_OK) {
        print_about(e);
        status = print_queue(e, error);
    }
    if (status == PT_OK && e->extra[PT_PLACE_CONTROL].state == PT_RUN_DONE)
        status = pt_run_control(stdout, e, &same, error);
    if (status == PT_OK && e->result)
        printf("result: %s/stats/%s\n", e->folder, e->result);
    else if (status == PT_OK)
        printf("no result yet\n");
    pt_experiment_destroy(e);
    return status;
}

int pt_front_status(int argc, char **argv)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    struct pt_error error = {0};
    const char *folder = NULL;
    int id;

    while ((id = pt_options_next(&o, &error)) != PT_OPTIONS_END) {
        if (id == HELP) {
            fputs(pt_help_status, stdout);
            return 0;
        }
        if (id == PT_OPTIONS_ARGUMENT && folder)
            (void)pt_error_set(&error, PT_E_USAGE,
                               "one experiment at a time, not also '%s'", o.value);
        if (id == PT_OPTIONS_BAD || folder) {
            fprintf(stderr, "pytracer status: %s\n", error.text);
            return 2;
        }
        folder = o.value;
    }
    if (show(folder ? folder : ".", &error) == PT_OK)
        return 0;
    fprintf(stderr, "pytracer status: %s\n", error.text);
    return 1;
}
