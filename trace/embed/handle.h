/* The tracer's own command line, written by the launcher:
 *
 *     pytracer-tracer-X.Y  <version>  <descriptor>  <report>  <release>  <library>
 *                          <python>  <argument> …
 *
 * version     of both programs: a launcher starts the tracer it was built with
 * descriptor  number of the file that holds the resolved configuration
 * report      off, on, only, no-trace
 * release     of the interpreter, "3.11.2": that of libpython must be the same
 * library     the libpython that the launcher has put first in LD_PRELOAD, or empty
 * python      sys.executable, absolute
 * argument    argv of the interpreter, from its argv[0] on
 *
 * A tracer serves all interpreters of its version X.Y, each with its own libpython, as
 * standard library and interior must be of one release. LD_PRELOAD is put back as it
 * was before Python starts. */
#ifndef PT_EMBED_HANDLE_H
#define PT_EMBED_HANDLE_H

#include "base/status.h"
#include "config.h"
#include "launcher/command.h"

enum {
    PT_HANDLE_VERSION = 1,
    PT_HANDLE_DESCRIPTOR,
    PT_HANDLE_REPORT,
    PT_HANDLE_RELEASE,
    PT_HANDLE_LIBRARY,
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
    const char *executable;    /* sys.executable */
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

/* Reads the tracer's command line; texts are borrowed from argv. PT_E_USAGE: not
 * started by the launcher; PT_E_VERSION: a launcher of another build; PT_E_UNSUPPORTED:
 * this libpython is not of the interpreter's release. Before Python starts. */
PT_MUST_CHECK enum pt_status
pt_handle_read(int argc, char **argv, struct pt_handle *handle, struct pt_error *error);

#endif
