#include "localize/runs.h"

#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "experiment/experiment.h"
#include "front/process.h"
#include "run/environment.h"
#include "run/options.h"
#include "run/settings.h"
#include "value.h"

struct child {
    pid_t pid; /* 0: free */
    size_t i;
    double started;
};

struct batch {
    struct pt_localize *localize;
    const struct pt_batch *plan;
    char *folder, *config;
    struct child *children;
    size_t n_children, next, running;
    pt_run_ended *ended;
    void *context;
    bool enough;
};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory to start a run");
}

static enum pt_status set_list(struct pt_config *config, const char *name,
                               const struct pt_strings *list, struct pt_error *error)
{
    const struct pt_key *key = pt_key_find(name, NULL);
    enum pt_status status = PT_OK;

    pt_value_clear(config, key);
    for (size_t i = 0; list && i < list->n && status == PT_OK; i++)
        status = pt_value_append(config, key, list->items[i], error);
    return status;
}

static enum pt_status set_text(struct pt_config *config, const char *name,
                               const char *text, struct pt_error *error)
{
    return pt_value_set_text(config, pt_key_find(name, NULL), text ? text : "", error);
}

static enum pt_status set_modules(struct pt_config *config, const char *modules,
                                  struct pt_error *error)
{
    char *copy = strdup(modules), *rest = copy, *word;
    const struct pt_key *key = pt_key_find("modules_to_load", NULL);
    enum pt_status status = copy ? PT_OK : no_memory(error);

    pt_value_clear(config, key);
    while (status == PT_OK && (word = strsep(&rest, " ")))
        if (*word)
            status = pt_value_append(config, key, word, error);
    free(copy);
    return status;
}

/* The configuration of the batch in its folder. */
static enum pt_status write_config(struct batch *b, struct pt_error *error)
{
    struct pt_config *config = b->localize->config;
    const struct pt_batch *plan = b->plan;
    char *layers = strdup(config->fuzzy.layers);
    enum pt_status status = layers ? PT_OK : no_memory(error);

    if (status == PT_OK)
        status = set_list(config, "fuzzy.only", plan->only, error);
    if (status == PT_OK)
        status = set_list(config, "fuzzy.except", plan->except, error);
    if (status == PT_OK && plan->places)
        status = set_text(config, "fuzzy.places", plan->places, error);
    else
        pt_value_clear(config, pt_key_find("fuzzy.places", NULL));
    if (status == PT_OK)
        status = set_modules(config, plan->modules ? plan->modules : "", error);
    if (status == PT_OK && plan->layers)
        status = set_text(config, "fuzzy.layers", plan->layers, error);
    if (status == PT_OK)
        status = pt_run_config_write(config, b->folder, error);
    if (status == PT_OK && plan->layers)
        status = set_text(config, "fuzzy.layers", layers, error);
    free(layers);
    return status;
}

static enum pt_status make_environment(const struct batch *b, size_t i,
                                       char *texts[PT_RUN_VARIABLES],
                                       struct pt_error *error)
{
    char *traces = NULL;
    struct pt_run_identity identity = {
        .experiment = "localize",
        .number = i + 1,
        .seed = pt_experiment_seed(b->localize->options.seed, i + 1),
        .threads = 1,
        .cache = b->folder};

    if (asprintf(&traces, "%s/traces", b->folder) < 0)
        traces = NULL;
    identity.traces = traces ? traces : "";
    enum pt_status status = pt_run_environment(&identity, texts, error);
    if (status == PT_OK && traces == NULL)
        status = no_memory(error);
    free(traces);
    return status;
}

static char **make_arguments(const struct batch *b)
{
    const struct pt_localize_options *o = &b->localize->options;
    char **argv = calloc(o->n_command + 9, sizeof *argv);
    size_t n = 0;

    if (!argv)
        return NULL;
    argv[n++] = b->localize->tracer;
    if (!b->plan->modules) {
        argv[n++] = (char *)"--no-trace";
        argv[n++] = (char *)"--quiet";
    }
    argv[n++] = (char *)"--config";
    argv[n++] = b->config;
    if (o->python) {
        argv[n++] = (char *)"--python";
        argv[n++] = (char *)o->python;
    }
    argv[n++] = (char *)"--command";
    memcpy(argv + n, o->command, o->n_command * sizeof *argv);
    return argv;
}

static char *out_of(const struct batch *b, size_t i, const char *suffix)
{
    char *path;

    return asprintf(&path, "%s/run-%zu.%s", b->folder, i + 1, suffix) < 0 ? NULL : path;
}

static enum pt_status start(struct batch *b, struct child *child, size_t i,
                            struct pt_error *error)
{
    char *environment[PT_RUN_VARIABLES];
    char **argv = make_arguments(b), *out = out_of(b, i, "out"),
         *err = out_of(b, i, "err");
    enum pt_status status = make_environment(b, i, environment, error);

