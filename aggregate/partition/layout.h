/* Who measures what, and where it stands in elements/ (between the parts of pass 2).
 *
 *   elements/   | inline values, in order | contents of payloads, by first use        |
 *   written by  | rank 0 | rank 1 | …     | rank 0 | rank 1 … in equal shares         |
 *
 * Equal payloads (the same places in all runs) are found over all ranks and stand once.
 * A value of up to PT_STAT_EXACT_MAX elements is measured whole by one rank; a larger
 * one is split at multiples of PT_LAYOUT_TILE. Offsets follow from the order of the
 * values alone, whatever the number of ranks. */
#ifndef PT_PARTITION_LAYOUT_H
#define PT_PARTITION_LAYOUT_H

#include "partition/values.h"

enum { PT_LAYOUT_TILE = 1 << 16 };

/* A stretch of one payload to be measured: elements [from, to). Followed by the
 * payload's references; the layout of pt_payload is kept so that they can be read the
 * same way. */
struct pt_work {
    uint64_t from, to;
    struct pt_payload payload;
};

struct pt_layout {
    struct pt_array work;  /* struct pt_work and references, by place; this rank's */
    uint64_t inline_first; /* place in elements/ of this rank's inline elements */
    uint64_t n_inline;     /* of all ranks */
    uint64_t n_elements;   /* rows of elements/ */
};

/* Collective. Sets first_element of the values that are measured inline and of the
 * payloads that are first; gives this rank its work. */
PT_MUST_CHECK enum pt_status pt_layout_make(const struct pt_team *team,
                                            struct pt_values *values, size_t n_runs,
                                            struct pt_layout *layout,
                                            struct pt_error *error);
void pt_layout_free(struct pt_layout *layout);

static inline struct pt_work *pt_layout_work(const struct pt_layout *layout, size_t i)
{
    return (struct pt_work *)((char *)layout->work.items + i * layout->work.item_bytes);
}

/* Collective, after the work is done: every payload that is not first takes place and
 * result from the one that is; then every value from its payload. */
PT_MUST_CHECK enum pt_status pt_layout_spread(const struct pt_team *team,
                                              struct pt_values *values,
                                              struct pt_error *error);

#endif
