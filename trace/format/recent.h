/* The contents met last, each by its place in memory: a small array that is passed
 * again is compared, which costs a fifth of its hash. Thread: caller locks. */
#ifndef PT_TRACE_RECENT_H
#define PT_TRACE_RECENT_H

#include "format/format.h"

enum { PT_RECENT_BYTES = 2048 }; /* longer contents are not kept */

struct pt_recent_place {
    const void *data; /* where the bytes were; NULL: nothing is kept */
    uint64_t ref;     /* of the content in the file */
    uint64_t bytes;
    char dtype;
    uint8_t item_bytes;
    unsigned char copy[PT_RECENT_BYTES];
};

struct pt_recent;

/* NULL: no memory. Ends with free. */
struct pt_recent *pt_recent_create(void);

/* The place of at most PT_RECENT_BYTES bytes, the data of a value. *known: they are
 * what it holds, and its `ref` is theirs. Else they have been copied there, in the
 * stead of what it held, and the caller sets `ref`. Borrowed until the next call. */
struct pt_recent_place *pt_recent_look(struct pt_recent *recent,
                                       const struct pt_trace_value *value,
                                       const void *data, bool *known);

#endif
