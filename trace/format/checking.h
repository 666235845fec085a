/* What the files of the checker share. */
#ifndef PT_TRACE_CHECKING_H
#define PT_TRACE_CHECKING_H

#include "format/checker.h"
#include "base/map.h"
#include "format/reader_state.h"

struct pt_checking {
    struct pt_trace_reader *reader;
    struct pt_trace_check *check;
    uint32_t defined[PT_RECORD_PATH + 1]; /* greatest id so far, in file order */
    struct pt_map open_calls;             /* time of entry → thread */
    struct pt_map thread_times;           /* thread → last time */
    struct pt_map payloads;               /* reference → bytes of the content */
};

/* Counts a fault; the first one is kept in words. */
void pt_checking_fault(struct pt_checking *checking, const char *format, ...)
    PT_PRINTF(2, 3);

/* Reads one block whole and calls `visit` with each of its records, then compares the
 * number of records. A damaged block is a fault, not a failure. */
typedef enum pt_status pt_checking_visitor(struct pt_checking *checking,
                                           const struct pt_trace_block *block,
                                           const struct pt_trace_cursor *cursor,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_checking_walk(struct pt_checking *checking,
                                              const struct pt_trace_block *block,
                                              pt_checking_visitor *visit,
                                              struct pt_error *error);

/* check_payloads.c: every content against its hash; fills `payloads`. */
PT_MUST_CHECK enum pt_status pt_checking_payloads(struct pt_checking *checking,
                                                  struct pt_error *error);

/* check_records.c: definitions, values and skeleton in file order. */
PT_MUST_CHECK enum pt_status pt_checking_records(struct pt_checking *checking,
                                                 struct pt_error *error);

#endif
