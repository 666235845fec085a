#include "launcher/options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/bytes.h"
#include "launcher/identity.h"
#include "launcher/variables.h"
#include "scope.h"
#include "target.h"
#include "value.h"

enum option {
    OPTION_COMMAND,
    OPTION_CONFIG,
    OPTION_PYTHON,
    OPTION_OUTPUT,
    OPTION_REPORT,
    OPTION_REPORT_FILE,
    OPTION_COMPRESSION,
    OPTION_TARGET,
    OPTION_SUGGEST,
    OPTION_DRY_RUN,
    OPTION_FUZZY,
    OPTION_SEED,
    OPTION_MODE,
    OPTION_BINARY64,
    OPTION_BINARY32,
    OPTION_BLAS_LIMIT,
    OPTION_LAPACK,
    OPTION_ONLY,
    OPTION_EXCEPT,
    OPTION_CANCELLATION,
    OPTION_COVERAGE,
    OPTION_PLACES,
    OPTION_NO_TRACE,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_N
};

enum value { VALUE_NONE, VALUE_OPTIONAL, VALUE_NEEDED };

static const struct {
    const char *name;
    enum value value;
} known[OPTION_N] = {
    [OPTION_COMMAND] = {"command", VALUE_NONE},
    [OPTION_CONFIG] = {"config", VALUE_NEEDED},
    [OPTION_PYTHON] = {"python", VALUE_NEEDED},
    [OPTION_OUTPUT] = {"output", VALUE_NEEDED},
    [OPTION_REPORT] = {"report", VALUE_NEEDED},
    [OPTION_REPORT_FILE] = {"report-file", VALUE_NEEDED},
    [OPTION_COMPRESSION] = {"compression", VALUE_NEEDED},
    [OPTION_TARGET] = {"target", VALUE_NEEDED},
    [OPTION_SUGGEST] = {"suggest", VALUE_NONE},
    [OPTION_DRY_RUN] = {"dry-run", VALUE_NONE},
    [OPTION_FUZZY] = {"fuzzy", VALUE_OPTIONAL},
    [OPTION_SEED] = {"seed", VALUE_NEEDED},
    [OPTION_MODE] = {"mode", VALUE_NEEDED},
    [OPTION_BINARY64] = {"precision-binary64", VALUE_NEEDED},
    [OPTION_BINARY32] = {"precision-binary32", VALUE_NEEDED},
    [OPTION_BLAS_LIMIT] = {"fuzzy-blas-limit", VALUE_NEEDED},
    [OPTION_LAPACK] = {"fuzzy-lapack", VALUE_NEEDED},
    [OPTION_ONLY] = {"fuzzy-only", VALUE_NEEDED},
    [OPTION_EXCEPT] = {"fuzzy-except", VALUE_NEEDED},
    [OPTION_CANCELLATION] = {"cancellation", VALUE_NEEDED},
    [OPTION_COVERAGE] = {"coverage", VALUE_OPTIONAL},
    [OPTION_PLACES] = {"places", VALUE_NEEDED},
    [OPTION_NO_TRACE] = {"no-trace", VALUE_NONE},
    [OPTION_QUIET] = {"quiet", VALUE_NONE},
    [OPTION_HELP] = {"help", VALUE_NONE},
    [OPTION_VERSION] = {"version", VALUE_NONE},
};

/* Splits "--name" or "--name=value"; OPTION_N if the name is not one of ours. */
static enum option find_option(const char *argument, const char **value)
{
    const char *name = argument + 2;
    size_t length = strcspn(name, "=");
    enum option option = 0;

    *value = name[length] == '=' ? name + length + 1 : NULL;
    while (option < OPTION_N && (strncmp(known[option].name, name, length) != 0 ||
                                 known[option].name[length] != '\0'))
        option++;
    return option;
}

static enum pt_status read_number(const char *name, const char *text, uint64_t least,
                                  uint64_t most, uint64_t *number,
                                  struct pt_error *error)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 0);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || n < least ||
        n > most)
        return pt_error_set(error, PT_E_USAGE,
                            "--%s wants a whole number from %llu to %llu, not \"%s\"",
                            name, (unsigned long long)least, (unsigned long long)most,
                            text);
    *number = n;
    return PT_OK;
}

static enum pt_status read_report(const char *text, enum pt_report *report,
                                  struct pt_error *error)
{
    for (enum pt_report r = 0; r <= PT_REPORT_ONLY; r++)
        if (strcmp(text, pt_report_name(r)) == 0) {
            *report = r;
            return PT_OK;
        }
    return pt_error_set(error, PT_E_USAGE, "--report wants on, off or only, not \"%s\"",
                        text);
}

/* One more pattern of the command line. */
static enum pt_status keep_pattern(const char ***patterns, size_t *n, const char *text,
                                   struct pt_error *error)
{
    const char **more = realloc(*patterns, (*n + 1) * sizeof **patterns);

