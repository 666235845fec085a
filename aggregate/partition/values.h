/* The values of the calls of one rank, joined over the runs (first part of pass 2).
 *
 * The value streams are read window by window, one run after the other (a thread each),
 * and joined by call, phase, name and occurrence of the name. Values whose data stand
 * in the value stream are measured at once; of those with a payload, the places of the
 * payload in each run are kept. */
#ifndef PT_PARTITION_VALUES_H
#define PT_PARTITION_VALUES_H

#include <stdbool.h>

#include "alignment/join.h"
#include "partition/readers.h"
#include "statistics/kernel.h"
#include "team/array.h"

struct pt_value {
    uint64_t call; /* row of calls/ */
    uint32_t function;
    uint32_t name;  /* first of this rank's names, in the end row of names/ */
    uint32_t shape; /* first of this rank's shapes, in the end place in dims/ */
    uint32_t flags; /* enum pt_result_value_flag, besides those in result.flags */
    uint8_t phase, kind, ndim, item_bytes;
    char dtype;
    uint16_t precision;
    uint32_t n_runs;
    uint64_t n_elements, n_stored;
    uint64_t first_element;  /* in elements/; PT_RESULT_NONE64: none */
    uint64_t payload;        /* index in payloads, PT_RESULT_NONE64: none */
    uint64_t first_tile;     /* row of tiles/, PT_RESULT_NONE64: none */
    uint64_t first_position; /* row of positions/, PT_RESULT_NONE64: not sampled */
    uint64_t label_first;    /* in this rank's labels, in the end in meta/labels */
    uint64_t label_bytes;
    struct pt_stat_result result;
};

/* Where the contents of one value are in each run; followed by n_runs references
 * (PT_RESULT_NONE64: that run has none). Values with equal places have equal results:
 * they are measured once, and share their elements. Plain data: it travels. */
struct pt_payload {
    uint64_t id[2]; /* hash of everything below `order` and of the references */
    uint64_t order; /* place of the first value that has it, over all ranks */
    uint64_t first_element;
    uint64_t n; /* elements in each run */
    uint32_t process, n_runs;
    uint32_t origin; /* rank and index where it is kept */
    uint32_t index;
    char dtype;
    uint8_t item_bytes;
    uint8_t is_first; /* not one that shares another's elements */
};

static inline uint64_t *pt_payload_refs(struct pt_payload *payload)
{
    return (uint64_t *)(payload + 1);
}

struct pt_values {
    struct pt_array values;                /* struct pt_value, by call, phase, place */
    struct pt_array payloads;              /* struct pt_payload and references */
    struct pt_array results;               /* struct pt_stat_result, one per payload */
    struct pt_map payload_index;           /* id → index */
    struct pt_array mean, std, sig;        /* double: elements of inline values */
    struct pt_array contributing, moments; /* double, struct pt_moments: of the same */
    struct pt_values_wanted {
        bool contributing, moments;
    } wanted;
    struct pt_array names;     /* struct pt_name */
    struct pt_array name_text; /* bytes */
    struct pt_map name_index;  /* hash of the text → index */
    struct pt_array shapes;    /* struct pt_shape */
    struct pt_array sizes;     /* uint64_t */
    struct pt_map shape_index;
    struct pt_array labels; /* bytes */
    uint64_t first;         /* order of values[0] over all ranks */
    uint64_t *starts;       /* size + 1: first order of each rank, owned */
    uint64_t total;
    uint64_t n_damaged; /* phases of calls whose values could not be read */
    uint64_t n_omitted; /* values that the tracer left out */
};

struct pt_name {
    uint64_t first; /* in name_text; NUL-terminated */
    uint64_t hash;
};
struct pt_shape {
    uint64_t first; /* in sizes */
    uint64_t hash;
    uint32_t ndim;
};

/* Collective only in its last step (the orders). */
PT_MUST_CHECK enum pt_status
pt_values_read(const struct pt_team *team, const struct pt_calls *calls,
               struct pt_readers *readers, const struct pt_stat_plan *plan,
               struct pt_values_wanted wanted, struct pt_values *values,
               struct pt_error *error);
void pt_values_free(struct pt_values *values);

/* Index of a name or a shape in this rank's tables, added if it is new; UINT32_MAX: no
 * memory. Thread: caller locks. */
uint32_t pt_values_name(struct pt_values *values, const char *text, size_t bytes);
uint32_t pt_values_shape(struct pt_values *values, const uint64_t *sizes,
                         unsigned ndim);

static inline struct pt_payload *pt_values_payload(const struct pt_values *values,
                                                   size_t i)
{
    return (struct pt_payload *)((char *)values->payloads.items +
                                 i * values->payloads.item_bytes);
}

#endif
