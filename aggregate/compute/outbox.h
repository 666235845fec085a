/* Results on their way to the file: one outbox fills while the other is being written
 * by a thread of its own, so that neither the copy into the page cache nor the disk
 * keeps those who compute. Where the file is not direct (result/output.h), all ranks
 * write together, and there is one outbox. Internal to pt_compute. */
#ifndef PT_COMPUTE_OUTBOX_H
#define PT_COMPUTE_OUTBOX_H

#include <pthread.h>

#include "result/extra.h"
#include "team/array.h"

struct pt_outbox {
    double *mean, *std, *sig;
    double *contributing;       /* NULL: not asked for */
    struct pt_moments *moments; /* likewise */
    double *scratch;            /* with the moments */
    size_t n, room;
    struct pt_array stretches; /* struct pt_output_stretch */
};

struct pt_outboxes {
    const struct pt_extra *extra;
    struct pt_output *output;
    struct pt_outbox boxes[2];
    struct pt_outbox *filling; /* of the thread that computes */
    bool threaded;             /* there is a thread that writes */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct pt_outbox *writing; /* NULL: it waits for one */
    bool ended;
    enum pt_status status; /* the first failure of the thread */
    struct pt_error error;
};

/* room: numbers of each outbox. After a failure pt_outboxes_free is legal. */
PT_MUST_CHECK enum pt_status pt_outboxes_begin(struct pt_outboxes *boxes, size_t room,
                                               const struct pt_extra *extra,
                                               struct pt_output *output,
                                               struct pt_error *error);
void pt_outboxes_free(struct pt_outboxes *boxes);

/* Gives what has been filled to the file, and an empty outbox to fill. Collective if
 * the file is not direct; otherwise the failure of an earlier write may come now. */
PT_MUST_CHECK enum pt_status pt_outboxes_empty(struct pt_outboxes *boxes,
                                               struct pt_error *error);

/* All that was given has been written, or a write failed. Not collective. */
PT_MUST_CHECK enum pt_status pt_outboxes_end(struct pt_outboxes *boxes,
                                             struct pt_error *error);

#endif
