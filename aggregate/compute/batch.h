/* One batch: the pieces of work that are read and computed together, few enough for the
 * caches; their results gather in an outbox until there are enough to be written.
 * Internal to pt_compute. */
#ifndef PT_COMPUTE_BATCH_H
#define PT_COMPUTE_BATCH_H

#include "compute/compute.h"
#include "compute/outbox.h"

/* Elements of one thread's task: a multiple of PT_STAT_BLOCK. */
enum { PT_BATCH_CHUNK = 1 << 14 };

/* Elements [from, to) of one payload. */
struct pt_piece {
    struct pt_work *work;
    uint64_t from, to;
    size_t bytes_at;  /* of its samples in each run's buffer, where they are copied */
    size_t result_at; /* of its results in the outbox: planes × (to − from) numbers */
    size_t base_at;   /* of the base's moments: as many as results */
    size_t digits_at; /* of its digits: to − from numbers */
    size_t first_chunk, n_chunks;
    size_t done_at; /* of its result among this batch's, if it is a whole payload */
};

struct pt_chunk {
    size_t piece;
    uint64_t from, to; /* in the payload */
};

/* A payload that does not fit one batch, while it lasts. */
struct pt_part {
    struct pt_stat_summary summary;
    double
        *digits; /* of its elements so far: PT_STAT_EXACT_MAX, allocated when needed */
    struct pt_stat_histogram *histogram; /* of a larger one, likewise */
};

/* The result of a whole payload, for the rank that keeps the payload. */
struct pt_done {
    uint32_t origin, index;
    struct pt_stat_result result;
};

/* What one rank knows of a payload that several ranks share. */
struct pt_partial {
    uint32_t origin, index;
    struct pt_stat_summary summary;
    struct pt_stat_histogram histogram;
};

struct pt_batch {
    const struct pt_layout *layout;
    struct pt_readers *readers;
    const struct pt_stat_plan *plan;
    size_t n_runs, n_samples;
    bool with_base;          /* the run n_samples is the base (append/base.h) */
    struct pt_moments *base; /* its moments of the pieces */
    uint64_t bytes;          /* room of each run's buffer */
    struct pt_array pieces;  /* struct pt_piece */
    struct pt_array chunks;  /* struct pt_chunk */
    struct pt_array sums;    /* struct pt_stat_summary, one per chunk */
    char **copies;           /* one buffer per run, NULL until needed */
    const void **samples;    /* [piece × n_runs + run], NULL: that run lacks it */
    size_t samples_room;
    double *digits;
    struct pt_outboxes boxes;
    size_t next_work; /* where the next batch starts */
    uint64_t next_from;
    struct pt_part carry;     /* begun in an earlier batch, not yet ended */
    struct pt_array done;     /* struct pt_done */
    struct pt_array partials; /* struct pt_partial */
    uint64_t n_damaged;
    uint64_t n_samples_bytes; /* read so far, of one run */
};

/* elements: bound of the outboxes' room, and of what is read at a time of each run. */
PT_MUST_CHECK enum pt_status pt_batch_begin(struct pt_batch *batch, uint64_t elements,
                                            int threads, const struct pt_extra *extra,
                                            struct pt_output *output,
                                            struct pt_error *error);
void pt_batch_free(struct pt_batch *batch);

/* Takes the next pieces; none: the work is done, or the outbox has to be emptied. */
PT_MUST_CHECK enum pt_status pt_batch_plan(struct pt_batch *batch,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_batch_read(struct pt_batch *batch,
                                           struct pt_error *error);
PT_MUST_CHECK enum pt_status pt_batch_measure(struct pt_batch *batch,
                                              struct pt_error *error);
/* The samples are needed no more. */
void pt_batch_release(struct pt_batch *batch);

#endif
