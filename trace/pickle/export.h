/* A native trace as the pickle that Python reads without us: one plain dict after
 * another, with the keys of convert.h, each a pickle of its own:
 *
 *     with open("x.pkl", "rb") as file:
 *         while file.peek(1):
 *             record = pickle.load(file)
 *
 * Arrays are numpy's; a value within a container has the name `x.0` or `x.key`, as in
 * the trace; what is no number is a short text. A call that raised, or was still
 * running, has no outputs. Thread: safe; no Python is needed. */
#ifndef PT_PICKLE_EXPORT_H
#define PT_PICKLE_EXPORT_H

#include "base/status.h"

/* Reads the sealed or unsealed `trace` and writes `pickle` under a temporary name,
 * renamed when it is whole. */
PT_MUST_CHECK enum pt_status pt_pickle_export(const char *trace, const char *pickle,
                                              struct pt_error *error);

#endif
