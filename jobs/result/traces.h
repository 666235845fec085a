/* Whether the files that a result was made of are still what they were. */
#ifndef PT_JOBS_RESULT_TRACES_H
#define PT_JOBS_RESULT_TRACES_H

#include <stdio.h>

#include "base/status.h"

/* Looks for each file of traces/ under its recorded path, then beside the result (in
 * ../traces, and in the result's own folder); with `folder` (may be NULL) in it alone.
 * Prints a line for each: "same", "missing" or what differs. Of our traces each
 * block is read and its checksum verified too. PT_E_DAMAGED: not all are the same;
 * PT_E_UNSUPPORTED: the result is older than 1.3 and does not say. Thread: one. */
PT_MUST_CHECK enum pt_status pt_result_verify(FILE *out, const char *path,
                                              const char *folder,
                                              struct pt_error *error);

#endif
