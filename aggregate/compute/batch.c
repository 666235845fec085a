#include "compute/batch.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

/* The least that holds one block of the largest type: 64 complex long doubles; and what
 * one thread reads of each run at a time: half a megabyte, so that samples are still in
 * a cache when they are computed with. */
enum { LEAST_ELEMENTS = 256, TILE_ELEMENTS = 1 << 16, OUTBOX_TILES = 4 };

static uint64_t align64(uint64_t n)
{
    return (n + 63) & ~(uint64_t)63;
}

static uint64_t planes(const struct pt_work *work)
{
    return work->payload.dtype == 'c' ? 2 : 1;
}

enum pt_status pt_batch_begin(struct pt_batch *batch, uint64_t elements, int threads,
                              const struct pt_extra *extra, struct pt_output *output,
                              struct pt_error *error)
{
    size_t room = (size_t)(elements < LEAST_ELEMENTS ? LEAST_ELEMENTS : elements);
    size_t tile = (size_t)threads * TILE_ELEMENTS;
    tile = tile < room ? tile : room;
    room = room < OUTBOX_TILES * tile ? room : OUTBOX_TILES * tile;
    batch->bytes = tile * sizeof(double);
    batch->pieces.item_bytes = sizeof(struct pt_piece);
    batch->chunks.item_bytes = sizeof(struct pt_chunk);
    batch->sums.item_bytes = sizeof(struct pt_stat_summary);
    batch->done.item_bytes = sizeof(struct pt_done);
    batch->partials.item_bytes = sizeof(struct pt_partial);
    batch->copies = calloc(batch->n_runs, sizeof(char *));
    batch->digits = malloc(tile * sizeof(double));
    if (batch->with_base)
        batch->base = malloc(tile * sizeof *batch->base);
    if (!batch->copies || !batch->digits || (batch->with_base && !batch->base))
        return pt_no_memory(error, "a batch (--batch-size)");
    return pt_outboxes_begin(&batch->boxes, room, extra, output, error);
}

void pt_batch_free(struct pt_batch *batch)
{
    for (size_t r = 0; batch->copies && r < batch->n_runs; r++)
        free(batch->copies[r]);
    free(batch->copies);
    free(batch->samples);
    free(batch->digits);
    free(batch->base);
    pt_outboxes_free(&batch->boxes);
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

/* How many elements of the work fit: all that are left, or whole blocks. What would fit
 * an empty tile is not cut. */
static uint64_t fitting(const struct pt_batch *batch, const struct pt_work *work,
                        size_t bytes_used, size_t results_used)
{
    uint64_t left = work->to - batch->next_from, item = work->payload.item_bytes;
    uint64_t room = batch->bytes / sizeof(double) - results_used;
    uint64_t in_outbox =
        batch->boxes.filling->room - batch->boxes.filling->n - results_used;
    uint64_t most = (in_outbox < room ? in_outbox : room) / planes(work);
    uint64_t by_bytes = (batch->bytes - bytes_used) / item;
    most = by_bytes < most ? by_bytes : most;
    if (left <= most)
        return left;
    if ((bytes_used || batch->boxes.filling->n) && left * item <= batch->bytes &&
        left * planes(work) <= batch->bytes / sizeof(double))
        return 0;
    return most / PT_STAT_BLOCK * PT_STAT_BLOCK;
}

/* Whether the piece stands behind all that is in the outbox: of a complex value that
 * takes several, each but the first has to wait until the outbox is empty. */
static bool goes_on(const struct pt_outbox *outbox, const struct pt_work *work,
                    uint64_t from)
{
    const struct pt_output_stretch *list = outbox->stretches.items;
    size_t n = outbox->stretches.n;
    return !n ||
           work->payload.first_element + from >= list[n - 1].start + list[n - 1].n;
}

/* A stretch of the file, joined to the one before where they touch. */
static enum pt_status add_stretch(struct pt_outbox *outbox, uint64_t start,
                                  uint64_t length, struct pt_error *error)
{
    struct pt_output_stretch *list = outbox->stretches.items;
    size_t n = outbox->stretches.n;
    if (n && list[n - 1].start + list[n - 1].n == start) {
        list[n - 1].n += length;
        return PT_OK;
    }
    struct pt_output_stretch *at = pt_array_push(&outbox->stretches, 1);
    if (!at)
        return pt_no_memory(error, "a batch");
    *at = (struct pt_output_stretch){start, length};
    return PT_OK;
}

static enum pt_status add_piece(struct pt_batch *batch, struct pt_work *work,
                                const struct pt_piece *like, struct pt_error *error)
{
    const struct pt_payload *payload = &work->payload;
    uint64_t n = like->to - like->from, start = payload->first_element + like->from;
    struct pt_piece *piece = pt_array_push(&batch->pieces, 1);
    if (!piece)
        return pt_no_memory(error, "a batch");
    *piece = *like;
    enum pt_status status = add_chunks(batch, piece, error);
    if (!status)
        status = add_stretch(batch->boxes.filling, start, n, error);
    if (!status && planes(work) == 2)
        status = add_stretch(batch->boxes.filling, start + payload->n, n, error);
    return status;
}

static enum pt_status room_for_samples(struct pt_batch *batch, struct pt_error *error)
{
    size_t cells = batch->pieces.n * batch->n_runs;
    if (cells <= batch->samples_room)
        return PT_OK;
    free(batch->samples);
    batch->samples = malloc(cells * sizeof(void *));
    batch->samples_room = batch->samples ? cells : 0;
    return batch->samples ? PT_OK : pt_no_memory(error, "a batch");
}

enum pt_status pt_batch_plan(struct pt_batch *batch, struct pt_error *error)
{
    size_t bytes = 0, results = 0, digits = 0;
    enum pt_status status = PT_OK;
    batch->pieces.n = batch->chunks.n = batch->sums.n = 0;
    while (!status && batch->next_work < batch->layout->work.n) {
        struct pt_work *work = pt_layout_work(batch->layout, batch->next_work);
        if (batch->next_from < work->from)
            batch->next_from = work->from;
        uint64_t n = bytes < batch->bytes ? fitting(batch, work, bytes, results) : 0;
        if (!n || !goes_on(batch->boxes.filling, work, batch->next_from))
            break;
        struct pt_piece piece = {.work = work,
                                 .from = batch->next_from,
                                 .to = batch->next_from + n,
                                 .bytes_at = bytes,
                                 .result_at = batch->boxes.filling->n + results,
                                 .base_at = results,
                                 .digits_at = digits};
        status = add_piece(batch, work, &piece, error);
        bytes = (size_t)align64(bytes + n * work->payload.item_bytes);
        results += (size_t)(n * planes(work));
        digits += (size_t)n;
        batch->next_from += n;
        if (batch->next_from == work->to) {
            batch->next_work++;
            batch->next_from = 0;
        }
    }
    batch->boxes.filling->n += results;
    return status ? status : room_for_samples(batch, error);
}

/* The samples of one run where they stand, or copied where they are in pieces. */
static enum pt_status read_piece(struct pt_batch *batch, const struct pt_piece *piece,
                                 struct pt_trace_reader *reader, size_t run,
                                 const void **sample, struct pt_error *error)
{
    struct pt_payload *payload = &piece->work->payload;
    uint64_t ref = pt_payload_refs(payload)[run], item = payload->item_bytes;
    uint64_t offset = piece->from * item, bytes = (piece->to - piece->from) * item;
    enum pt_status status =
        pt_trace_reader_view(reader, ref, offset, bytes, sample, error);
    if (status || *sample)
        return status;
    char **copies = &batch->copies[run];
    if (!*copies && !(*copies = aligned_alloc(64, (size_t)align64(batch->bytes))))
        return pt_no_memory(error, "a batch");
    status = pt_trace_reader_payload(reader, ref, offset, bytes,
                                     *copies + piece->bytes_at, error);
    *sample = status ? NULL : *copies + piece->bytes_at;
    return status;
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
        const void **sample = &batch->samples[i * batch->n_runs + run];
        struct pt_trace_reader *reader;
        *sample = NULL;
        if (pt_payload_refs(payload)[run] == PT_RESULT_NONE64)
            continue;
        uint32_t trace =
            pt_readers_trace(batch->readers, payload->process, (uint32_t)run);
        if (trace != last && last != UINT32_MAX)
            pt_readers_rest(batch->readers, last);
        last = trace;
        status = pt_readers_get(batch->readers, trace, &reader, error);
        if (!status)
            status = read_piece(batch, &pieces[i], reader, run, sample, error);
        if (status == PT_E_DAMAGED || status == PT_E_MISSING) {
            *sample = NULL;
            ++*n_damaged;
            status = PT_OK;
        }
    }
    if (last != UINT32_MAX)
        pt_readers_rest(batch->readers, last);
    return status;
}

