#include "parse/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "team/array.h"

enum option_code {
    OPT_FILENAME = 256,
    OPT_DIRECTORY,
    OPT_OUTPUT,
    OPT_FORMAT,
    OPT_BATCH,
    OPT_METHOD,
    OPT_ALIGNMENT,
    OPT_ERROR,
    OPT_ONLINE,
    OPT_PROBABILITY,
    OPT_CONTRIBUTING,
    OPT_CONFIDENCE,
    OPT_DDOF,
    OPT_CONFIG,
    OPT_HINTS,
    OPT_REFERENCE,
    OPT_APPEND,
    OPT_COMPAT,
    OPT_EXTREMES,
    OPT_DIGITS_CONTRIBUTING,
    OPT_MERGEABLE,
    OPT_STRICT,
    OPT_FORCE,
    OPT_THREADS,
    OPT_MEMORY,
    OPT_SCRATCH,
    OPT_SHARE,
    OPT_TRAFFIC,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION
};

static const struct option long_options[] = {
    {"filename", required_argument, NULL, OPT_FILENAME},
    {"directory", required_argument, NULL, OPT_DIRECTORY},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"batch-size", required_argument, NULL, OPT_BATCH},
    {"method", required_argument, NULL, OPT_METHOD},
    {"alignment", required_argument, NULL, OPT_ALIGNMENT},
    {"error", required_argument, NULL, OPT_ERROR},
    {"online", no_argument, NULL, OPT_ONLINE},
    {"probability", required_argument, NULL, OPT_PROBABILITY},
    {"contributing-probability", required_argument, NULL, OPT_CONTRIBUTING},
    {"confidence", required_argument, NULL, OPT_CONFIDENCE},
    {"ddof", required_argument, NULL, OPT_DDOF},
    {"config", required_argument, NULL, OPT_CONFIG},
    {"hints", required_argument, NULL, OPT_HINTS},
    {"reference", required_argument, NULL, OPT_REFERENCE},
    {"append", required_argument, NULL, OPT_APPEND},
    {"compat", no_argument, NULL, OPT_COMPAT},
    {"extremes", no_argument, NULL, OPT_EXTREMES},
    {"contributing", no_argument, NULL, OPT_DIGITS_CONTRIBUTING},
    {"mergeable", no_argument, NULL, OPT_MERGEABLE},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"force", no_argument, NULL, OPT_FORCE},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"scratch", required_argument, NULL, OPT_SCRATCH},
    {"least-share", required_argument, NULL, OPT_SHARE},
    {"traffic", no_argument, NULL, OPT_TRAFFIC},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0}};

void pt_parse_help(FILE *out)
{
    fputs(
        "usage: pytracer parse [--filename FILE … | --directory DIR] [options]\n"
        "       mpirun -n K pytracer-parse …\n"
        "\n"
        "Joins the traces of all runs into one HDF5 file, and prints the functions "
        "that\n"
        "lose the most significant digits. Without --filename or --directory it reads\n"
        "the folder `traces` of the cache.\n"
        "\n"
        "  --filename FILE …       these traces\n"
        "  --directory DIR         all traces of a folder, or of a cache\n"
        "  --output FILE           the result (default: stats.<id>.h5 in the cache)\n"
        "  --force                 replace a result that is there\n"
        "  --strict                refuse where a trace would be left out\n"
        "  --format auto|native|pickle\n"
        "                          format of the traces: ours, the pickles of Pytracer "
        "1,\n"
        "                          or as each file's content says (auto)\n"
        "  --method cnh|general    how digits are counted (cnh)\n"
        "  --error relative|absolute\n"
        "                          which error they are counted of (relative)\n"
        "  --alignment strict|callsite|lcs\n"
        "                          which call of one run is which of another: up to "
        "the\n"
        "                          first difference, by occurrence, or by longest "
        "common\n"
        "                          subsequence (lcs)\n"
        "  --reference FILE        trace of a run without noise, or the folder of its "
        "traces:\n"
        "                          digits are counted of the error against it, not "
        "against\n"
        "                          the mean\n"
        "  --probability P         of a digit being significant (0.95)\n"
        "  --contributing-probability P\n"
        "                          of a digit being contributing (0.51)\n"
        "  --confidence C          of the estimate (0.95)\n"
        "  --ddof D                divisor n − D of the variance (0)\n"
        "  --compat                elements' digits as the Python package "
        "significantdigits\n"
        "                          0.5 gives them\n"
        "  --extremes              store also each element's least and greatest "
        "sample, "
        "and\n"
        "                          the numbers of samples, NaN and Inf\n"
        "  --contributing          store also each element's contributing digits\n"
        "  --mergeable             store what --append needs to add runs later\n"
        "  --append FILE           add the runs to this result, which is replaced when "
        "all\n"
        "                          is done; the traces it was made of are not read, "
        "and "
        "the\n"
        "                          options have to be those it was made with\n"
        "  --batch-size B          elements in memory at a time, per run (1048576)\n"
        "  --online                small batches: the least memory\n"
        "  --threads T             OpenMP threads of each rank\n"
        "  --memory M              MiB of each rank for what grows with the calls; "
        "what "
        "is\n"
        "                          beyond goes to files (96)\n"
        "  --scratch DIR           where those files are ($TMPDIR, else the result's "
        "folder)\n"
        "  --least-share M         MiB that a rank has to read of each trace, on "
        "average, "
        "to\n"
        "                          be given values: more ranks than that help with the "
        "rest\n"
        "                          only (16)\n"
        "  --traffic               print what each phase opens, reads and sends\n"
        "  --hints KEY=VALUE,…     for MPI-IO (striping and the like)\n"
        "  --config FILE           configuration (default: $PYTRACER_CONFIG)\n"
        "  --quiet                 warnings and errors only\n"
        "  --help, --version\n",
        out);
}

