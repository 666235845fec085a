/* Scopes of the stochastic arithmetic, at the boundaries of Python functions: what the
 * frame hook does around a frame while there are scopes. Under the GIL. */
#ifndef PT_INTERCEPT_SCOPES_H
#define PT_INTERCEPT_SCOPES_H

#include "cpython/frame.h"

/* True once pt_intercept_scope has been called. */
bool pt_scope_is_set(void);

/* Runs the frame by `inner` within the scope that is its own. */
PyObject *pt_scope_run(PyThreadState *state, struct _PyInterpreterFrame *frame,
                       int throwing, pt_frame_hook *inner);

/* The names by which patterns know the function that a frame runs; "alias" is the
 * module that exports it, or the script's name. False: the frame has no function. */
struct pt_scope_names {
    char module[512], alias[512], qualname[512];
};
bool pt_scope_names_of(struct _PyInterpreterFrame *frame, struct pt_scope_names *names);

#endif
