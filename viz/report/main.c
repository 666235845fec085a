/* pytracer-report: a result as one file to read or to send. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "report/report.h"
#include "version.h"

static const char usage[] =
    "usage: pytracer report F [-o OUT] [--format html|markdown|csv]\n"
    "\n"
    "Writes what a result (a file that pytracer parse made) says, for those who have "
    "no\n"
    "pytracer: functions by the digits they lose, what these are counted against, the\n"
    "worst values, sums that cancel, divisions by values without a digit, where runs\n"
    "part, what was not observed. One self-contained page, Markdown, or a CSV table "
    "of\n"
    "all functions.\n"
    "\n"
    "  -o, --output OUT   file to write; - is the standard output, the default\n"
    "  --format FORMAT    html, markdown or csv (by OUT's ending, else html)\n"
    "  -h, --help, --version\n";

struct options {
    const char *filename, *output, *format;
    bool help, version;
};

typedef void write_report(const struct pt_report *report, struct pt_buffer *out);

static enum pt_status parse(int argc, char **argv, struct options *o,
                            struct pt_error *error)
{
    static const struct option long_options[] = {
        {"output", required_argument, NULL, 'o'},
        {"format", required_argument, NULL, 'f'},
        {"filename", required_argument, NULL, 'F'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    int id = 0;

    opterr = 0;
    while ((id = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
        if (id == 'o')
            o->output = optarg;
        else if (id == 'f')
            o->format = optarg;
        else if (id == 'F')
            o->filename = optarg;
        else if (id == 'h')
            o->help = true;
        else if (id == 'V')
            o->version = true;
        else
            return pt_error_set(error, PT_E_USAGE, "%s '%s' (try --help)",
                                id == ':' ? "a value is missing after"
                                          : "unknown option",
                                argv[optind - 1]);
    }
    if (optind < argc && !o->filename)
        o->filename = argv[optind++];
    if (optind < argc)
        return pt_error_set(error, PT_E_USAGE, "one result at a time; what is '%s'?",
                            argv[optind]);
    if (!o->filename && !o->help && !o->version)
        return pt_error_set(error, PT_E_USAGE, "name a result: pytracer report F");
    return PT_OK;
}

static enum pt_status choose(const struct options *o, write_report **writer,
                             struct pt_error *error)
{
    static const struct {
        const char *name, *ending;
        write_report *writer;
    } formats[] = {
        {"html", ".html", pt_report_html},
        {"html", ".htm", pt_report_html},
        {"markdown", ".md", pt_report_markdown},
        {"csv", ".csv", pt_report_csv},
    };
    const char *dot = o->output ? strrchr(o->output, '.') : NULL;

    *writer = o->format ? NULL : pt_report_html;
    for (size_t i = 0; i < PT_ARRAY_LENGTH(formats); i++)
        if (o->format ? strcasecmp(o->format, formats[i].name) == 0
                      : dot && strcasecmp(dot, formats[i].ending) == 0)
            *writer = formats[i].writer;
    if (!*writer)
        return pt_error_set(error, PT_E_USAGE,
                            "--format is html, markdown or csv, not '%s'", o->format);
    return PT_OK;
}

static enum pt_status put(const struct pt_buffer *out, const char *path,
                          struct pt_error *error)
{
    if (path && strcmp(path, "-") != 0)
        return pt_file_write(path, out->data, out->n, error);
    if (fwrite(out->data, 1, out->n, stdout) != out->n || fflush(stdout) != 0)
        return pt_error_sys(error, "cannot write the report");
    return PT_OK;
}

static enum pt_status report_on(const struct options *o, struct pt_error *error)
{
    struct pt_viz_options files = {.filenames = {o->filename}, .n_filenames = 1};
    const struct pt_viz_result *result = NULL;
    struct pt_viz_results *results = NULL;
    struct pt_report *report = NULL;
    struct pt_buffer out = {0};
    write_report *writer = NULL;

    enum pt_status status = choose(o, &writer, error);
    if (status == PT_OK)
        status = pt_viz_results_create(&files, &results, error);
    if (status == PT_OK)
        status = pt_viz_results_get(results, NULL, &result, error);
    if (status == PT_OK)
        status = pt_report_collect(result, &report, error);
    if (status == PT_OK) {
        writer(report, &out);
        if (out.failed)
            status = pt_error_set(error, PT_E_MEMORY, "no memory for the report");
        else
            status = put(&out, o->output, error);
    }
    pt_buffer_destroy(&out);
    pt_report_destroy(report);
    pt_viz_results_destroy(results);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct pt_error error = {.text = ""};

    enum pt_status status = parse(argc, argv, &options, &error);
    if (status == PT_OK && options.help)
        fputs(usage, stdout);
    else if (status == PT_OK && options.version)
        pt_version_print(stdout, "pytracer-report");
    else if (status == PT_OK)
        status = report_on(&options, &error);
    if (status != PT_OK)
        fprintf(stderr, "pytracer-report: %s\n", error.text);
    return status == PT_OK ? 0 : status == PT_E_USAGE ? 2 : 1;
}
