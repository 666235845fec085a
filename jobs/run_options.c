#include "run_options.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

enum {
    RUNS = 1,
    JOBS,
    RANKS,
    THREADS,
    SEED,
    TIMEOUT,
    EXPERIMENT,
    RESUME,
    CONFIG,
    PYTHON,
    FUZZY,
    MODE,
    PRECISION64,
    PRECISION32,
    METHOD,
    NO_FUZZY,
    NO_PARSE,
    HELP
};

static const struct pt_option table[] = {
    {"runs", 'n', 1, RUNS},
    {"jobs", 'j', 1, JOBS},
    {"ranks", 0, 1, RANKS},
    {"threads", 0, 1, THREADS},
    {"seed", 0, 1, SEED},
    {"timeout", 0, 1, TIMEOUT},
    {"experiment", 0, 1, EXPERIMENT},
    {"resume", 0, 1, RESUME},
    {"config", 0, 1, CONFIG},
    {"python", 0, 1, PYTHON},
    {"fuzzy", 0, 2, FUZZY},
    {"mode", 0, 1, MODE},
    {"precision-binary64", 0, 1, PRECISION64},
    {"precision-binary32", 0, 1, PRECISION32},
    {"method", 0, 1, METHOD},
    {"no-fuzzy", 0, 0, NO_FUZZY},
    {"no-parse", 0, 0, NO_PARSE},
    {"help", 'h', 0, HELP},
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
        {PRECISION64, "--precision-binary64", 1, 53, &o->precision64},
        {PRECISION32, "--precision-binary32", 1, 24, &o->precision32},
    };

    for (size_t i = 0; i < PT_ARRAY_LENGTH(numbers); i++) {
        if (numbers[i].id == id)
            return pt_options_number(numbers[i].name, value, numbers[i].least,
                                     numbers[i].most, numbers[i].to, error);
    }
    return PT_OK;
}

static enum pt_status take(int id, const char *value, struct pt_run_options *o,
                           struct pt_error *error)
{
    switch (id) {
    case SEED:
        o->has_seed = true;
        break;
    case TIMEOUT:
        return pt_options_span("--timeout", value, &o->timeout, error);
    case EXPERIMENT:
        o->experiment = value;
        return PT_OK;
    case RESUME:
        o->resume = value;
        return PT_OK;
    case CONFIG:
        o->config = value;
        return PT_OK;
    case PYTHON:
        o->python = value;
        return PT_OK;
    case FUZZY:
        o->layers = value ? value : "all";
        return PT_OK;
    case MODE:
        o->mode = value;
        return PT_OK;
    case METHOD:
        o->method = value;
        return PT_OK;
    case NO_FUZZY:
        o->no_fuzzy = true;
        return PT_OK;
    case NO_PARSE:
        o->no_parse = true;
        return PT_OK;
    case HELP:
        o->help = true;
        return PT_OK;
    default:
        break;
    }
    return take_number(id, value, o, error);
}

/* A run that is continued is what it was: its options are in its folder. */
static enum pt_status check(const struct pt_run_options *o, struct pt_error *error)
{
    if (o->resume && (o->n_command || o->experiment || o->has_seed || o->config ||
                      o->python || o->layers || o->no_fuzzy || o->mode))
        return pt_error_set(error, PT_E_USAGE,
                            "--resume takes program, seed and configuration from the "
                            "experiment: give it no others");
    if (!o->resume && o->n_command == 0)
        return pt_error_set(
            error, PT_E_USAGE,
            "no program: say pytracer run -n 10 -- script.py arguments");
    if (o->no_fuzzy && (o->layers || o->mode || o->precision64 || o->precision32))
        return pt_error_set(error, PT_E_USAGE,
                            "--no-fuzzy and options of the stochastic arithmetic "
                            "exclude each other");
    if (!o->resume && o->command[0][0] != '-' && access(o->command[0], R_OK) != 0)
        return pt_error_sys(error, "cannot read the script %s", o->command[0]);
    return PT_OK;
}

enum pt_status pt_run_options_read(int argc, char **argv,
                                   struct pt_run_options *options,
                                   struct pt_error *error)
{
    struct pt_options o = {table, PT_ARRAY_LENGTH(table), argc, argv, 1, 0, NULL};
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
    if (id == PT_OPTIONS_ARGUMENT) {
        options->command = argv + o.at - 1;
        options->n_command = (size_t)(argc - o.at + 1);
    }
    return check(options, error);
}