    if (more == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory for a pattern");
    *patterns = more;
    more[(*n)++] = text;
    return PT_OK;
}

static enum pt_status read_option(enum option option, const char *value,
                                  struct pt_launch_options *options,
                                  struct pt_error *error)
{
    const char *name = known[option].name;
    uint64_t number = 0;
    enum pt_status status = PT_OK;

    switch (option) {
    case OPTION_CONFIG:
        options->config = value;
        break;
    case OPTION_PYTHON:
        options->python = value;
        break;
    case OPTION_OUTPUT:
        options->output = value;
        break;
    case OPTION_REPORT:
        status = read_report(value, &options->report, error);
        break;
    case OPTION_REPORT_FILE:
        options->report_file = value;
        break;
    case OPTION_TARGET:
        status = keep_pattern(&options->targets, &options->n_targets, value, error);
        break;
    case OPTION_SUGGEST:
        options->report = PT_REPORT_SUGGEST;
        break;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        break;
    case OPTION_FUZZY:
        options->fuzzy_layers = value != NULL ? value : "all";
        break;
    case OPTION_MODE:
        options->fuzzy_mode = value;
        break;
    case OPTION_SEED:
        status = read_number(name, value, 0, UINT64_MAX, &options->seed, error);
        options->has_seed = true;
        break;
    case OPTION_BINARY64:
        status = read_number(name, value, 1, 53, &number, error);
        options->precision_binary64 = (uint32_t)number;
        break;
    case OPTION_BINARY32:
        status = read_number(name, value, 1, 24, &number, error);
        options->precision_binary32 = (uint32_t)number;
        break;
    case OPTION_BLAS_LIMIT:
        status = read_number(name, value, 1, UINT64_MAX, &options->blas_limit, error);
        break;
    case OPTION_COMPRESSION:
        options->compression = value;
        break;
    case OPTION_LAPACK:
        options->fuzzy_lapack = value;
        break;
    case OPTION_ONLY:
        status = keep_pattern(&options->only, &options->n_only, value, error);
        break;
    case OPTION_EXCEPT:
        status = keep_pattern(&options->except, &options->n_except, value, error);
        break;
    case OPTION_CANCELLATION:
        status = read_number(name, value, 1, 53, &number, error);
        options->cancellation = (uint32_t)number;
        break;
    case OPTION_COVERAGE:
        options->coverage = value != NULL ? value : "-";
        break;
    case OPTION_PLACES:
        options->places = value;
        break;
    case OPTION_NO_TRACE:
        options->report = PT_REPORT_NO_TRACE;
        break;
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_HELP:
        options->help = true;
        break;
    case OPTION_VERSION:
        options->version = true;
        break;
    case OPTION_COMMAND:
    case OPTION_N:
        break;
    }
    return status;
}

/* One "--name" at argv[*i]; *i moves past what it took. */
static enum pt_status take_option(int argc, char **argv, int *i, bool *command,
                                  struct pt_launch_options *options,
                                  struct pt_error *error)
{
    const char *argument = argv[*i], *value;
    enum option option = find_option(argument, &value);

    if (option == OPTION_N)
        return pt_error_set(error, PT_E_USAGE,
                            "unknown option %s; --help lists the known ones", argument);
    *i += 1;
    if (known[option].value == VALUE_NONE && value != NULL)
        return pt_error_set(error, PT_E_USAGE, "--%s takes no value",
                            known[option].name);
    if (known[option].value == VALUE_NEEDED && value == NULL) {
        if (*i == argc)
            return pt_error_set(error, PT_E_USAGE, "--%s wants a value",
                                known[option].name);
        value = argv[*i];
        *i += 1;
    }
    *command = option == OPTION_COMMAND;
    return read_option(option, value, options, error);
}

enum pt_status pt_launch_options_parse(int argc, char **argv,
                                       struct pt_launch_options *options,
                                       struct pt_error *error)
{
    *options = (struct pt_launch_options){.report = PT_REPORT_OFF};
    int i = 1;
    bool command = false;

