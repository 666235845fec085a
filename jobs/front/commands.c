#include "front/commands.h"

#include <string.h>

#include "base/status.h"

static const struct pt_front_command commands[] = {
    {"run", "run a program N times, aggregate, rank its functions", NULL, pt_front_run,
     pt_help_run},
    {"localize", "which functions and lines cost the result its digits", NULL,
     pt_front_localize, pt_help_localize},
    {"submit", "the same as jobs of SLURM", NULL, pt_front_submit, pt_help_submit},
    {"status", "how far an experiment is", NULL, pt_front_status, pt_help_status},
    {"trace", "run a Python program once and trace it", "pytracer-trace", NULL, NULL},
    {"fuzz", "run it once under stochastic arithmetic, without a trace", NULL,
     pt_front_fuzz, pt_help_fuzz},
    {"parse", "aggregate traces into one result file", "pytracer-parse", NULL, NULL},
    {"visualize", "look at a result file in the browser", "pytracer-viz", NULL, NULL},
    {"report", "a result as a page, Markdown or a table", "pytracer-report", NULL,
     NULL},
    {"info", "list traces and results, or describe one", NULL, pt_front_info,
     pt_help_info},
    {"clean", "remove the cache", NULL, pt_front_clean, pt_help_clean},
    {"check", "check a result against thresholds", NULL, pt_front_check, pt_help_check},
    {"diff", "compare two results", NULL, pt_front_diff, pt_help_diff},
    {"export", "write a result as CSV, JSON or Perfetto trace", NULL, pt_front_export,
     pt_help_export},
    {"config", "the configuration in force", NULL, pt_front_config, pt_help_config},
    {"doctor", "what works here, what does not, what to do", NULL, pt_front_doctor,
     pt_help_doctor},
    {"help", "explain a command", NULL, pt_front_help, pt_help_help},
};

const struct pt_front_command *pt_front_commands(size_t *n)
{
    *n = PT_ARRAY_LENGTH(commands);
    return commands;
}

const struct pt_front_command *pt_front_find(const char *name)
{
    for (size_t i = 0; i < PT_ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}
