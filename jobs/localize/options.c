#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/options.h"
#include "localize/localize.h"

enum {
    RUNS = 1,
    JOBS,
    SEED,
    TOP,
    TIMEOUT,
    MIN_DIGITS,
    FOLDER,
    RESUME,
    CONFIG,
    PYTHON,
    FUZZY,
    MODE,
    NUMBER,
    COMPARE,
    FUNCTION,
    PLAIN,
    FUNCTIONS_ONLY,
    NO_INSIGHT,
    HELP
};

static const struct pt_option table[] = {
    {"runs", 'n', 1, RUNS},
    {"jobs", 'j', 1, JOBS},
    {"seed", 0, 1, SEED},
    {"top", 0, 1, TOP},
    {"timeout", 0, 1, TIMEOUT},
    {"min-digits", 0, 1, MIN_DIGITS},
    {"folder", 0, 1, FOLDER},
    {"resume", 0, 1, RESUME},
    {"config", 0, 1, CONFIG},
    {"python", 0, 1, PYTHON},
    {"fuzzy", 0, 2, FUZZY},
    {"mode", 0, 1, MODE},
    {"number", 0, 1, NUMBER},
    {"compare", 0, 1, COMPARE},
    {"function", 0, 1, FUNCTION},
    {"ddmin", 0, 0, PLAIN},
    {"functions-only", 0, 0, FUNCTIONS_ONLY},
    {"no-insight", 0, 0, NO_INSIGHT},
    {"help", 'h', 0, HELP},
};

static enum pt_status take_bits(const char *text, double *bits, struct pt_error *error)
{
    char *end;

    *bits = strtod(text, &end);
    if (end == text || *end || !(*bits > 0 && *bits <= 53))
        return pt_error_set(error, PT_E_USAGE,
                            "--min-digits takes bits from 0 to 53, not '%s'", text);
    return PT_OK;
}

static enum pt_status take(int id, const char *value, struct pt_localize_options *o,
                           struct pt_error *error)
{
    switch (id) {
    case RUNS:
        return pt_options_number("--runs", value, 2, 10000, &o->runs, error);
    case JOBS:
        return pt_options_number("--jobs", value, 1, 4096, &o->jobs, error);
    case SEED:
        o->has_seed = true;
        return pt_options_number("--seed", value, 0, UINT64_MAX, &o->seed, error);
    case TOP:
        return pt_options_number("--top", value, 1, 100, &o->top, error);
    case TIMEOUT:
        return pt_options_span("--timeout", value, &o->timeout, error);
    case MIN_DIGITS:
        return take_bits(value, &o->min_digits, error);
    default:
        break;
    }
    const char **texts[] = {
        [FOLDER] = &o->folder, [RESUME] = &o->resume,   [CONFIG] = &o->config,
        [PYTHON] = &o->python, [MODE] = &o->mode,       [NUMBER] = &o->number,
        [FUZZY] = &o->layers,  [COMPARE] = &o->compare, [FUNCTION] = &o->function};
    if (id >= FOLDER && id <= FUNCTION)
        *texts[id] = value ? value : "all";
    o->plain |= id == PLAIN;
    o->functions_only |= id == FUNCTIONS_ONLY;
    o->no_insight |= id == NO_INSIGHT;
    o->help |= id == HELP;
    return PT_OK;
}

static enum pt_status check(const struct pt_localize_options *o, struct pt_error *error)
{
    int watched = !!o->number + !!o->compare + !!o->function;

    if (o->resume && o->n_command)
        return pt_error_set(error, PT_E_USAGE,
                            "--resume takes program and options from the folder: give "
                            "it no program");
    if (!o->resume && o->n_command == 0)
        return pt_error_set(error, PT_E_USAGE,
                            "no program: say pytracer localize -n 20 -- script.py "
                            "arguments");
    if (watched > 1)
        return pt_error_set(
            error, PT_E_USAGE,
            "--number, --compare and --function exclude each other: one "
            "result is watched");
    if (o->compare && o->min_digits >= 0)
        return pt_error_set(error, PT_E_USAGE,
                            "--min-digits says nothing to a command that compares");
    return o->n_command ? pt_options_check_program(o->command, error) : PT_OK;
}

enum pt_status pt_localize_options_read(int argc, char **argv,
                                        struct pt_localize_options *options,
                                        struct pt_error *error)
{
    struct pt_options o = PT_OPTIONS(table, argc, argv);
    enum pt_status status = PT_OK;
    int id = PT_OPTIONS_END;

    *options = (struct pt_localize_options){.runs = 20, .top = 3, .min_digits = -1};
    while (status == PT_OK && !options->help &&
           (id = pt_options_next(&o, error)) > PT_OPTIONS_END)
        status = take(id, o.value, options, error);
    if (status != PT_OK || options->help)
        return status;
    if (id == PT_OPTIONS_BAD)
        return PT_E_USAGE;
    if (id == PT_OPTIONS_ARGUMENT)
        pt_options_program(&o, &options->command, &options->n_command);
    return check(options, error);
}
