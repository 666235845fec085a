/* The tracer's own command line, written by the launcher:
 *
 *     pytracer-tracer-X.Y  <version>  <descriptor>  <report>  <python>  <argument> …
 *
 * version     of both programs: a launcher starts the tracer it was built with
 * descriptor  number of the file that holds the resolved configuration
 * report      off, on, only
 * python      sys.executable, absolute
 * argument    argv of the interpreter, from its argv[0] on */
#ifndef PT_EMBED_HANDLE_H
#define PT_EMBED_HANDLE_H

enum {
    PT_HANDLE_VERSION = 1,
    PT_HANDLE_DESCRIPTOR,
    PT_HANDLE_REPORT,
    PT_HANDLE_PYTHON,
    PT_HANDLE_ARGUMENTS
};

enum pt_report { PT_REPORT_OFF, PT_REPORT_ON, PT_REPORT_ONLY, PT_REPORT_N };

static inline const char *pt_report_name(enum pt_report report)
{
    static const char *const names[PT_REPORT_N] = {"off", "on", "only"};
    return names[report];
}

#endif
