#include "submit/scripts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "front/programs.h"
#include "front/words.h"

#define EMBED(symbol, file)                                                            \
    __asm__(".section .rodata\n"                                                       \
            ".global " #symbol "\n"                                                    \
            ".hidden " #symbol "\n" #symbol ":\n"                                      \
            ".incbin \"" PT_JOBS_FOLDER "/" file "\"\n"                                \
            ".byte 0\n"                                                                \
            ".previous\n")

EMBED(pt_template_trace, "trace.sbatch");
EMBED(pt_template_parse, "parse.sbatch");

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory for the batch scripts");
}

/* One #SBATCH line, where the user chose a value. */
static void resource(FILE *out, const char *name, const char *value)
{
    if (value)
        fprintf(out, "#SBATCH --%s=%s\n", name, value);
}

static void common_resources(FILE *out, const struct pt_run_options *o)
{
    resource(out, "partition", o->partition);
    resource(out, "account", o->account);
    resource(out, "qos", o->qos);
    resource(out, "constraint", o->constraint);
    resource(out, "mem", o->mem);
}

static void trace_resources(FILE *out, const struct pt_experiment *e,
                            const struct pt_run_options *o)
{
    fprintf(out,
            "#SBATCH --job-name=pytracer-trace\n#SBATCH --ntasks=1\n"
            "#SBATCH --cpus-per-task=%u\n#SBATCH --output=logs/slurm-%%A_%%a.log\n",
            e->threads);
    resource(out, "time", o->time ? o->time : "01:00:00");
    common_resources(out, o);
}

static void parse_resources(FILE *out, const struct pt_run_options *o)
{
    uint64_t nodes = o->nodes ? o->nodes : 1;
    uint64_t ranks = o->ranks ? o->ranks : 2 * nodes;

    fprintf(out,
            "#SBATCH --job-name=pytracer-parse\n#SBATCH --nodes=%" PRIu64
            "\n#SBATCH --ntasks=%" PRIu64 "\n#SBATCH --ntasks-per-node=%" PRIu64
            "\n#SBATCH --cpus-per-task=1\n#SBATCH --output=logs/slurm-parse-%%j.log\n",
            nodes, ranks, (ranks + nodes - 1) / nodes);
    resource(out, "time", o->parse_time ? o->parse_time : "01:00:00");
    common_resources(out, o);
}

static void setting(FILE *out, const char *name, size_t n, char *const *words,
                    bool list)
{
    char *text = n ? pt_words_command(n, words) : NULL;

    fprintf(out, list ? "%s=(%s)\n" : "%s=%s\n", name, text ? text : "");
    free(text);
}

static void trace_settings(FILE *out, const struct pt_experiment *e,
                           const struct pt_run_options *o, char *trace)
{
    char *python[] = {(char *)"--python", e->python};
    char *stage = (char *)o->stage;

    fputs("EXPERIMENT=${SLURM_SUBMIT_DIR:-$PWD} # submitted from its own folder\n",
          out);
    setting(out, "ID", 1, &e->id, false);
    setting(out, "DIRECTORY", 1, &e->directory, false);
    setting(out, "PROGRAM", e->n_command, e->command, true);
    setting(out, "OPTIONS", e->python ? 2 : 0, python, true);
    setting(out, "TRACE", 1, &trace, false);
    fprintf(out, "THREADS=%u\nSEED=0 # of seeds.txt\n", e->threads);
    setting(out, "STAGE", o->stage ? 1 : 0, &stage, false);
}

static void parse_settings(FILE *out, const struct pt_experiment *e,
                           const struct pt_run_options *o, char *parse)
{
    char *method[] = {(char *)"--method", (char *)o->method};

    fputs("EXPERIMENT=${SLURM_SUBMIT_DIR:-$PWD} # submitted from its own folder\n",
          out);
    setting(out, "PARSE", 1, &parse, false);
    setting(out, "OPTIONS", o->method ? 2 : 0, method, true);
    fprintf(out, "RUNS=%zu\nREFERENCE=%s\n", e->n_runs,
            e->extra[PT_PLACE_REFERENCE].wanted ? "yes" : "");
}

/* Copies the template up to and with the line "# >>> <mark>", and goes on behind the
 * line "# <<< <mark>" (which it leaves for the next call). NULL: no such marks. */
static const char *copy_to_mark(FILE *out, const char *from, const char *mark)
{
    char open[40], close[40];
    const char *start, *end;

    snprintf(open, sizeof open, "# >>> %s\n", mark);
    snprintf(close, sizeof close, "# <<< %s\n", mark);
    start = strstr(from, open);
    end = start ? strstr(start, close) : NULL;
    if (end == NULL)
        return NULL;
    fwrite(from, 1, (size_t)(start - from) + strlen(open), out);
    return end;
}

enum which { TRACE, PARSE };

static char *fill(const struct pt_experiment *e, const struct pt_run_options *o,
                  enum which which, char *program)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    const char *at = which == TRACE ? pt_template_trace : pt_template_parse;

    if (out == NULL)
        return NULL;
    at = copy_to_mark(out, at, "resources");
    if (which == TRACE)
        trace_resources(out, e, o);
    else
        parse_resources(out, o);
    at = at ? copy_to_mark(out, at, "settings") : NULL;
    if (which == TRACE)
        trace_settings(out, e, o, program);
    else
        parse_settings(out, e, o, program);
    fputs(at ? at : "", out);
    bool bad = ferror(out) || at == NULL;
    if (fclose(out) != 0 || bad) {
        free(text);
        return NULL;
    }
    return text;
}

enum pt_status pt_submit_scripts(const struct pt_experiment *experiment,
                                 const struct pt_run_options *options, char **trace,
                                 char **parse, struct pt_error *error)
{
    char *tracer = NULL, *parser = NULL;
    enum pt_status status = pt_program_find("pytracer-trace", &tracer, error);

    *trace = *parse = NULL;
    if (status == PT_OK)
        status = pt_program_find("pytracer-parse", &parser, error);
    if (status == PT_OK) {
        *trace = fill(experiment, options, TRACE, tracer);
        *parse = fill(experiment, options, PARSE, parser);
        if (*trace == NULL || *parse == NULL)
            status = no_memory(error);
    }
    free(tracer);
    free(parser);
    return status;
}

static enum pt_status write_one(const struct pt_experiment *e, const char *name,
                                const char *text, struct pt_error *error)
{
    char *path = pt_experiment_path(e, "%s", name);
    enum pt_status status =
        path ? pt_file_write(path, text, strlen(text), error) : no_memory(error);

    free(path);
    return status;
}

enum pt_status pt_submit_scripts_write(const struct pt_experiment *experiment,
                                       const char *trace, const char *parse,
                                       struct pt_error *error)
{
    char *seeds = calloc(experiment->n_runs, 24), *at = seeds;
    enum pt_status status = write_one(experiment, "trace.sbatch", trace, error);

    if (status == PT_OK)
        status = write_one(experiment, "parse.sbatch", parse, error);
    if (status == PT_OK && seeds == NULL)
        status = no_memory(error);
    for (size_t i = 0; status == PT_OK && i < experiment->n_runs; i++)
        at += sprintf(at, "%" PRIu64 "\n", experiment->runs[i].seed);
    if (status == PT_OK)
        status = write_one(experiment, "seeds.txt", seeds, error);
    free(seeds);
    return status;
}
