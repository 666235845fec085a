/* One object of a pickle trace as a record of a call, written to a native trace. */
#ifndef PT_PICKLE_RECORD_H
#define PT_PICKLE_RECORD_H

#include "pickle/convert.h"

struct pt_pickle_open_call {
    int64_t time;  /* as the pickle counts */
    uint64_t call; /* as the trace does */
};

struct pt_pickle_calls {
    struct pt_pickle_emit emit;
    struct pt_pickle_open_call *open; /* owned: calls without outputs yet */
    size_t n_open, open_room;
    uint64_t clock; /* logical time of the trace */
    uint64_t n_calls;
};

/* *used: the object was a record, and its inputs were there. */
PT_MUST_CHECK enum pt_status pt_pickle_record(struct pt_pickle_calls *calls,
                                              const struct pt_pickle_node *object,
                                              bool *used, struct pt_error *error);

#endif
