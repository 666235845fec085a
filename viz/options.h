/* The command line of pytracer-viz. */
#ifndef PT_VIZ_OPTIONS_H
#define PT_VIZ_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { PT_VIZ_DEFAULT_PORT = 8050, PT_VIZ_MAX_FILES = 16 };

struct pt_viz_options {
    const char *filenames[PT_VIZ_MAX_FILES]; /* borrowed from argv */
    size_t n_filenames;
    const char *directory; /* NULL: not given */
    const char
        *callgraph; /* accepted for the original's sake: the result has its own */
    const char *host;
    const char *socket;    /* NULL: TCP */
    int port;              /* -1: not given; 0: any */
    unsigned idle_seconds; /* 0: never ends by itself */
    bool threaded, debug, no_token;
    bool help, version;
};

/* PT_E_USAGE names the option that is wrong. *options borrows from argv. */
PT_MUST_CHECK enum pt_status pt_viz_options_parse(int argc, char **argv,
                                                  struct pt_viz_options *options,
                                                  struct pt_error *error);

extern const char pt_viz_usage[];

#endif
