/* Interception: records the calls of the configured modules' functions, with the values
 * that go in and come out, in a way that the traced program cannot see.
 *
 * What modules call while they are imported is not recorded: it builds the program and
 * is no part of its work.
 *
 * One interpreter per process is traced. All functions are called under the GIL, on any
 * thread, unless said otherwise. Nothing here raises: a Python error of our own making
 * is cleared, and the one that the program had pending is put back. */
#ifndef PT_TRACE_INTERCEPT_H
#define PT_TRACE_INTERCEPT_H

#include <Python.h>

#include "base/status.h"
#include "capture/capture.h"
#include "config.h"
#include "format/writer.h"

/* Starts to record, after Py_Initialize and before the program's first line. `config`
 * and `writer` are borrowed until pt_intercept_stop or pt_intercept_forget. A NULL
 * `writer` only counts calls (a report without a trace). PT_E_USAGE: already started.
 * PT_E_UNSUPPORTED: not an interpreter of this build. */
PT_MUST_CHECK enum pt_status pt_intercept_start(const struct pt_config *config,
                                                struct pt_trace_writer *writer,
                                                struct pt_error *error);

/* Ends the recording: calls that are still running get an EXIT flagged CUT, then the
 * writer is not touched again. May be called at any depth of traced calls (SIGTERM,
 * os._exit), and again. */
void pt_intercept_stop(void);

/* In the child of a fork: forgets the writer and all open calls without touching either
 * the parent's file or its threads' state. pt_intercept_start may follow. */
void pt_intercept_forget(void);

/* Between the two, calls made by this thread are not recorded: for Python code that is
 * run on our own behalf. They nest. */
void pt_intercept_suspend(void);
void pt_intercept_resume(void);

/* Marks of the program itself. A region is recorded as a call of "pytracer.region" and
 * its name, from the frame that calls the present one; what it encloses lies within. A
 * pause, which nests, ends the recording in all threads, but within regions. */
struct pt_region_mark {
    uint64_t epoch;
    uint32_t thread; /* 0: not recorded */
    size_t level;
};
struct pt_region_mark pt_intercept_region_enter(const char *name);
/* `raised`, borrowed: the type of the exception that leaves the region, or NULL. */
void pt_intercept_region_leave(struct pt_region_mark mark, PyObject *raised);
void pt_intercept_pause(void);
void pt_intercept_continue(void);

/* Registers a callback for every extension module that has just been executed, under
 * its full name ("numpy.core._multiarray_umath"). Works with or without
 * pt_intercept_start; call it before the program's first import. `module` is borrowed.
 * An exception left behind by the callback is cleared. PT_E_LIMIT: too many callbacks
 * (8). */
typedef void pt_intercept_module_callback(PyObject *module, const char *name);
PT_MUST_CHECK enum pt_status
pt_intercept_on_module(pt_intercept_module_callback *callback, struct pt_error *error);

/* Where the stochastic arithmetic perturbs (config/scope.h): decided at the boundaries
 * of Python functions, whether they are recorded or not. Works with or without
 * pt_intercept_start; call it before the program's first line. `scope` is borrowed for
 * as long as the process lives. A generator's body is judged as the function it is,
 * each time it goes on; a thread begins outside of all functions. PT_E_UNSUPPORTED: not
 * an interpreter of this build. */
struct pt_scope;
PT_MUST_CHECK enum pt_status pt_intercept_scope(const struct pt_scope *scope,
                                                struct pt_error *error);

/* Takes the ways into the layer `rounding` (fuzzy/rounding/rounding.h): call it before
 * the program's first line, and the other for every extension module that has been
 * executed, after the other layers have had it. Work with or without
 * pt_intercept_start. */
void pt_intercept_rounding(void);
void pt_intercept_round_module(PyObject *module, const char *name);

/* The callback of pt_intercept_on_module, before a module is executed (a module of the
 * old kind, which is executed as it is loaded, has been by then). One callback; a later
 * one takes its place. Calls nothing before pt_intercept_on_module has been called. */
void pt_intercept_before_module(pt_intercept_module_callback *callback);

/* What has been recorded since the start; stays readable after stop. */
struct pt_intercept_counts {
    uint64_t calls;
    uint64_t values;
    uint64_t omitted; /* of the values: stored without their numbers */
    uint64_t bytes;   /* data of the values, before de-duplication */
    uint64_t beyond_max_calls, beyond_max_bytes; /* of the calls: not recorded */
    struct pt_capture_bounds bounds;             /* of the values */
};
void pt_intercept_read_counts(struct pt_intercept_counts *counts);

/* The functions that were called at least once, in order of their first call. The texts
 * are borrowed until the next pt_intercept_start. */
struct pt_intercept_function {
    const char *module, *name; /* "numpy.linalg", "solve" */
    const char *file;          /* NULL: compiled code */
    uint32_t line;
    uint32_t kind; /* enum pt_function_kind */
    uint64_t calls;
    uint64_t bytes; /* data of its inputs and outputs */
};
typedef void
pt_intercept_function_visitor(void *context,
                              const struct pt_intercept_function *function);
void pt_intercept_visit_functions(pt_intercept_function_visitor *visit, void *context);

#endif
