#include "partition/readers.h"

#include <stdlib.h>
#include <string.h>

#include "team/array.h"

/* Files that one rank keeps open: many ranks share a node's limit. Where there are
 * more, the last decoded blocks are kept, or none to spare memory. */
enum { OPEN_FILES = 64, KEPT_TRACES = 128 };

enum pt_status pt_readers_create(const struct pt_catalogue *catalogue,
                                 struct pt_readers *readers, struct pt_error *error)
{
    size_t n = catalogue->n_traces, cells = catalogue->n_processes * catalogue->n_runs;
    *readers = (struct pt_readers){.catalogue = catalogue};
    readers->readers = pt_memory_get(n, sizeof(struct pt_trace_reader *));
    readers->names = pt_memory_get(n, sizeof(uint32_t *));
    readers->n_names = pt_memory_get(n, sizeof(uint32_t));
    readers->traces = pt_memory_get(cells, sizeof *readers->traces);
    if (!readers->readers || !readers->names || !readers->n_names || !readers->traces)
        return pt_no_memory(error, "the traces' readers");
    memset(readers->traces, 0xff, cells * sizeof *readers->traces);
    for (size_t i = 0; i < n; i++) {
        const struct pt_catalogue_trace *trace = &catalogue->traces[i];
        readers->traces[trace->process * catalogue->n_runs + trace->run] = (uint32_t)i;
    }
    return PT_OK;
}

void pt_readers_free(struct pt_readers *readers)
{
    for (size_t i = 0; readers->catalogue && i < readers->catalogue->n_traces; i++) {
        if (readers->readers && readers->readers[i])
            pt_trace_reader_close(readers->readers[i]);
        if (readers->names)
            pt_memory_free(readers->names[i]);
    }
    pt_memory_free(readers->readers);
    pt_memory_free(readers->names);
    pt_memory_free(readers->n_names);
    pt_memory_free(readers->traces);
    *readers = (struct pt_readers){0};
}

uint32_t pt_readers_trace(const struct pt_readers *readers, uint32_t process,
                          uint32_t run)
{
    return readers->traces[process * readers->catalogue->n_runs + run];
}

enum pt_status pt_readers_get(struct pt_readers *readers, uint32_t trace,
                              struct pt_trace_reader **reader, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    if (!readers->readers[trace])
        status = pt_trace_reader_open(readers->catalogue->traces[trace].path,
                                      &readers->readers[trace], error);
    *reader = readers->readers[trace];
    return status;
}

void pt_readers_rest(struct pt_readers *readers, uint32_t trace)
{
    size_t n = readers->catalogue->n_traces;
    if (n > OPEN_FILES && readers->readers[trace])
        pt_trace_reader_park(readers->readers[trace],
                             n <= KEPT_TRACES || !readers->sparing);
}

void pt_readers_release(struct pt_readers *readers, uint32_t trace)
{
    if (!readers->readers[trace])
        return;
    pt_trace_reader_release(readers->readers[trace]);
    pt_readers_rest(readers, trace);
}

uint64_t pt_readers_bytes(const struct pt_readers *readers)
{
    uint64_t bytes = 0;
    for (size_t i = 0; readers->catalogue && i < readers->catalogue->n_traces; i++)
        if (readers->readers[i])
            bytes += pt_trace_reader_bytes_read(readers->readers[i]);
    return bytes;
}

uint64_t pt_readers_opens(const struct pt_readers *readers)
{
    uint64_t opens = 0;
    for (size_t i = 0; readers->catalogue && i < readers->catalogue->n_traces; i++)
        if (readers->readers[i])
            opens += pt_trace_reader_opens(readers->readers[i]);
    return opens;
}
