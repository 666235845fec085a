#include "compute/outbox.h"

#include <stdlib.h>

#include "team/thread.h"

static enum pt_status box_begin(struct pt_outbox *box, size_t room,
                                const struct pt_extra *extra, struct pt_error *error)
{
    bool moments = pt_extra_moments(extra);
    box->room = room;
    box->stretches.item_bytes = sizeof(struct pt_output_stretch);
    box->mean = malloc(room * sizeof(double));
    box->std = malloc(room * sizeof(double));
    box->sig = malloc(room * sizeof(double));
    if (extra->contributing)
        box->contributing = malloc(room * sizeof(double));
    if (moments) {
        box->moments = malloc(room * sizeof *box->moments);
        box->scratch = malloc(room * sizeof(double));
    }
    if (!box->mean || !box->std || !box->sig ||
        (extra->contributing && !box->contributing) ||
        (moments && (!box->moments || !box->scratch)))
        return pt_no_memory(error, "results (--batch-size)");
    return PT_OK;
}

static void box_free(struct pt_outbox *box)
{
    free(box->mean);
    free(box->std);
    free(box->sig);
    free(box->contributing);
    free(box->moments);
    free(box->scratch);
    pt_array_free(&box->stretches);
}

static enum pt_status box_write(struct pt_outboxes *boxes, struct pt_outbox *box,
                                struct pt_error *error)
{
    const struct pt_output_stretch *stretches = box->stretches.items;
    const struct {
        enum pt_result_column_id id;
        const double *data;
    } columns[] = {{PT_COLUMN_ELEMENTS_MEAN, box->mean},
                   {PT_COLUMN_ELEMENTS_STD, box->std},
                   {PT_COLUMN_ELEMENTS_SIG, box->sig},
                   {PT_COLUMN_CONTRIBUTING_DIGITS, box->contributing}};
    size_t n = box->stretches.n;
    uint64_t total = 0;
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < PT_ARRAY_LENGTH(columns); i++)
        if (columns[i].data)
            status = pt_output_write_stretches(boxes->output, columns[i].id, stretches,
                                               n, columns[i].data, error);
    for (size_t i = 0; i < n; i++)
        total += stretches[i].n;
    if (!status && box->moments)
        status = pt_extra_write(boxes->output, boxes->extra, stretches, n, box->moments,
                                (size_t)total, box->scratch, error);
    box->n = box->stretches.n = 0;
    return status;
}

/* The thread that writes one outbox after the other, none after a failure. It calls
 * neither MPI nor HDF5. */
static void *run(void *context)
{
    struct pt_outboxes *boxes = context;
    pthread_mutex_lock(&boxes->lock);
    for (;;) {
        while (!boxes->writing && !boxes->ended)
            pthread_cond_wait(&boxes->changed, &boxes->lock);
        if (!boxes->writing)
            break;
        struct pt_outbox *box = boxes->writing;
        struct pt_error why = {0};
        enum pt_status status = boxes->status;
        pthread_mutex_unlock(&boxes->lock);
        if (!status)
            status = box_write(boxes, box, &why);
        pthread_mutex_lock(&boxes->lock);
        if (status && !boxes->status) {
            boxes->status = status;
            boxes->error = why;
        }
        boxes->writing = NULL;
        pthread_cond_broadcast(&boxes->changed);
    }
    pthread_mutex_unlock(&boxes->lock);
    return NULL;
}

enum pt_status pt_outboxes_begin(struct pt_outboxes *boxes, size_t room,
                                 const struct pt_extra *extra, struct pt_output *output,
                                 struct pt_error *error)
{
    bool direct = pt_output_direct(output);
    boxes->extra = extra;
    boxes->output = output;
    boxes->filling = &boxes->boxes[0];
    enum pt_status status = box_begin(&boxes->boxes[0], room, extra, error);
    if (!status && direct)
        status = box_begin(&boxes->boxes[1], room, extra, error);
    if (status || !direct)
        return status;
    pthread_mutex_init(&boxes->lock, NULL);
    pthread_cond_init(&boxes->changed, NULL);
    /* Where there can be no further thread, who computes writes. */
    boxes->threaded = pt_thread_start(&boxes->thread, run, boxes);
    return PT_OK;
}

void pt_outboxes_free(struct pt_outboxes *boxes)
{
    struct pt_error unused;
    enum pt_status status = pt_outboxes_end(boxes, &unused);
    (void)status; /* who wants to know has asked */
    box_free(&boxes->boxes[0]);
    box_free(&boxes->boxes[1]);
}

/* With the lock held: waits until the thread has nothing to write. */
static enum pt_status settle(struct pt_outboxes *boxes, struct pt_error *error)
{
    while (boxes->writing)
        pthread_cond_wait(&boxes->changed, &boxes->lock);
    if (boxes->status)
        *error = boxes->error;
    return boxes->status;
}

enum pt_status pt_outboxes_empty(struct pt_outboxes *boxes, struct pt_error *error)
{
    if (!boxes->threaded)
        return box_write(boxes, boxes->filling, error);
    pthread_mutex_lock(&boxes->lock);
    enum pt_status status = settle(boxes, error);
    boxes->writing = boxes->filling;
    boxes->filling = &boxes->boxes[boxes->filling == &boxes->boxes[0]];
    pthread_cond_broadcast(&boxes->changed);
    pthread_mutex_unlock(&boxes->lock);
    return status;
}

enum pt_status pt_outboxes_end(struct pt_outboxes *boxes, struct pt_error *error)
{
    if (!boxes->threaded)
        return PT_OK;
    pthread_mutex_lock(&boxes->lock);
    enum pt_status status = settle(boxes, error);
    boxes->ended = true;
    pthread_cond_broadcast(&boxes->changed);
    pthread_mutex_unlock(&boxes->lock);
    pthread_join(boxes->thread, NULL);
    pthread_cond_destroy(&boxes->changed);
    pthread_mutex_destroy(&boxes->lock);
    boxes->threaded = false;
    return status;
}
