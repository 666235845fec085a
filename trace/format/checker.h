/* Walks a whole trace and every invariant that FORMAT.md states: checksums, references,
 * ids, order of times, enter and exit in pairs, definitions before use, the index
 * against the blocks. */
#ifndef PT_TRACE_CHECKER_H
#define PT_TRACE_CHECKER_H

#include "format/reader.h"

struct pt_trace_check {
    bool sealed;
    uint64_t calls, open_calls, values, payloads, data_bytes;
    uint64_t blocks, lost_blocks;
    uint64_t faults;       /* what does not hold */
    char first_fault[512]; /* in words; empty if none */
};

/* PT_OK with check->faults == 0: the trace is sound. An unreadable file is an error. */
PT_MUST_CHECK enum pt_status
pt_trace_check(const char *path, struct pt_trace_check *check, struct pt_error *error);

#endif