static enum pt_status add_file(struct pt_parse_options *options, char *file,
                               struct pt_error *error)
{
    char **files = realloc(options->files, (options->n_files + 1) * sizeof(char *));
    if (!files)
        return pt_no_memory(error, "the options");
    options->files = files;
    files[options->n_files++] = file;
    return PT_OK;
}

static enum pt_status read_number(const char *name, const char *text, uint64_t least,
                                  uint64_t most, uint64_t *number,
                                  struct pt_error *error)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || *number < least ||
        *number > most)
        return pt_error_set(error, PT_E_USAGE,
                            "--%s %s: give a whole number from %llu to %llu", name,
                            text, (unsigned long long)least, (unsigned long long)most);
    return PT_OK;
}

static enum pt_status read_real(const char *name, const char *text, double *number,
                                struct pt_error *error)
{
    char *end;
    *number = strtod(text, &end);
    if (end == text || *end)
        return pt_error_set(error, PT_E_USAGE, "--%s %s: give a number", name, text);
    return PT_OK;
}

static enum pt_status read_format(const char *text, enum pt_catalogue_format *format,
                                  struct pt_error *error)
{
    static const char *const names[] = {[PT_FORMAT_AUTO] = "auto",
                                        [PT_FORMAT_NATIVE] = "native",
                                        [PT_FORMAT_PICKLE] = "pickle"};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(names); i++)
        if (strcmp(text, names[i]) == 0) {
            *format = (enum pt_catalogue_format)i;
            return PT_OK;
        }
    return pt_error_set(error, PT_E_USAGE, "--format %s: give auto, native or pickle",
                        text);
}

static enum pt_status read_statistics(int code, const char *name, const char *text,
                                      struct pt_stat_options *statistics,
                                      struct pt_error *error)
{
    uint64_t number = 0;
    enum pt_status status = PT_OK;
    switch (code) {
    case OPT_METHOD:
        return pt_stat_method_parse(text, &statistics->method, error);
    case OPT_ERROR:
        return pt_stat_error_parse(text, &statistics->error, error);
    case OPT_PROBABILITY:
        return read_real(name, text, &statistics->probability, error);
    case OPT_CONTRIBUTING:
        return read_real(name, text, &statistics->contributing_probability, error);
    case OPT_CONFIDENCE:
        return read_real(name, text, &statistics->confidence, error);
    default:
        status = read_number(name, text, 0, 1, &number, error);
        statistics->ddof = (unsigned)number;
        return status;
    }
}

