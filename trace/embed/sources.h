/* Copies of the source files that a trace names, kept in the cache by their content:
 * the program may have changed when its trace is looked at. */
#ifndef PT_EMBED_SOURCES_H
#define PT_EMBED_SOURCES_H

#include "format/writer.h"

/* Reads the definitions from the trace's own file at `path` (the writer has been
 * flushed), copies what is not in `folder` yet, and notes each file's hash in
 * the metadata ("source.<file>"). Relative names are of `directory`. What cannot be
 * copied is left out; PT_E_IO and the like only if nothing could be. Thread: as for the
 * writer. */
PT_MUST_CHECK enum pt_status pt_sources_keep(struct pt_trace_writer *writer,
                                             const char *path, const char *folder,
                                             const char *directory,
                                             struct pt_error *error);

#endif
