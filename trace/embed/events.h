/* The events of the stochastic arithmetic, as metadata of the trace. */
#ifndef PT_EMBED_EVENTS_H
#define PT_EMBED_EVENTS_H

#include "format/writer.h"

/* Writes the sums that cancelled and what was divided by: metadata "event.*"
 * (FORMAT.md). At the program's end, once; under the GIL, no Python code runs. */
void pt_events_write(struct pt_trace_writer *writer);

#endif
