/* pytracer-trace: reads its command line and the configuration, finds the interpreter
 * that would have run the program, and becomes that interpreter, into which the tracer
 * built for its version is preloaded.
 *
 * The tracer needs libc and libm alone, since whatever else it linked would shadow the
 * traced program's own libraries. What needs more is done here, before the exec, and
 * handed over in an unnamed file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "handover.h"
#include "launcher/command.h"
#include "launcher/interpreter.h"
#include "launcher/options.h"
#include "launcher/plan.h"
#include "launcher/preload.h"
#include "launcher/variables.h"
#include "version.h"

/* The configuration in a file without a name that survives exec, read from its start.
 */
static enum pt_status hand_over(const struct pt_config *config, int *descriptor,
                                struct pt_error *error)
{
    int fd = memfd_create("pytracer-configuration", 0);
    if (fd < 0)
        return pt_error_sys(error, "cannot make a file in memory");
    enum pt_status status = pt_handover_write(fd, config, error);
    if (status == PT_OK && lseek(fd, 0, SEEK_SET) != 0)
        status = pt_error_sys(error, "cannot rewind the configuration");
    if (status != PT_OK) {
        close(fd);
        return status;
    }
    *descriptor = fd;
    return PT_OK;
}

/* Becomes the interpreter with the tracer in it; returns only if that fails. See
 * embed/handle.h. */
static enum pt_status start(const struct pt_launch_options *options,
                            const struct pt_interpreter *interpreter,
                            const char *tracer, int descriptor, struct pt_error *error)
{
    char number[16];
    size_t n = (size_t)options->n_command;
    const char **argv = calloc(PT_HANDLE_ARGUMENTS + n + 1, sizeof *argv);
    if (argv == NULL)
        return pt_error_set(error, PT_E_MEMORY, "no memory");
    snprintf(number, sizeof number, "%d", descriptor);
    argv[0] = interpreter->command;
    argv[PT_HANDLE_OPTIONS] = "-ISc";
    argv[PT_HANDLE_WORDS] = PT_HANDLE_REFUSAL;
    argv[PT_HANDLE_VERSION] = PT_VERSION;
    argv[PT_HANDLE_DESCRIPTOR] = number;
    argv[PT_HANDLE_REPORT] = pt_report_name(options->report);
    argv[PT_HANDLE_PYTHON] = interpreter->executable;
    for (size_t i = 0; i < n; i++)
        argv[PT_HANDLE_ARGUMENTS + i] = options->command[i];
    enum pt_status status = pt_preload(tracer, error);
    if (status == PT_OK) {
        execv(interpreter->program, (char **)argv); /* which does not write to them */
        status = pt_error_sys(error, "cannot start %s", interpreter->program);
    }
    free(argv);
    return status;
}

/* What one needs to repeat a run that leaves no trace. */
static void announce(const struct pt_launch_options *options,
                     const struct pt_config *config)
{
    if (options->report == PT_REPORT_NO_TRACE && !options->quiet)
        fprintf(stderr, "pytracer: stochastic arithmetic %s (%s), seed %llu\n",
                config->fuzzy.mode, config->fuzzy.layers,
                (unsigned long long)config->fuzzy.seed);
}

static enum pt_status launch(const struct pt_launch_options *options,
                             struct pt_error *error)
{
    struct pt_command command = pt_command_find(options->n_command, options->command);
    struct pt_config *config = NULL;
    struct pt_interpreter interpreter;
    char tracer[PATH_MAX];
    int descriptor = -1;

    enum pt_status status = pt_command_check(&command, error);
    if (status == PT_OK)
        status = pt_config_load(options->config, &config, error);
    if (status == PT_OK)
        status = pt_launch_options_apply(options, config, error);
    if (status == PT_OK)
        status = pt_interpreter_find(options->python, &interpreter, error);
    if (status == PT_OK)
        status = pt_interpreter_tracer(&interpreter, tracer, error);
    if (status == PT_OK && options->dry_run)
        status = pt_plan_print(options, config, &command, &interpreter, tracer, error);
    else if (status == PT_OK) {
        announce(options, config);
        status = pt_variables_apply(config, error);
        if (status == PT_OK)
            status = hand_over(config, &descriptor, error);
        if (status == PT_OK)
            status = start(options, &interpreter, tracer, descriptor, error);
    }
    pt_config_destroy(config);
    return status;
}

int main(int argc, char **argv)
{
    struct pt_launch_options options;
    struct pt_error error = {0};
    enum pt_status status = pt_launch_options_parse(argc, argv, &options, &error);

    if (status == PT_OK && options.help)
        fputs(pt_launch_usage, stdout);
    else if (status == PT_OK && options.version)
        pt_version_print(stdout, "pytracer-trace");
    else if (status == PT_OK)
        status = launch(&options, &error);
    pt_launch_options_clear(&options);
    if (status == PT_OK)
        return fflush(stdout) == 0 ? 0 : 1;
    fprintf(stderr, "pytracer-trace: %s\n", error.text);
    /* 2 as python's own, for a script that is not there and for a wrong command line.
     */
    return status == PT_E_USAGE || error.sys == ENOENT ? 2 : 1;
}
