#include "compute/batch.h"

#include <stdlib.h>
#include <string.h>

#include "append/merge.h"

static enum pt_status measure_chunk(struct pt_batch *batch, size_t c,
                                    const void **samples, struct pt_stat_work *work,
                                    struct pt_error *error)
{
    const struct pt_chunk *chunk = (const struct pt_chunk *)batch->chunks.items + c;
    const struct pt_piece *piece =
        (const struct pt_piece *)batch->pieces.items + chunk->piece;
    const struct pt_payload *payload = &piece->work->payload;
    struct pt_stat_summary *sum = (struct pt_stat_summary *)batch->sums.items + c;
    size_t skip = (size_t)(chunk->from - piece->from);
    size_t at = piece->result_at + skip;

    size_t n_runs = batch->with_base ? batch->n_samples : batch->n_runs;
    for (size_t r = 0; r < n_runs; r++) {
        const char *sample = batch->samples[chunk->piece * batch->n_runs + r];
        samples[r] = sample ? sample + skip * payload->item_bytes : NULL;
    }
    struct pt_stat_input input = {
        .samples = samples,
        .n_runs = batch->n_samples,
        .reference = n_runs > batch->n_samples ? samples[batch->n_samples] : NULL,
        .count = (size_t)(chunk->to - chunk->from),
        .dtype = payload->dtype,
        .item_bytes = payload->item_bytes};
    struct pt_stat_output output = {
        .mean = batch->boxes.filling->mean + at,
        .std = batch->boxes.filling->std + at,
        .sig = batch->boxes.filling->sig + at,
        .contributing = batch->boxes.filling->contributing
                            ? batch->boxes.filling->contributing + at
                            : NULL,
        .digits = batch->digits + piece->digits_at + skip,
        .moments =
            batch->boxes.filling->moments ? batch->boxes.filling->moments + at : NULL,
        .plane = (size_t)(piece->to - piece->from)};
    pt_stat_summary_begin(sum, payload->dtype, payload->item_bytes, payload->n_runs);
    const struct pt_moments *base =
        batch->with_base
            ? batch->samples[chunk->piece * batch->n_runs + batch->n_samples]
            : NULL;
    if (base)
        return pt_merge_piece(batch->plan, work, &input, &output, base + skip,
                              output.plane, sum, error);
    return pt_stat_piece(batch->plan, work, &input, &output, sum, error);
}

static void sum_of(const struct pt_batch *batch, const struct pt_piece *piece,
                   struct pt_stat_summary *summary)
{
    const struct pt_stat_summary *sums = batch->sums.items;
    for (size_t c = 0; c < piece->n_chunks; c++)
        pt_stat_summary_merge(summary, &sums[piece->first_chunk + c]);
}

static void begin_summary(const struct pt_piece *piece, struct pt_stat_summary *summary)
{
    const struct pt_payload *payload = &piece->work->payload;
    pt_stat_summary_begin(summary, payload->dtype, payload->item_bytes,
                          payload->n_runs);
}

static bool is_small(const struct pt_piece *piece)
{
    return piece->work->payload.n <= PT_STAT_EXACT_MAX;
}

/* A piece that is its whole payload, and not a large one, is finished on the spot. */
static bool is_done(const struct pt_piece *piece)
{
    return piece->from == 0 && piece->to == piece->work->payload.n && is_small(piece);
}

static void finish_whole(const struct pt_batch *batch, const struct pt_piece *piece,
                         struct pt_done *done)
{
    struct pt_stat_summary summary;
    begin_summary(piece, &summary);
    sum_of(batch, piece, &summary);
    done->origin = piece->work->payload.origin;
    done->index = piece->work->payload.index;
    pt_stat_summary_finish(batch->plan, &summary, &done->result);
    pt_stat_quantiles(batch->digits + piece->digits_at,
                      (size_t)(piece->to - piece->from), &done->result.sig_p05,
                      &done->result.sig_median);
}

/* A chunk that is its whole payload is finished while its digits are in a cache. */
static void finish_alone(const struct pt_batch *batch, size_t c, struct pt_done *done)
{
    const struct pt_chunk *chunk = (const struct pt_chunk *)batch->chunks.items + c;
    const struct pt_piece *piece =
        (const struct pt_piece *)batch->pieces.items + chunk->piece;
    if (is_done(piece) && piece->n_chunks == 1)
        finish_whole(batch, piece, &done[piece->done_at]);
}

