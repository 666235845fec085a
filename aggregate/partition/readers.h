/* The traces as one rank reads them in pass 2: opened when first needed, their files
 * parked when there are too many. */
#ifndef PT_PARTITION_READERS_H
#define PT_PARTITION_READERS_H

#include "catalogue/catalogue.h"
#include "format/reader.h"

struct pt_readers {
    const struct pt_catalogue *catalogue; /* borrowed */
    struct pt_trace_reader **readers;     /* one per trace, NULL until needed; owned */
    uint32_t *traces; /* [process × n_runs + run] → trace, UINT32_MAX; owned */
    uint32_t **names; /* per trace: string id → name, UINT32_MAX unknown; owned */
    uint32_t *n_names;
    bool sparing; /* least memory rather than least reading */
};

PT_MUST_CHECK enum pt_status pt_readers_create(const struct pt_catalogue *catalogue,
                                               struct pt_readers *readers,
                                               struct pt_error *error);
void pt_readers_free(struct pt_readers *readers);

/* The trace of one process of one run; UINT32_MAX: that run lacks it. Thread: safe. */
uint32_t pt_readers_trace(const struct pt_readers *readers, uint32_t process,
                          uint32_t run);

/* The open reader of a trace. Thread: one per trace at a time. */
PT_MUST_CHECK enum pt_status pt_readers_get(struct pt_readers *readers, uint32_t trace,
                                            struct pt_trace_reader **reader,
                                            struct pt_error *error);
/* Ends the use of a trace for now: closes its file where many are open. */
void pt_readers_rest(struct pt_readers *readers, uint32_t trace);

/* Ends the views into a trace's blocks. */
void pt_readers_release(struct pt_readers *readers, uint32_t trace);

/* Bytes read through all of them so far. */
uint64_t pt_readers_bytes(const struct pt_readers *readers);
/* How often they opened a file so far. */
uint64_t pt_readers_opens(const struct pt_readers *readers);

#endif
