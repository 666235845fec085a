#include "compute/batch.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* The least that holds one block of the largest type: 64 complex long doubles. */
enum { LEAST_ELEMENTS = 256 };

static uint64_t align64(uint64_t n)
{
    return (n + 63) & ~(uint64_t)63;
}

static uint64_t planes(const struct pt_work *work)
{
    return work->payload.dtype == 'c' ? 2 : 1;
}

enum pt_status pt_batch_begin(struct pt_batch *batch, uint64_t elements,
                              struct pt_error *error)
{
    size_t room = (size_t)(elements < LEAST_ELEMENTS ? LEAST_ELEMENTS : elements);
    batch->bytes = room * sizeof(double);
    batch->pieces.item_bytes = sizeof(struct pt_piece);
    batch->chunks.item_bytes = sizeof(struct pt_chunk);
    batch->sums.item_bytes = sizeof(struct pt_stat_summary);
    batch->done.item_bytes = sizeof(struct pt_done);
    batch->partials.item_bytes = sizeof(struct pt_partial);
    batch->samples = calloc(batch->n_runs, sizeof(char *));
    batch->mean = malloc(room * sizeof(double));
    batch->std = malloc(room * sizeof(double));
    batch->sig = malloc(room * sizeof(double));
    batch->digits = malloc(room * sizeof(double));
    if (!batch->samples || !batch->mean || !batch->std || !batch->sig || !batch->digits)
        return pt_no_memory(error, "a batch (--batch-size)");
    for (size_t r = 0; batch->layout->work.n && r < batch->n_runs; r++)
        if (!(batch->samples[r] = aligned_alloc(64, (size_t)align64(batch->bytes))))
            return pt_no_memory(error, "a batch (--batch-size)");
    return PT_OK;
}

void pt_batch_free(struct pt_batch *batch)
{
    for (size_t r = 0; batch->samples && r < batch->n_runs; r++)
        free(batch->samples[r]);
    free(batch->samples);
    free(batch->mean);
    free(batch->std);
    free(batch->sig);
    free(batch->digits);
    free(batch->present);
    free(batch->carry.digits);
    free(batch->carry.histogram);
    pt_array_free(&batch->pieces);
    pt_array_free(&batch->chunks);
    pt_array_free(&batch->sums);
    pt_array_free(&batch->done);
    pt_array_free(&batch->partials);
}

static enum pt_status add_chunks(struct pt_batch *batch, struct pt_piece *piece,
                                 struct pt_error *error)
{
    piece->first_chunk = batch->chunks.n;
    for (uint64_t from = piece->from; from < piece->to; from += PT_BATCH_CHUNK) {
        struct pt_chunk *chunk = pt_array_push(&batch->chunks, 1);
        if (!chunk || !pt_array_push(&batch->sums, 1))
            return pt_no_memory(error, "a batch");
        uint64_t to = from + PT_BATCH_CHUNK;
        *chunk = (struct pt_chunk){batch->pieces.n - 1, from,
                                   to < piece->to ? to : piece->to};
    }
    piece->n_chunks = batch->chunks.n - piece->first_chunk;
    return PT_OK;
}

/* How many elements of the work fit: all that are left, or whole blocks. */
static uint64_t fitting(const struct pt_batch *batch, const struct pt_work *work,
                        size_t bytes_used, size_t results_used)
{
    uint64_t left = work->to - batch->next_from;
    uint64_t by_bytes = (batch->bytes - bytes_used) / work->payload.item_bytes;
    uint64_t by_results = (batch->bytes / sizeof(double) - results_used) / planes(work);
    uint64_t most = by_bytes < by_results ? by_bytes : by_results;
    return left <= most ? left : most / PT_STAT_BLOCK * PT_STAT_BLOCK;
}

enum pt_status pt_batch_plan(struct pt_batch *batch, struct pt_error *error)
{
    size_t bytes = 0, results = 0, digits = 0;
    batch->pieces.n = batch->chunks.n = batch->sums.n = 0;
    while (batch->next_work < batch->layout->work.n) {
        struct pt_work *work = pt_layout_work(batch->layout, batch->next_work);
        if (batch->next_from < work->from)
            batch->next_from = work->from;
        uint64_t n = bytes < batch->bytes ? fitting(batch, work, bytes, results) : 0;
        if (!n)
            break;
        struct pt_piece *piece = pt_array_push(&batch->pieces, 1);
        if (!piece)
            return pt_no_memory(error, "a batch");
        *piece = (struct pt_piece){.work = work,
                                   .from = batch->next_from,
                                   .to = batch->next_from + n,
                                   .bytes_at = bytes,
                                   .result_at = results,
                                   .digits_at = digits};
        if (add_chunks(batch, piece, error))
            return PT_E_MEMORY;
        bytes = (size_t)align64(bytes + n * work->payload.item_bytes);
        results += (size_t)(n * planes(work));
        digits += (size_t)n;
        batch->next_from += n;
        if (batch->next_from == work->to) {
            batch->next_work++;
            batch->next_from = 0;
        }
    }
    size_t cells = batch->pieces.n * batch->n_runs;
    if (cells > batch->present_room) {
        free(batch->present);
        batch->present = malloc(cells);
        batch->present_room = batch->present ? cells : 0;
        if (!batch->present)
            return pt_no_memory(error, "a batch");
    }
    return PT_OK;
}

