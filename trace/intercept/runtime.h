/* The one state of interception, and what the files of this room share. Everything is
 * guarded by the GIL, except where a word says otherwise. */
#ifndef PT_INTERCEPT_RUNTIME_H
#define PT_INTERCEPT_RUNTIME_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"
#include "config.h"
#include "format/writer.h"
#include "intercept/intercept.h"

struct _PyInterpreterFrame;

/* A name of a value: its text, and its id in the trace of this epoch. */
struct pt_name {
    const char *text;
    size_t bytes;
    uint32_t id;
};

/* A function that can be recorded. Lives until the next start. */
struct pt_function {
    uint32_t id; /* in the trace */
    uint32_t line;
    uint32_t kind;
    char *module, *name, *file; /* owned; file NULL for compiled code */
    bool only_reads;            /* its arguments; see capture/readers.h */
    uint64_t calls, bytes;
    struct pt_function *next_called; /* in order of first calls */
};

/* A call under way. */
struct pt_call {
    struct pt_function *function;
    const struct _PyInterpreterFrame *frame; /* NULL: compiled code */
    uint64_t time;
    uint64_t turn; /* which of the function's calls, from 1 */
    uint32_t site, path;
    uint32_t n_roots; /* of this call, on top of the thread's */
    size_t first_mark;
};

/* An argument that can change in place: looked at again when the call ends. */
struct pt_root {
    PyObject *object; /* strong */
    const struct pt_name *name;
    bool members; /* *args, **kwargs: the members only */
};

/* A thread that has made a traced call. The structs are never freed while the process
 * runs, so that any of them can be walked; one whose thread has ended is used again. */
struct pt_thread {
    struct pt_thread *next;
    uint32_t number;
    uint32_t suspended;
    uint32_t regions;   /* of the program's marks, under way */
    _Atomic bool ended; /* set without the GIL, by the ending thread */
    struct pt_call *calls;
    size_t n_calls, call_capacity;
    struct pt_root *roots;
    size_t n_roots, root_capacity;
    struct pt_marks marks;
};

struct pt_runtime {
    bool running;
    uint64_t epoch; /* rises with each start, stop and forget */
    const struct pt_config *config;
    struct pt_trace_writer *writer; /* NULL: only counts */
    uint64_t clock;                 /* logical time */
    int64_t start_ns;
    uint32_t n_threads;
    struct pt_thread *threads;
    uint64_t
        paused; /* by the program's marks: nothing outside of regions is recorded */
    struct pt_capture capture;
    struct pt_intercept_counts counts;
    struct pt_function *first_called, **last_called;
};
extern struct pt_runtime pt_runtime;

/* threads.c: this thread's record, NULL if there is no memory for one. */
struct pt_thread *pt_thread_self(void);
void pt_threads_forget(void); /* keeps the calling thread alone, as number 0 */

/* functions.c: makes a function; the texts are copied. NULL: no memory. */
struct pt_function *pt_function_create(enum pt_function_kind kind, const char *module,
                                       const char *name, const char *file,
                                       uint32_t line);
void pt_functions_destroy(void);
/* The id of a text in the trace (0 where nothing is written). */
uint32_t pt_text_id(const char *text, size_t bytes);

/* selection.c */
bool pt_selects_function(const struct pt_config *config, const char *module,
                         const char *public_module, const char *function);
/* True if anything of the module may be selected. */
bool pt_selects_module(const struct pt_config *config, const char *module,
                       const char *public_module);
/* For ufuncs and scalars: `switched_on` is their switch of the configuration. */
bool pt_selects_operation(const struct pt_config *config, bool switched_on,
                          const char *module, const char *function);

/* calls.c: the course of one call. open; arguments; entered; [the call]; close.
 *
 * open returns the call's level on the thread's stack (from 1), or 0 if the call is not
 * to be recorded. `frame` is that of a Python function, NULL for compiled code;
 * `caller` is the innermost Python frame. */
size_t pt_call_open(struct pt_thread *thread, struct pt_function *function,
                    const struct _PyInterpreterFrame *frame,
                    struct _PyInterpreterFrame *caller, enum pt_capture_mode mode);
