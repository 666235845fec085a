/* Pytracer 1's traces, as native ones. Such a file is one pickle after another, two for
 * each call, of a dict (or a class derived from it) with the keys
 *
 *     time       number of the call, the same in both
 *     module, function
 *     label      "inputs" or "outputs"
 *     args       a dict: name of the argument, or Ret, Ret0, Ret1 …, and its value
 *     backtrace  the frame that called (FrameSummary, or a dict), or None
 *     id         of the function object: ignored
 *
 * Calls nest as their records do. A call whose outputs are missing when an outer one
 * ends has raised; its exception is not recorded. Thread: safe. */
#ifndef PT_PICKLE_CONVERT_H
#define PT_PICKLE_CONVERT_H

#include <stdbool.h>

#include "pickle/emit.h"

/* Whether the file is a pickle by its name (.pkl, .pickle) or its first bytes. A file
 * that cannot be read is none. */
bool pt_pickle_detect(const char *path);

struct pt_pickle_summary {
    uint64_t records, calls;
    uint64_t skipped;  /* records that are none of a trace's, or without their inputs */
    uint64_t n_unread; /* arrays that are damaged, or no numbers */
    char damage[512];  /* why the reading stopped before the end; empty: it did not */
};

/* Writes the calls of `pickle` to a new sealed trace `trace`. What stands before a
 * damage is kept, and the trace marked partial. PT_E_FORMAT: no record of a trace in
 * it, or what is damaged is the first; PT_E_EXISTS: `trace` is there. */
PT_MUST_CHECK enum pt_status pt_pickle_convert(const char *pickle, const char *trace,
                                               const struct pt_pickle_limits *limits,
                                               struct pt_pickle_summary *summary,
                                               struct pt_error *error);

#endif