static enum pt_status read_one(int code, const char *name, char *text,
                               struct pt_parse_options *options, struct pt_error *error)
{
    uint64_t number = 0;
    enum pt_status status = PT_OK;
    switch (code) {
    case OPT_FILENAME:
        return add_file(options, text, error);
    case OPT_DIRECTORY:
        options->directory = text;
        break;
    case OPT_OUTPUT:
        options->output = text;
        options->has_output = true;
        break;
    case OPT_FORMAT:
        return read_format(text, &options->format, error);
    case OPT_BATCH:
        return read_number(name, text, 1, (uint64_t)1 << 32, &options->batch, error);
    case OPT_ALIGNMENT:
        return pt_alignment_parse(text, &options->alignment, error);
    case OPT_ONLINE:
        options->online = true;
        break;
    case OPT_CONFIG:
        options->config = text;
        break;
    case OPT_HINTS:
        options->hints = text;
        break;
    case OPT_REFERENCE:
        options->reference = text;
        options->statistics.external = true;
        break;
    case OPT_APPEND:
        options->append = options->output = text;
        options->extra.mergeable = options->force = true;
        break;
    case OPT_COMPAT:
        options->statistics.compat = true;
        break;
    case OPT_EXTREMES:
        options->extra.extremes = true;
        break;
    case OPT_DIGITS_CONTRIBUTING:
        options->extra.contributing = true;
        break;
    case OPT_MERGEABLE:
        options->extra.mergeable = true;
        break;
    case OPT_STRICT:
        options->strict = true;
        break;
    case OPT_FORCE:
        options->force = true;
        break;
    case OPT_THREADS:
        status = read_number(name, text, 1, 4096, &number, error);
        options->threads = (unsigned)number;
        break;
    case OPT_MEMORY:
        return read_number(name, text, 0, (uint64_t)1 << 40, &options->memory_mib,
                           error);
    case OPT_SHARE:
        return read_number(name, text, 0, (uint64_t)1 << 40, &options->least_share_mib,
                           error);
    case OPT_TRAFFIC:
        options->traffic = true;
        break;
    case OPT_SCRATCH:
        options->scratch = text;
        break;
    case OPT_QUIET:
        options->quiet = true;
        break;
    case OPT_HELP:
        options->help = true;
        break;
    case OPT_VERSION:
        options->version = true;
        break;
    default:
        return read_statistics(code, name, text, &options->statistics, error);
    }
    return status;
}

enum pt_status pt_parse_options_read(int argc, char **argv,
                                     struct pt_parse_options *options,
                                     struct pt_error *error)
{
    enum pt_status status = PT_OK;
    int code, index = 0;
    *options = (struct pt_parse_options){.batch = 1 << 20,
                                         .memory_mib = 96,
                                         .least_share_mib = 16,
                                         .alignment = PT_ALIGN_LCS,
                                         .statistics = pt_stat_options_default()};
    opterr = 0;
    optind = 1;
    while (!status &&
           (code = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
        if (code == ':')
            status = pt_error_set(error, PT_E_USAGE, "%s needs a value (see --help)",
                                  argv[optind - 1]);
        else if (code == '?')
            status = pt_error_set(error, PT_E_USAGE, "no option %s (see --help)",
                                  argv[optind - 1]);
        else
            status = read_one(code, long_options[index].name, optarg, options, error);
    }
    /* `--filename a b c`: what the shell made of a wildcard. */
    if (!status && optind < argc && !options->n_files)
        status = pt_error_set(error, PT_E_USAGE, "%s: give traces with --filename",
                              argv[optind]);
    for (; !status && optind < argc; optind++)
        status = add_file(options, argv[optind], error);
    if (!status && options->n_files && options->directory)
        status = pt_error_set(error, PT_E_USAGE,
                              "--filename and --directory exclude each other");
    if (!status && options->append && options->has_output)
        status =
            pt_error_set(error, PT_E_USAGE, "--append and --output exclude each other");
    if (!status && options->extra.mergeable &&
        (options->statistics.compat || options->statistics.external))
        status = pt_error_set(error, PT_E_USAGE,
                              "--%s: not with %s, whose digits cannot be merged",
                              options->append ? "append" : "mergeable",
                              options->statistics.compat ? "--compat" : "--reference");
    if (!status)
        status = pt_stat_options_check(&options->statistics, error);
    return status;
}

void pt_parse_options_free(struct pt_parse_options *options)
{
    free(options->files);
    options->files = NULL;
}