/* done: of the pieces that are whole payloads. */
static enum pt_status measure_chunks(struct pt_batch *batch, struct pt_done *done,
                                     struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
#pragma omp parallel
    {
        struct pt_stat_work *work = NULL;
        struct pt_error why = {0};
        const void **samples = calloc(batch->n_runs, sizeof(void *));
        enum pt_status status = samples ? pt_stat_work_create(batch->plan, &work, &why)
                                        : pt_no_memory(&why, "a batch");
#pragma omp for schedule(dynamic)
        for (size_t c = 0; c < batch->chunks.n; c++) {
            if (!status)
                status = measure_chunk(batch, c, samples, work, &why);
            if (!status)
                finish_alone(batch, c, done);
        }
#pragma omp critical(pt_batch)
        if (status && !outcome) {
            outcome = status;
            *error = why;
        }
        pt_stat_work_destroy(work);
        free(samples);
    }
    return outcome;
}

static enum pt_status carry_begin(struct pt_batch *batch, const struct pt_piece *piece,
                                  struct pt_error *error)
{
    struct pt_part *carry = &batch->carry;
    begin_summary(piece, &carry->summary);
    if (is_small(piece) && !carry->digits)
        carry->digits = malloc(PT_STAT_EXACT_MAX * sizeof(double));
    if (!is_small(piece) && !carry->histogram)
        carry->histogram = malloc(sizeof *carry->histogram);
    if (is_small(piece) ? !carry->digits : !carry->histogram)
        return pt_no_memory(error, "a large value");
    if (!is_small(piece))
        memset(carry->histogram, 0, sizeof *carry->histogram);
    return PT_OK;
}

/* The last piece of a work that took several batches, or is a part of its payload. */
static enum pt_status carry_end(struct pt_batch *batch, const struct pt_piece *piece,
                                struct pt_error *error)
{
    const struct pt_payload *payload = &piece->work->payload;
    struct pt_part *carry = &batch->carry;
    if (piece->work->from == 0 && piece->work->to == payload->n) {
        struct pt_done *done = pt_array_push(&batch->done, 1);
        if (!done)
            return pt_no_memory(error, "results");
        done->origin = payload->origin;
        done->index = payload->index;
        pt_stat_summary_finish(batch->plan, &carry->summary, &done->result);
        if (is_small(piece))
            pt_stat_quantiles(carry->digits, (size_t)payload->n, &done->result.sig_p05,
                              &done->result.sig_median);
        else
            pt_stat_histogram_quantiles(carry->histogram, &done->result.sig_p05,
                                        &done->result.sig_median);
        return PT_OK;
    }
    struct pt_partial *partial = pt_array_push(&batch->partials, 1);
    if (!partial)
        return pt_no_memory(error, "a large value");
    partial->origin = payload->origin;
    partial->index = payload->index;
    partial->summary = carry->summary;
    partial->histogram = *carry->histogram;
    return PT_OK;
}

static enum pt_status carry_piece(struct pt_batch *batch, const struct pt_piece *piece,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    struct pt_part *carry = &batch->carry;
    const double *digits = batch->digits + piece->digits_at;
    size_t n = (size_t)(piece->to - piece->from);
    if (piece->from == piece->work->from)
        status = carry_begin(batch, piece, error);
    if (status)
        return status;
    sum_of(batch, piece, &carry->summary);
    if (is_small(piece))
        memcpy(carry->digits + piece->from, digits, n * sizeof *digits);
    else
        pt_stat_histogram_add(carry->histogram, digits, n);
    return piece->to == piece->work->to ? carry_end(batch, piece, error) : PT_OK;
}

enum pt_status pt_batch_measure(struct pt_batch *batch, struct pt_error *error)
{
    struct pt_piece *pieces = batch->pieces.items;
    size_t n = batch->pieces.n, n_done = 0, first_done = batch->done.n;
    for (size_t i = 0; i < n; i++)
        if (is_done(&pieces[i]))
            pieces[i].done_at = n_done++;
    if (!pt_array_push(&batch->done, n_done))
        return pt_no_memory(error, "results");
    struct pt_done *done = (struct pt_done *)batch->done.items + first_done;
    enum pt_status status = measure_chunks(batch, done, error);
    if (status)
        return status;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < n; i++)
        if (is_done(&pieces[i]) && pieces[i].n_chunks != 1)
            finish_whole(batch, &pieces[i], &done[pieces[i].done_at]);
    for (size_t i = 0; !status && i < n; i++)
        if (!is_done(&pieces[i]))
            status = carry_piece(batch, &pieces[i], error);
    return status;
}
