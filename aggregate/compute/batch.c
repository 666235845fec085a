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
    if (pt_extra_wanted(batch->extra) &&
        !(batch->moments = malloc(room * sizeof *batch->moments)))
        return pt_no_memory(error, "a batch (--batch-size)");
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
    free(batch->moments);
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
