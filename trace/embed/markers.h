/* The module `pytracer` of the traced program: regions, pause and resume. */
#ifndef PT_EMBED_MARKERS_H
#define PT_EMBED_MARKERS_H

#include "base/status.h"

/* Makes `import pytracer` work (from the folder "python" beside `tracer`, our shared
 * object; borrowed for ever), and its marks known to the interception, from now on.
 * Nothing of it is to be seen before a program imports that name; a module of the
 * program's own that bears it comes first. PT_E_UNSUPPORTED: not an import machinery as
 * known. Under the GIL. */
PT_MUST_CHECK enum pt_status pt_markers_install(const char *tracer,
                                                struct pt_error *error);

#endif
