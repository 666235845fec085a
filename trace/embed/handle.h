/* The command line of a traced interpreter, written by the launcher:
 *
 *     <argv[0]>  -ISc  <words>  <version>  <descriptor>  <report>  <executable>
 *                <argument> …
 *
 * argv[0]     of the interpreter, as it would have been typed
 * -ISc words  a program that says that the tracer is not there: what an interpreter
 *             does whose loader ignored LD_PRELOAD (secure execution)
 * version     of both programs: a launcher starts the tracer it was built with
 * descriptor  number of the file that holds the resolved configuration
 * report      off, on, only, no-trace, suggest
 * executable  sys.executable, absolute
 * argument    what follows argv[0] on the interpreter's command line
 *
 * Before Python starts, the command line is made what it would be without us, where
 * `ps` looks too, and our name is gone from LD_PRELOAD. */
#ifndef PT_EMBED_HANDLE_H
#define PT_EMBED_HANDLE_H

#include "base/status.h"
#include "config.h"
#include "launcher/command.h"

enum {
    PT_HANDLE_OPTIONS = 1,
    PT_HANDLE_WORDS,
    PT_HANDLE_VERSION,
    PT_HANDLE_DESCRIPTOR,
    PT_HANDLE_REPORT,
    PT_HANDLE_PYTHON,
    PT_HANDLE_ARGUMENTS
};

enum pt_report {
    PT_REPORT_OFF,
    PT_REPORT_ON,
    PT_REPORT_ONLY,
    PT_REPORT_NO_TRACE, /* and no trace either */
    PT_REPORT_SUGGEST,  /* instead: what else could be traced */
    PT_REPORT_N
};

struct pt_handle {
    struct pt_config *config; /* owned */
    enum pt_report report;
    char *executable;          /* sys.executable; owned */
    char *tracer;              /* path of our shared object; owned */
    struct pt_command command; /* what is run */
    int argc;                  /* of the interpreter */
    char **argv;
};

static inline const char *pt_report_name(enum pt_report report)
{
    static const char *const names[PT_REPORT_N] = {"off", "on", "only", "no-trace",
                                                   "suggest"};
    return names[report];
}

/* The words: by themselves a program that ends with an error. */
#define PT_HANDLE_REFUSAL                                                              \
    "import sys; sys.exit('pytracer-trace: the loader did not load the tracer into '"  \
    " + sys.executable + ': LD_PRELOAD has no effect there (a program with more '"     \
    " 'privileges than its user, or another C library)')"

/* Reads the command line and restores it and LD_PRELOAD; handle->argv is borrowed from
 * argv. PT_E_USAGE: not started by the launcher; PT_E_VERSION: a launcher of another
 * build. Before Python starts. */
PT_MUST_CHECK enum pt_status
pt_handle_read(int argc, char **argv, struct pt_handle *handle, struct pt_error *error);

#endif