void pt_call_argument(struct pt_thread *thread, const struct pt_name *name,
                      PyObject *value);
void pt_call_members(struct pt_thread *thread, const struct pt_name *name,
                     PyObject *value);
void pt_call_entered(struct pt_thread *thread);
/* `result` NULL: an exception is set. `level` is what open returned, `epoch` what
 * pt_runtime.epoch was then: a call that was cut meanwhile is left alone. */
void pt_call_close(struct pt_thread *thread, size_t level, uint64_t epoch,
                   PyObject *result);
/* The same of a call that ends while no exception is set: `raised`, borrowed, is the
 * type of the one that ended it, or NULL. */
void pt_call_close_by(struct pt_thread *thread, size_t level, uint64_t epoch,
                      PyObject *result, PyObject *raised);
void pt_calls_cut(void);   /* ends all open calls of all threads */
void pt_calls_start(void); /* names for the new trace */

/* sites.c: where the caller stands. */
struct pt_place {
    uint32_t site, path;
};
struct pt_place pt_place_of(const struct pt_thread *thread,
                            struct _PyInterpreterFrame *caller);
void pt_sites_start(void); /* forgets the paths of the trace before */

/* codes.c: what is known of one code object. */
enum pt_code_verdict {
    PT_CODE_UNDECIDED,
    PT_CODE_UNTRACED,
    PT_CODE_TRACED,
    PT_CODE_TRANSPARENT /* a decorator's wrapper: untraced, and no place of a call */
};

/* One function among those that share a code object. */
struct pt_variant {
    PyObject *qualname, *module; /* strong */
    enum pt_code_verdict verdict;
    struct pt_function *function; /* if traced */
    struct pt_variant *next;
};

struct pt_code {
    uint64_t epoch;          /* of the runtime when `variants` were decided */
    uint64_t untraced_epoch; /* the epoch in which nothing of it is traced; 0: none */
    bool shared;             /* serves all code without sites that is not traced */
    bool made_of_wrappers;   /* a variant is transparent */
    struct pt_variant *variants;
    uint32_t n_names;
    struct pt_name *names; /* of the arguments, *args and **kwargs last */
    uint32_t *sites;       /* by instruction, 0: not yet defined */
};
extern Py_ssize_t pt_code_index; /* of the extra data; -1 before the start */

PT_MUST_CHECK enum pt_status pt_codes_start(struct pt_error *error);
/* The record of a code object, made if there is none. NULL: no memory. */
struct pt_code *pt_code_record(PyCodeObject *code);
/* Decides about the function that `frame` runs. */
const struct pt_variant *pt_code_variant(struct _PyInterpreterFrame *frame,
                                         struct pt_code **record);

/* names.c: the module that exports a function to users, into `out` (the defining module
 * where there is none): "sklearn.decomposition" for PCA.fit of
 * sklearn.decomposition._pca. */
void pt_public_module(const char *module, const char *qualname, char *out, size_t room);
/* The same for compiled code, by name alone. Leaves no exception. */
void pt_exporting_module(const char *module, const char *qualname, char *out,
                         size_t room);

/* python_functions.c */
PT_MUST_CHECK enum pt_status pt_python_functions_start(struct pt_error *error);
void pt_python_functions_stop(void);

/* modules.c */
PT_MUST_CHECK enum pt_status pt_modules_watch(struct pt_error *error);

/* Callbacks of pt_intercept_on_module, each in the file of its name. */
void pt_ufuncs_module(PyObject *module, const char *name);
void pt_f2py_module(PyObject *module, const char *name);
void pt_compiled_module(PyObject *module, const char *name);
void pt_scalars_module(PyObject *module, const char *name);
void pt_multimethods_module(PyObject *module, const char *name);
void pt_builtins_start(void); /* names for the new trace */

/* ufuncs.c, ufunc_methods.c */
void pt_ufuncs_start(void); /* names for the new trace */
void pt_ufunc_methods_start(void);
void pt_ufunc_methods_patch(PyTypeObject *type);

#endif