    while (i < argc && !command && strncmp(argv[i], "--", 2) == 0) {
        if (argv[i][2] == '\0') {
            i++;
            break;
        }
        enum pt_status status = take_option(argc, argv, &i, &command, options, error);
        if (status != PT_OK)
            return status;
        if (options->help || options->version)
            return PT_OK;
    }
    if (i < argc && strcmp(argv[i], "-h") == 0 && !command) {
        options->help = true;
        return PT_OK;
    }
    if (i == argc)
        return pt_error_set(error, PT_E_USAGE,
                            "no program to trace; say pytracer-trace --command "
                            "script.py (--help lists the options)");
    options->command = argv + i;
    options->n_command = argc - i;
    return PT_OK;
}

static enum pt_status replace(char **text, const char *with, struct pt_error *error)
{
    char *copy = strdup(with);
    if (copy == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    free(*text);
    *text = copy;
    return PT_OK;
}

/* Names on the command line are relative to the working directory. */
static enum pt_status replace_path(char **text, const char *path,
                                   struct pt_error *error)
{
    char folder[PATH_MAX], whole[2 * PATH_MAX];
    if (path[0] == '/')
        return replace(text, path, error);
    if (getcwd(folder, sizeof folder) == NULL)
        return pt_error_sys(error, "cannot find out the working directory");
    if ((size_t)snprintf(whole, sizeof whole, "%s/%s", folder, path) >= sizeof whole)
        return pt_error_set(error, PT_E_LIMIT, "the name %s is too long", path);
    return replace(text, whole, error);
}

void pt_launch_options_clear(struct pt_launch_options *options)
{
    free(options->only);
    free(options->except);
    free(options->targets);
    options->only = options->except = options->targets = NULL;
    options->n_only = options->n_except = options->n_targets = 0;
}

/* What --no-trace prints, and the environment, need a seed that is known now. */
static enum pt_status choose_seed(struct pt_config *config, struct pt_error *error)
{
    if (config->fuzzy.has_seed)
        return PT_OK;
    config->fuzzy.has_seed = true;
    if (getrandom(&config->fuzzy.seed, sizeof config->fuzzy.seed, 0) !=
        (ssize_t)sizeof config->fuzzy.seed)
        return pt_error_sys(error, "no seed from the system's random generator");
    return PT_OK;
}

static enum pt_status apply_seed(const struct pt_launch_options *options,
                                 struct pt_config *config, struct pt_error *error)
{
    struct pt_identity identity;
    enum pt_status status = pt_identity_read(&identity, error);
    if (status != PT_OK)
        return status;
    if (options->has_seed)
        config->fuzzy.seed = options->seed;
    else if (identity.has_seed)
        config->fuzzy.seed = identity.seed;
    else if (config->fuzzy.has_seed && identity.has_run) {
        uint64_t state = config->fuzzy.seed + identity.run_id;
        config->fuzzy.seed = pt_splitmix64(&state);
    }
    config->fuzzy.has_seed |= options->has_seed || identity.has_seed;
    return PT_OK;
}

enum pt_status pt_launch_options_apply(const struct pt_launch_options *options,
                                       struct pt_config *config, struct pt_error *error)
{
    enum pt_status status = apply_seed(options, config, error);
    if (status == PT_OK)
        status = pt_targets_apply(config, options->targets, options->n_targets, error);
    if (status == PT_OK && options->output != NULL)
        status = replace_path(&config->io.trace, options->output, error);
    if (status == PT_OK && options->report_file != NULL)
        status = replace_path(&config->io.report_filename, options->report_file, error);
    if (status == PT_OK && options->compression != NULL)
        status = pt_value_set_option(config, "io.compression", "--compression",
                                     options->compression, error);
    if (status == PT_OK && options->fuzzy_layers != NULL)
        status = pt_value_set_option(config, "fuzzy.layers", "--fuzzy",
                                     options->fuzzy_layers, error);
    if (status == PT_OK && options->fuzzy_mode != NULL)
        status = pt_value_set_option(config, "fuzzy.mode", "--mode",
                                     options->fuzzy_mode, error);
    if (status == PT_OK && options->fuzzy_lapack != NULL)
        status = pt_value_set_option(config, "fuzzy.lapack", "--fuzzy-lapack",
                                     options->fuzzy_lapack, error);
    if (options->blas_limit != 0)
        config->fuzzy.blas_limit = options->blas_limit;
    if (options->precision_binary64 != 0)
        config->fuzzy.precision_binary64 = options->precision_binary64;
    if (options->precision_binary32 != 0)
        config->fuzzy.precision_binary32 = options->precision_binary32;
    if (status == PT_OK)
        status = pt_scope_replace(config, options->only, options->n_only,
                                  options->except, options->n_except, error);
    if (options->cancellation != 0)
        config->fuzzy.cancellation = options->cancellation;
    if (status == PT_OK && options->coverage != NULL)
        status = strcmp(options->coverage, "-") == 0
                     ? replace(&config->fuzzy.coverage, "-", error)
                     : replace_path(&config->fuzzy.coverage, options->coverage, error);
    if (status == PT_OK && options->places != NULL)
        status = replace_path(&config->fuzzy.places, options->places, error);
    if (status == PT_OK &&
        (options->report == PT_REPORT_NO_TRACE || pt_variables_want_seed(config)))
        status = choose_seed(config, error);
    if (status == PT_OK && options->report == PT_REPORT_NO_TRACE &&
        config->fuzzy.layers[0] == '\0')
        status = replace(&config->fuzzy.layers, "all", error);
    return status;
}
