/* A trace that is written on storage of the node (the stage) and copied to its own
 * place once. That place is taken from the start, by a file that holds the header
 * alone: the trace of a run that is under way, with no block yet.
 *
 *     <stage>/x.trace.part ── end, or the stage is full ──▶ <place>/x.trace.part ─▶
 * x.trace
 *
 * Thread: caller locks. */
#ifndef PT_TRACE_STAGE_H
#define PT_TRACE_STAGE_H

#include <stdint.h>

#include "base/status.h"
#include "format/descriptor.h"

/* Creates `part` exclusively with the header alone. PT_E_EXISTS, PT_E_IO. */
PT_MUST_CHECK enum pt_status
pt_stage_reserve(const char *part, const unsigned char *header, struct pt_error *error);

/* Copies the first `bytes` bytes of `from` into the reserved file `part`, synchronised;
 * *descriptor is then that file, open. On failure the reserved file is as it was, or
 * gone. */
PT_MUST_CHECK enum pt_status pt_stage_copy(int from, uint64_t bytes, const char *part,
                                           struct pt_descriptor *descriptor,
                                           struct pt_error *error);

/* Copies the whole file `staged` to the reserved `part`, and removes it from the stage.
 */
PT_MUST_CHECK enum pt_status pt_stage_leave(const char *staged, const char *part,
                                            struct pt_error *error);

#endif
