#include "run/options.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/options.h"

enum {
    RUNS = 1,
    JOBS,
    RANKS,
    THREADS,
    SEED,
    TIMEOUT,
    PRECISION64,
    PRECISION32,
    NODES,
    THROTTLE,
    BLAS_LIMIT,
    CANCELLATION,
    FUZZY,
    TARGET,
    ONLY,
    EXCEPT,
    TEXT,      /* from here on, texts: their place is in `texts` */
    FLAG = 100 /* and flags: in `flags` */
};

enum text {
    EXPERIMENT = TEXT,
    RESUME,
    CONFIG,
    PYTHON,
    MODE,
    LAPACK,
    METHOD,
    PARTITION,
    ACCOUNT,
    QOS,
    CONSTRAINT,
    MEM,
    TIME,
    PARSE_TIME,
    STAGE,
    COMPRESSION
};

enum flag {
    NO_FUZZY = FLAG,
    NO_REFERENCE,
    CONTROL,
    NO_PARSE,
    WAIT,
    DRY_RUN,
    NO_PROBE,
    HELP
};

#define COMMON                                                                         \
    {"runs", 'n', 1, RUNS}, {"ranks", 0, 1, RANKS}, {"threads", 0, 1, THREADS},        \
        {"seed", 0, 1, SEED}, {"experiment", 0, 1, EXPERIMENT},                        \
        {"resume", 0, 1, RESUME}, {"config", 0, 1, CONFIG}, {"python", 0, 1, PYTHON},  \
        {"fuzzy", 0, 2, FUZZY}, {"mode", 0, 1, MODE}, {"method", 0, 1, METHOD},        \
        {"precision-binary64", 0, 1, PRECISION64},                                     \
        {"precision-binary32", 0, 1, PRECISION32}, {"no-fuzzy", 0, 0, NO_FUZZY},       \
        {"fuzzy-blas-limit", 0, 1, BLAS_LIMIT}, {"fuzzy-lapack", 0, 1, LAPACK},        \
        {"fuzzy-only", 0, 1, ONLY}, {"fuzzy-except", 0, 1, EXCEPT},                    \
        {"cancellation", 0, 1, CANCELLATION}, {"target", 0, 1, TARGET},                \
        {"compression", 0, 1, COMPRESSION}, {"no-reference", 0, 0, NO_REFERENCE},      \
        {"control", 0, 0, CONTROL},                                                    \
    {                                                                                  \
        "help", 'h', 0, HELP                                                           \
    }

static const struct pt_option run_table[] = {
    COMMON,
    {"jobs", 'j', 1, JOBS},
    {"timeout", 0, 1, TIMEOUT},
    {"no-parse", 0, 0, NO_PARSE},
};

static const struct pt_option submit_table[] = {
    COMMON,
    {"partition", 'p', 1, PARTITION},
    {"account", 'A', 1, ACCOUNT},
    {"qos", 'q', 1, QOS},
    {"constraint", 'C', 1, CONSTRAINT},
    {"mem", 0, 1, MEM},
    {"time", 't', 1, TIME},
    {"parse-time", 0, 1, PARSE_TIME},
    {"nodes", 'N', 1, NODES},
    {"throttle", 0, 1, THROTTLE},
    {"stage", 0, 1, STAGE},
    {"wait", 0, 0, WAIT},
    {"dry-run", 0, 0, DRY_RUN},
    {"no-probe", 0, 0, NO_PROBE},
};

uint64_t pt_run_cores(void)
{
    cpu_set_t set;
    int n = 0;

    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = CPU_COUNT(&set);
    if (n <= 0)
        n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (uint64_t)n : 1;
}

static enum pt_status take_number(int id, const char *value, struct pt_run_options *o,
                                  struct pt_error *error)
{
    const struct {
        int id;
        const char *name;
        uint64_t least, most, *to;
    } numbers[] = {
        {RUNS, "--runs", 1, 1000000, &o->runs},
        {JOBS, "--jobs", 1, 4096, &o->jobs},
        {RANKS, "--ranks", 1, 65536, &o->ranks},
        {THREADS, "--threads", 1, 4096, &o->threads},
        {SEED, "--seed", 0, UINT64_MAX, &o->seed},
        {NODES, "--nodes", 1, 65536, &o->nodes},
        {THROTTLE, "--throttle", 1, 1000000, &o->throttle},
        {PRECISION64, "--precision-binary64", 1, 53, &o->precision64},
        {PRECISION32, "--precision-binary32", 1, 24, &o->precision32},
        {BLAS_LIMIT, "--fuzzy-blas-limit", 1, UINT64_MAX, &o->blas_limit},
        {CANCELLATION, "--cancellation", 1, 53, &o->cancellation},
    };

