/* What the configured bounds took away, as the trace tells it. */
#ifndef PT_EMBED_BOUNDS_H
#define PT_EMBED_BOUNDS_H

#include "format/writer.h"

/* Writes how many values and calls each bound took away or cut, for those that did; a
 * trace that io.max_bytes ended is marked partial, with a warning. After the recording
 * has stopped. Thread: under the GIL. */
void pt_bounds_tell(struct pt_trace_writer *writer);

#endif
