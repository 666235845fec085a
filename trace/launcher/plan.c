#include "launcher/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher/identity.h"

static void print_strings(const char *label, const struct pt_strings *strings)
{
    printf("%-14s", label);
    for (size_t i = 0; i < strings->n; i++)
        printf("%s%s", i > 0 ? " " : "", strings->items[i]);
    puts(strings->n == 0 ? "(none)" : "");
}

static void print_patterns(const char *label, const struct pt_patterns *patterns,
                           const char *none)
{
    if (patterns->n == 0)
        printf("%-14s%s\n", label, none);
    for (size_t i = 0; i < patterns->n; i++)
        printf("%-14s%s %s\n", i == 0 ? label : "", patterns->items[i].module,
               patterns->items[i].function);
}

static void print_command(const struct pt_command *command)
{
    static const char *const kinds[] = {"script", "module", "code", "stdin"};
    const char *target = command->target != NULL ? command->target : "";
    size_t line = strcspn(target, "\n");
    printf("%-14s%s %.*s%s\n", "program", kinds[command->kind], (int)line, target,
           target[line] != '\0' ? " …" : "");
}

/* Where the trace goes: as asked, or the cache's folder and the form of the name. */
static enum pt_status print_output(const struct pt_config *config,
                                   struct pt_error *error)
{
    struct pt_identity identity;
    char name[PT_CACHE_ID];
    char *folder = pt_config_cache_folder(config, "traces");
    enum pt_status status = pt_identity_read(&identity, error);

    if (status == PT_OK && folder == NULL)
        status = pt_error_set(error, PT_E_MEMORY, "no memory");
    if (status == PT_OK) {
        pt_cache_id_format(&identity.name, name);
        if (config->io.trace != NULL && strchr(config->io.trace, '/') != NULL)
            printf("%-14s%s\n", "trace", config->io.trace);
        else
            printf("%-14s%s/%s%s\n", "trace", folder,
                   config->io.trace != NULL ? config->io.trace : name,
                   config->io.trace != NULL ? "" : PT_TRACE_SUFFIX);
    }
    free(folder);
    return status;
}

enum pt_status pt_plan_print(const struct pt_launch_options *options,
                             const struct pt_config *config,
                             const struct pt_command *command,
                             const struct pt_interpreter *interpreter,
                             const char *tracer, struct pt_error *error)
{
    print_command(command);
    printf("%-14s%s (%s)\n", "interpreter", interpreter->executable,
           interpreter->release);
    printf("%-14s%s\n", "tracer", tracer);
    printf("%-14s%s\n", "configuration",
           config->file != NULL ? config->file : "(built-in)");
    print_strings("modules", &config->modules_to_load);
    print_strings("excluded", &config->modules_to_exclude);
    print_patterns("include", &config->include, "(everything in the modules)");
    print_patterns("exclude", &config->exclude, "(nothing)");
    printf("%-14s%s\n", "ufuncs", config->numpy.ufunc ? "yes" : "no");
    const char *layers = config->fuzzy.layers;
    printf("%-14s%s\n", "fuzzy", layers != NULL && layers[0] != '\0' ? layers : "off");
    printf("%-14s%s\n", "report", pt_report_name(options->report));
    enum pt_status status = PT_OK;
    if (options->report == PT_REPORT_OFF || options->report == PT_REPORT_ON)
        status = print_output(config, error);
    if (status == PT_OK && fflush(stdout) != 0)
        status = pt_error_sys(error, "cannot write to standard output");
    return status;
}
