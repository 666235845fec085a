#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char pt_viz_usage[] =
    "usage: pytracer-viz [--filename F]... [--directory D] [options]\n"
    "\n"
    "Shows results of pytracer-parse in a browser.\n"
    "\n"
    "  --filename F       result to show; given twice, the two can be compared\n"
    "  --directory D      folder whose results (*.h5) are listed; F is also looked "
    "for\n"
    "                     there. Without F and D: those in the cache\n"
    "  --host H           address to listen on (127.0.0.1)\n"
    "  --port P           port; 0 picks one. Without it: 8050 or the next free one\n"
    "  --socket PATH      listen on a Unix socket (mode 0600) instead\n"
    "  --no-token         let everyone in who reaches the address\n"
    "  --threaded [T]     answer requests in parallel, yes or no (yes)\n"
    "  --idle-timeout S   end after S seconds without a request\n"
    "  --callgraph C      accepted, and not needed: a result holds its call graph\n"
    "  --debug            one line on stderr for each request\n"
    "  --help, --version\n";

enum option_id {
    O_FILENAME = 256,
    O_DIRECTORY,
    O_HOST,
    O_PORT,
    O_SOCKET,
    O_NO_TOKEN,
    O_THREADED,
    O_IDLE,
    O_CALLGRAPH,
    O_DEBUG,
    O_HELP,
    O_VERSION
};

static const struct option long_options[] = {
    {"filename", required_argument, NULL, O_FILENAME},
    {"directory", required_argument, NULL, O_DIRECTORY},
    {"host", required_argument, NULL, O_HOST},
    {"port", required_argument, NULL, O_PORT},
    {"socket", required_argument, NULL, O_SOCKET},
    {"no-token", no_argument, NULL, O_NO_TOKEN},
    {"threaded", optional_argument, NULL, O_THREADED},
    {"idle-timeout", required_argument, NULL, O_IDLE},
    {"callgraph", required_argument, NULL, O_CALLGRAPH},
    {"debug", no_argument, NULL, O_DEBUG},
    {"help", no_argument, NULL, O_HELP},
    {"version", no_argument, NULL, O_VERSION},
    {NULL, 0, NULL, 0},
};

static enum pt_status parse_number(const char *name, const char *text, long max,
                                   long *value, struct pt_error *error)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno || end == text || *end || number < 0 || number > max)
        return pt_error_set(error, PT_E_USAGE,
                            "%s takes a number from 0 to %ld, not '%s'", name, max,
                            text);
    *value = number;
    return PT_OK;
}

/* Empty, as the original has it, and the usual words. */
static enum pt_status parse_yes(const char *text, bool *yes, struct pt_error *error)
{
    static const char *const true_words[] = {"", "yes", "true", "1", "on", "y", "t"};
    static const char *const false_words[] = {"no", "false", "0", "off", "n", "f"};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(true_words); i++)
        if (strcasecmp(text, true_words[i]) == 0) {
            *yes = true;
            return PT_OK;
        }
    for (size_t i = 0; i < PT_ARRAY_LENGTH(false_words); i++)
        if (strcasecmp(text, false_words[i]) == 0) {
            *yes = false;
            return PT_OK;
        }
    return pt_error_set(error, PT_E_USAGE, "--threaded takes yes or no, not '%s'",
                        text);
}

static enum pt_status take(int id, const char *value, struct pt_viz_options *o,
                           struct pt_error *error)
{
    enum pt_status status = PT_OK;
    long number = 0;

    switch (id) {
    case O_FILENAME:
        if (o->n_filenames == PT_VIZ_MAX_FILES)
            return pt_error_set(error, PT_E_USAGE, "at most %d --filename",
                                PT_VIZ_MAX_FILES);
        o->filenames[o->n_filenames++] = value;
        break;
    case O_DIRECTORY:
        o->directory = value;
        break;
    case O_HOST:
        o->host = value;
        break;
    case O_PORT:
        status = parse_number("--port", value, 65535, &number, error);
        o->port = (int)number;
        break;
    case O_SOCKET:
        o->socket = value;
        break;
    case O_NO_TOKEN:
        o->no_token = true;
        break;
    case O_THREADED:
        status = parse_yes(value, &o->threaded, error);
        break;
    case O_IDLE:
        status = parse_number("--idle-timeout", value, 31536000, &number, error);
        o->idle_seconds = (unsigned)number;
        break;
    case O_CALLGRAPH:
        o->callgraph = value;
        break;
    case O_DEBUG:
        o->debug = true;
        break;
    case O_HELP:
        o->help = true;
        break;
    case O_VERSION:
        o->version = true;
        break;
    }
    return status;
}

enum pt_status pt_viz_options_parse(int argc, char **argv,
                                    struct pt_viz_options *options,
                                    struct pt_error *error)
{
    enum pt_status status = PT_OK;
    int id = 0;

    *options =
        (struct pt_viz_options){.host = "127.0.0.1", .port = -1, .threaded = true};
    opterr = 0;
    optind = 1;
    while (status == PT_OK &&
           (id = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (id == '?')
            return pt_error_set(error, PT_E_USAGE, "unknown option '%s' (try --help)",
                                argv[optind - 1]);
        if (id == ':')
            return pt_error_set(error, PT_E_USAGE, "%s needs a value (try --help)",
                                argv[optind - 1]);
        const char *value = optarg;
        /* "--threaded no": the value may also stand apart. */
        if (id == O_THREADED && !value)
            value = optind < argc && argv[optind][0] != '-' ? argv[optind++] : "";
        status = take(id, value, options, error);
    }
    if (status == PT_OK && optind < argc)
        status = pt_error_set(error, PT_E_USAGE,
                              "unexpected argument '%s': name a result with --filename",
                              argv[optind]);
    if (status == PT_OK && options->socket && options->port >= 0)
        status =
            pt_error_set(error, PT_E_USAGE, "--socket and --port exclude each other");
    return status;
}