/* The moments that the base has of each piece. */
static enum pt_status read_base(struct pt_batch *batch, struct pt_error *error)
{
    const struct pt_piece *pieces = batch->pieces.items;
    enum pt_status status = PT_OK;
    for (size_t i = 0; !status && i < batch->pieces.n; i++) {
        struct pt_payload *payload = &pieces[i].work->payload;
        const void **sample = &batch->samples[i * batch->n_runs + batch->n_samples];
        uint64_t ref = pt_payload_refs(payload)[batch->n_samples];
        uint64_t n = pieces[i].to - pieces[i].from;
        struct pt_moments *moments = batch->base + pieces[i].base_at;
        struct pt_trace_reader *reader;
        *sample = ref != PT_RESULT_NONE64 ? moments : NULL;
        if (!*sample)
            continue;
        uint32_t trace = pt_readers_trace(batch->readers, payload->process,
                                          (uint32_t)batch->n_samples);
        status = pt_readers_get(batch->readers, trace, &reader, error);
        for (uint64_t p = 0; !status && p < planes(pieces[i].work); p++)
            status = pt_trace_reader_payload(
                reader, ref, (p * payload->n + pieces[i].from) * sizeof *moments,
                n * sizeof *moments, moments + p * n, error);
        pt_readers_rest(batch->readers, trace);
    }
    return status;
}

void pt_batch_release(struct pt_batch *batch)
{
    const struct pt_piece *pieces = batch->pieces.items;
    for (size_t run = 0; run < batch->n_runs; run++) {
        uint32_t last = UINT32_MAX;
        for (size_t i = 0; i < batch->pieces.n; i++) {
            uint32_t process = pieces[i].work->payload.process;
            uint32_t trace = pt_readers_trace(batch->readers, process, (uint32_t)run);
            if (trace != last && trace != UINT32_MAX)
                pt_readers_release(batch->readers, trace);
            last = trace;
        }
    }
}

enum pt_status pt_batch_read(struct pt_batch *batch, struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
    uint64_t n_damaged = 0;
    size_t n_read = batch->with_base ? batch->n_samples : batch->n_runs;
#pragma omp parallel for schedule(dynamic) reduction(+ : n_damaged)
    for (size_t run = 0; run < n_read; run++) {
        struct pt_error why = {0};
        enum pt_status status = read_run(batch, run, &n_damaged, &why);
#pragma omp critical(pt_batch)
        if (status && !outcome) {
            outcome = status;
            *error = why;
        }
    }
    batch->n_damaged += n_damaged;
    return outcome || !batch->with_base ? outcome : read_base(batch, error);
}
