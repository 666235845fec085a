/* What writing the traces of a base shares. */
#ifndef PT_APPEND_SYNTHESIS_H
#define PT_APPEND_SYNTHESIS_H

#include "append/base.h"
#include "format/writer.h"
#include "schema/reader.h"

/* The columns that are read by row again and again, whole. */
struct pt_base_columns {
    uint32_t *function, *site, *path, *thread, *n_refs; /* of calls/ */
    int64_t *parent;
    uint64_t *first_ref, *ref;
    uint32_t *name, *n_runs, *flags; /* of values/ */
    uint8_t *phase, *kind, *ndim;
    uint64_t *shape_first, *n_elements, *first_element, *n_stored, *label_first,
        *label_bytes;
    uint64_t *size; /* of dims/ */
};

struct pt_synthesis {
    const struct pt_base *base;
    struct pt_result *file;
    struct pt_base_columns columns;
    struct pt_trace_writer *writer;
    uint32_t *functions, *sites, *paths, *names; /* ids in the trace, 0: not yet */
    struct pt_moments *moments;
    size_t moments_room;
};

/* base_definitions.c: functions, sites, paths and names, at the head of a trace. The
 * caller frees s->functions, sites, paths and names. */
PT_MUST_CHECK enum pt_status pt_base_put_definitions(struct pt_synthesis *s,
                                                     struct pt_error *error);

/* base_values.c: row v of values/ as a value of a call. */
PT_MUST_CHECK enum pt_status pt_base_put_value(struct pt_synthesis *s, uint64_t v,
                                               uint64_t call, struct pt_error *error);

#endif