    if (status == PT_OK && !(argv && out && err))
        status = no_memory(error);
    if (status == PT_OK)
        status = pt_process_start(
            &(struct pt_process_plan){argv, environment, NULL, out, err}, &child->pid,
            error);
    if (status == PT_OK) {
        child->i = i;
        child->started = pt_process_now();
        b->running++;
        b->localize->n_runs++;
    } else {
        child->pid = 0;
    }
    pt_run_environment_free(environment);
    free(argv);
    free(out);
    free(err);
    return status;
}

static void look_after(struct batch *b, struct child *child)
{
    double timeout = b->localize->options.timeout;
    int wait_status = 0;
    char *out;

    if (timeout > 0 && pt_process_now() - child->started > timeout)
        pt_process_signal(child->pid, SIGKILL);
    if (!pt_process_ended(child->pid, &wait_status, NULL))
        return;
    child->pid = 0;
    b->running--;
    out = out_of(b, child->i, "out");
    if (out && !b->enough && !b->localize->stopped)
        b->enough =
            b->ended(b->context, child->i,
                     WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0, out);
    free(out);
}

static void end_all(struct batch *b)
{
    for (size_t c = 0; c < b->n_children; c++)
        if (b->children[c].pid > 0)
            pt_process_signal(b->children[c].pid, SIGKILL);
}

static enum pt_status work(struct batch *b, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    bool ended = false;

    while (b->running > 0 || (status == PT_OK && !b->enough && !b->localize->stopped &&
                              b->next < b->plan->n)) {
        bool over = b->enough || b->localize->stopped || status != PT_OK;

        for (size_t c = 0; c < b->n_children && !over && status == PT_OK; c++)
            if (b->children[c].pid == 0 && b->next < b->plan->n)
                status = start(b, &b->children[c], b->next++, error);
        if (over && !ended)
            end_all(b);
        ended = over;
        if (pt_process_wait(0.2) == PT_PROCESS_STOP)
            b->localize->stopped = true;
        for (size_t c = 0; c < b->n_children; c++)
            if (b->children[c].pid > 0)
                look_after(b, &b->children[c]);
    }
    return status;
}

static enum pt_status aggregate(struct batch *b, char **result, struct pt_error *error)
{
    char *traces = NULL, *out = NULL, *err = NULL;
    int bad = asprintf(&traces, "%s/traces", b->folder) < 0;
    bad |= asprintf(result, "%s/result.h5", b->folder) < 0;
    bad |= asprintf(&out, "%s/parse.out", b->folder) < 0;
    bad |= asprintf(&err, "%s/parse.err", b->folder) < 0;
    char *argv[] = {
        b->localize->parse, (char *)"--directory", traces,  (char *)"--config",
        b->config,          (char *)"--output",    *result, NULL};
    struct pt_process_plan plan = {argv, NULL, NULL, out, err};
    enum pt_status status = bad ? no_memory(error) : PT_OK;
    int wait_status = 0;
    pid_t pid = 0;

    if (status == PT_OK)
        status = pt_process_start(&plan, &pid, error);
    while (status == PT_OK && !pt_process_ended(pid, &wait_status, NULL))
        if (pt_process_wait(0.2) == PT_PROCESS_STOP) {
            b->localize->stopped = true;
            pt_process_signal(pid, SIGKILL);
        }
    if (status == PT_OK && !b->localize->stopped && wait_status != 0)
        status = pt_error_set(error, PT_E_IO,
                              "the aggregation failed; its words are in %s", err);
    free(traces);
    free(out);
    free(err);
    return status;
}

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    (void)remove(path);
    return 0;
}

static void remove_folder(const char *path)
{
    enum { DESCRIPTORS = 8 };

    (void)nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

enum pt_status pt_runs(struct pt_localize *localize, const struct pt_batch *batch,
                       pt_run_ended *ended, void *context, char **result,
                       struct pt_error *error)
{
    struct batch b = {
        .localize = localize, .plan = batch, .ended = ended, .context = context};
    size_t jobs = localize->options.jobs ? localize->options.jobs : pt_run_cores();
    enum pt_status status = PT_OK;

    b.folder = pt_localize_path(localize, "work/%s", batch->name);
    b.config = pt_localize_path(localize, "work/%s/config.json", batch->name);
    b.n_children = jobs < batch->n ? jobs : batch->n;
    b.children = calloc(b.n_children + 1, sizeof *b.children);
    if (!b.folder || !b.config || !b.children)
        status = no_memory(error);
    if (status == PT_OK) {
        remove_folder(b.folder); /* of a call that was interrupted */
        status = pt_folder_create(b.folder, error);
    }
    if (status == PT_OK)
        status = write_config(&b, error);
    if (status == PT_OK)
        status = work(&b, error);
    if (status == PT_OK && result && !localize->stopped)
        status = aggregate(&b, result, error);
    if (b.folder && !batch->keep && status == PT_OK)
        remove_folder(b.folder);
    free(b.folder);
    free(b.config);
    free(b.children);
    return status;
}

void pt_runs_forget(const struct pt_localize *localize, const char *name)
{
    char *folder = pt_localize_path(localize, "work/%s", name);

    if (folder)
        remove_folder(folder);
    free(folder);
}