/* What cannot be read of a run is as if that run lacked it, and is counted. */
static enum pt_status read_run(struct pt_batch *batch, size_t run, uint64_t *n_damaged,
                               struct pt_error *error)
{
    const struct pt_piece *pieces = batch->pieces.items;
    enum pt_status status = PT_OK;
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; !status && i < batch->pieces.n; i++) {
        struct pt_payload *payload = &pieces[i].work->payload;
        unsigned char *present = &batch->present[i * batch->n_runs + run];
        uint64_t ref = pt_payload_refs(payload)[run], item = payload->item_bytes;
        struct pt_trace_reader *reader;
        *present = ref != PT_RESULT_NONE64;
        if (!*present)
            continue;
        uint32_t trace =
            pt_readers_trace(batch->readers, payload->process, (uint32_t)run);
        if (trace != last && last != UINT32_MAX)
            pt_readers_rest(batch->readers, last);
        last = trace;
        status = pt_readers_get(batch->readers, trace, &reader, error);
        if (!status)
            status = pt_trace_reader_payload(reader, ref, pieces[i].from * item,
                                             (pieces[i].to - pieces[i].from) * item,
                                             batch->samples[run] + pieces[i].bytes_at,
                                             error);
        if (status == PT_E_DAMAGED || status == PT_E_MISSING) {
            *present = 0;
            ++*n_damaged;
            status = PT_OK;
        }
    }
    if (last != UINT32_MAX)
        pt_readers_rest(batch->readers, last);
    return status;
}

enum pt_status pt_batch_read(struct pt_batch *batch, struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
    uint64_t n_damaged = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : n_damaged)
    for (size_t run = 0; run < batch->n_runs; run++) {
        struct pt_error why = {0};
        enum pt_status status = read_run(batch, run, &n_damaged, &why);
#pragma omp critical(pt_batch)
        if (status && !outcome) {
            outcome = status;
            *error = why;
        }
    }
    batch->n_damaged += n_damaged;
    return outcome;
}

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

    for (size_t r = 0; r < batch->n_runs; r++)
        samples[r] =
            batch->present[chunk->piece * batch->n_runs + r]
                ? batch->samples[r] + piece->bytes_at + skip * payload->item_bytes
                : NULL;
    struct pt_stat_input input = {.samples = samples,
                                  .n_runs = batch->n_runs,
                                  .count = (size_t)(chunk->to - chunk->from),
                                  .dtype = payload->dtype,
                                  .item_bytes = payload->item_bytes};
    struct pt_stat_output output = {.mean = batch->mean + at,
                                    .std = batch->std + at,
                                    .sig = batch->sig + at,
                                    .digits = batch->digits + piece->digits_at + skip,
                                    .plane = (size_t)(piece->to - piece->from)};
    pt_stat_summary_begin(sum, payload->dtype, payload->item_bytes, payload->n_runs);
    return pt_stat_piece(batch->plan, work, &input, &output, sum, error);
}

static enum pt_status measure_chunks(struct pt_batch *batch, struct pt_error *error)
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
        for (size_t c = 0; c < batch->chunks.n; c++)
            if (!status)
                status = measure_chunk(batch, c, samples, work, &why);
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

static bool is_whole(const struct pt_piece *piece)
{
    return piece->from == 0 && piece->to == piece->work->payload.n;
}

static bool is_small(const struct pt_piece *piece)
{
    return piece->work->payload.n <= PT_STAT_EXACT_MAX;
}

/* A piece that is its whole payload: finished on the spot. */
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
    size_t n_whole = 0, first_done;
    enum pt_status status = measure_chunks(batch, error);
    for (size_t i = 0; !status && i < batch->pieces.n; i++)
        if (!is_whole(&pieces[i]) || !is_small(&pieces[i]))
            status = carry_piece(batch, &pieces[i], error);
        else
            pieces[i].done_at = n_whole++;
    if (status)
        return status;
    first_done = batch->done.n;
    if (!pt_array_push(&batch->done, n_whole))
        return pt_no_memory(error, "results");
    struct pt_done *done = (struct pt_done *)batch->done.items + first_done;
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t i = 0; i < batch->pieces.n; i++)
        if (is_whole(&pieces[i]) && is_small(&pieces[i]))
            finish_whole(batch, &pieces[i], &done[pieces[i].done_at]);
    return PT_OK;
}
