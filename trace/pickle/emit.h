/* Writes the objects of a pickle as values of a trace, under the same names and within
 * the same bounds as the tracer's capture: `x`, `x.0`, `x.key`; members of containers
 * and attributes of objects down to max_depth; labels for what is no number. */
#ifndef PT_PICKLE_EMIT_H
#define PT_PICKLE_EMIT_H

#include "format/writer.h"
#include "pickle/node.h"

struct pt_pickle_limits {
    uint64_t max_elements; /* of one value */
    uint32_t max_depth;    /* containers and objects within each other */
    uint32_t max_items;    /* members of one of them */
};

enum { PT_PICKLE_NAME_BYTES = 512, PT_PICKLE_VALUES = 20000 };

struct pt_pickle_emit {
    struct pt_trace_writer *writer;        /* borrowed */
    const struct pt_pickle_source *source; /* borrowed */
    struct pt_pickle_limits limits;
    uint64_t n_unread; /* arrays that could not be read, since the file began */

    /* the phase under way */
    uint64_t call; /* time of its entry */
    uint8_t phase;
    uint32_t values, depth;
    size_t name_bytes;
    char name[PT_PICKLE_NAME_BYTES];
};

/* Writes the values of `args` (a dict: a value for each key), between the writer's
 * begin_phase and enter or exit. PT_E_MEMORY, PT_E_IO only: what is wrong with a value
 * is no failure; it becomes one that is omitted. */
PT_MUST_CHECK enum pt_status pt_pickle_emit_args(struct pt_pickle_emit *emit,
                                                 const struct pt_pickle_node *args,
                                                 struct pt_error *error);

#endif
