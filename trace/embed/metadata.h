/* What a trace says of the machine, the libraries and the process (FORMAT.md, "Metadata
 * keys"): what makes runs differ without being rounding. */
#ifndef PT_EMBED_METADATA_H
#define PT_EMBED_METADATA_H

#include "embed/session.h"
#include "format/writer.h"

/* Known at the start. Thread: under the GIL. */
void pt_metadata_start(struct pt_trace_writer *writer, const struct pt_handle *handle);

/* Known when the program's modules and libraries have been loaded: versions, BLAS.
 * Nothing is imported, no Python code runs. Thread: under the GIL. */
void pt_metadata_libraries(struct pt_trace_writer *writer);

/* Known at the very end. Thread: any. */
void pt_metadata_end(struct pt_trace_writer *writer, struct pt_ending ending,
                     int64_t duration_ns);

#endif
