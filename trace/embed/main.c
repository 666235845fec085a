/* The tracer of one Python version: an interpreter that behaves as `python` does on the
 * command line it is handed (embed/handle.h), with the interception in place before the
 * program's first line.
 *
 *   handle      command line and configuration, from the launcher
 *   stack       the interpreter's thread
 *   python      start-up as `python` does it
 *   modules     are the configured modules there?
 *   session     the trace, from open to seal      (metadata, sources, report)
 *   endings     every way out leads to the seal   (termination: SIGTERM)  */
#include <Python.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "embed/endings.h"
#include "embed/handle.h"
#include "embed/modules.h"
#include "embed/python.h"
#include "embed/session.h"
#include "embed/stack.h"
#include "embed/stochastic.h"
#include "handover.h"
#include "launcher/command.h"

struct tracer {
    struct pt_config *config;
    struct pt_session_plan session;
    struct pt_command command;
};

static _Noreturn void refuse(const struct pt_error *error)
{
    fprintf(stderr, "pytracer-trace: %s\n", error->text);
    exit(error->status == PT_E_USAGE ? 2 : 1);
}

static enum pt_status read_handle(int argc, char **argv, struct tracer *tracer,
                                  struct pt_error *error)
{
    struct pt_session_plan *plan = &tracer->session;

    if (argc <= PT_HANDLE_ARGUMENTS)
        return pt_error_set(error, PT_E_USAGE,
                            "this program is started by pytracer-trace, not by hand");
    if (strcmp(argv[PT_HANDLE_VERSION], PT_VERSION) != 0)
        return pt_error_set(error, PT_E_VERSION,
                            "%s is of version " PT_VERSION
                            ", pytracer-trace of %s: install them together",
                            argv[0], argv[PT_HANDLE_VERSION]);
    int descriptor = atoi(argv[PT_HANDLE_DESCRIPTOR]);
    enum pt_status status = pt_handover_read(descriptor, &tracer->config, error);
    close(descriptor);
    for (enum pt_report report = 0; report < PT_REPORT_N; report++)
        if (strcmp(argv[PT_HANDLE_REPORT], pt_report_name(report)) == 0)
            plan->report = report;
    plan->config = tracer->config;
    plan->executable = argv[PT_HANDLE_PYTHON];
    plan->argc = argc - PT_HANDLE_ARGUMENTS;
    plan->argv = argv + PT_HANDLE_ARGUMENTS;
    tracer->command = pt_command_find(plan->argc - 1, plan->argv + 1);
    plan->command = &tracer->command;
    return status;
}

/* The whole life of the interpreter; ends the process. */
static void run(void *context)
{
    struct tracer *tracer = context;
    const struct pt_session_plan *plan = &tracer->session;
    struct pt_error error = {0};

    enum pt_status status = pt_stochastic_start(tracer->config, &error);
    if (status == PT_OK)
        status = pt_python_start(plan->executable, plan->argc, plan->argv, &error);
    if (status == PT_OK)
        status = pt_modules_check(tracer->config, &tracer->command, &error);
    if (status == PT_OK)
        status = pt_stochastic_watch(&error);
    if (status == PT_OK)
        status = pt_session_open(plan, &error);
    if (status == PT_OK)
        status = pt_endings_install(&error);
    if (status != PT_OK)
        refuse(&error);
    exit(Py_RunMain());
}

int main(int argc, char **argv)
{
    struct tracer tracer = {0};
    struct pt_error error = {0};

    enum pt_status status = read_handle(argc, argv, &tracer, &error);
    if (status == PT_OK)
        status = pt_stack_run(run, &tracer, &error);
    if (status != PT_OK)
        refuse(&error);
    return 1;
}