    for (size_t i = 0; i < PT_ARRAY_LENGTH(numbers); i++) {
        if (numbers[i].id == id)
            return pt_options_number(numbers[i].name, value, numbers[i].least,
                                     numbers[i].most, numbers[i].to, error);
    }
    return PT_OK;
}

static const char **text_place(struct pt_run_options *o, int id)
{
    const char **texts[] = {
        &o->experiment, &o->resume,     &o->config,     &o->python,
        &o->mode,       &o->lapack,     &o->method,     &o->partition,
        &o->account,    &o->qos,        &o->constraint, &o->mem,
        &o->time,       &o->parse_time, &o->stage,      &o->compression};

    return texts[id - TEXT];
}

static bool *flag_place(struct pt_run_options *o, int id)
{
    bool *flags[] = {&o->no_fuzzy, &o->no_reference, &o->control,  &o->no_parse,
                     &o->wait,     &o->dry_run,      &o->no_probe, &o->help};

    return flags[id - FLAG];
}

static enum pt_status take(int id, const char *value, struct pt_run_options *o,
                           struct pt_error *error)
{
    if (id >= FLAG) {
        *flag_place(o, id) = true;
        return PT_OK;
    }
    if (id >= TEXT) {
        *text_place(o, id) = value;
        return PT_OK;
    }
    if (id == TIMEOUT)
        return pt_options_span("--timeout", value, &o->timeout, error);
    if (id == FUZZY) {
        o->layers = value ? value : "all";
        return PT_OK;
    }
    if (id == TARGET)
        return pt_options_keep(&o->targets, &o->n_targets, value, error);
    if (id == ONLY)
        return pt_options_keep(&o->only, &o->n_only, value, error);
    if (id == EXCEPT)
        return pt_options_keep(&o->except, &o->n_except, value, error);
    o->has_seed |= id == SEED;
    return take_number(id, value, o, error);
}

static bool changes_noise(const struct pt_run_options *o)
{
    return o->layers || o->mode || o->lapack || o->precision64 || o->precision32 ||
           o->blas_limit || o->cancellation || o->n_only || o->n_except;
}

/* A run that is continued is what it was: its options are in its folder. */
static enum pt_status check(const struct pt_run_options *o, bool submit,
                            struct pt_error *error)
{
    if (o->resume && (o->n_command || o->experiment || o->has_seed || o->config ||
                      o->python || o->n_targets || o->no_fuzzy || changes_noise(o)))
        return pt_error_set(error, PT_E_USAGE,
                            "--resume takes program, seed and configuration from the "
                            "experiment: give it no others");
    if (!o->resume && o->n_command == 0)
        return pt_error_set(error, PT_E_USAGE,
                            "no program: say pytracer %s -n 10 -- script.py arguments",
                            submit ? "submit" : "run");
    if (o->no_fuzzy && changes_noise(o))
        return pt_error_set(error, PT_E_USAGE,
                            "--no-fuzzy and options of the stochastic arithmetic "
                            "exclude each other");
    return o->resume ? PT_OK : pt_options_check_program(o->command, error);
}

enum pt_status pt_run_options_read(int argc, char **argv, bool submit,
                                   struct pt_run_options *options,
                                   struct pt_error *error)
{
    struct pt_options o = {.table = submit ? submit_table : run_table,
                           .n = submit ? PT_ARRAY_LENGTH(submit_table)
                                       : PT_ARRAY_LENGTH(run_table),
                           .argc = argc,
                           .argv = argv,
                           .at = 1};
    enum pt_status status = PT_OK;
    int id = PT_OPTIONS_END;

    *options = (struct pt_run_options){.threads = 1};
    while (status == PT_OK && !options->help &&
           (id = pt_options_next(&o, error)) > PT_OPTIONS_END)
        status = take(id, o.value, options, error);
    if (status != PT_OK || options->help)
        return status;
    if (id == PT_OPTIONS_BAD)
        return PT_E_USAGE;
    if (id == PT_OPTIONS_ARGUMENT)
        pt_options_program(&o, &options->command, &options->n_command);
    return check(options, submit, error);
}

void pt_run_options_clear(struct pt_run_options *options)
{
    free(options->targets);
    free(options->only);
    free(options->except);
}
