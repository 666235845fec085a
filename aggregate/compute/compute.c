#include "compute/compute.h"

#include <stdlib.h>
#include <string.h>

#include "compute/batch.h"

/* Inline values were measured while they were read: their elements are written first.
 */
static enum pt_status write_inline(const struct pt_team *team,
                                   const struct pt_layout *layout,
                                   const struct pt_values *values,
                                   const struct pt_extra *extra,
                                   struct pt_output *output, struct pt_error *error)
{
    uint64_t first = layout->inline_first, n = values->mean.n;
    enum pt_status status = pt_output_write(output, PT_COLUMN_ELEMENTS_MEAN, first, n,
                                            values->mean.items, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_ELEMENTS_STD, first, n,
                                 values->std.items, error);
    if (!status)
        status = pt_output_write(output, PT_COLUMN_ELEMENTS_SIG, first, n,
                                 values->sig.items, error);
    if (!status && extra->contributing)
        status = pt_output_write(output, PT_COLUMN_CONTRIBUTING_DIGITS, first, n,
                                 values->contributing.items, error);
    if (status || !pt_extra_moments(extra))
        return status;
    struct pt_output_stretch all = {first, n};
    void *scratch = pt_memory_get((size_t)n, sizeof(double));
    status = pt_team_agree(
        team, scratch ? PT_OK : pt_no_memory(error, "the elements' extremes"), error);
    if (!status)
        status = pt_extra_write(output, extra, &all, n ? 1 : 0, values->moments.items,
                                (size_t)n, scratch, error);
    pt_memory_free(scratch);
    return status;
}

static void add_tiles(const struct pt_batch *batch, struct pt_tiles *tiles)
{
    const struct pt_piece *pieces = batch->pieces.items;
    for (size_t i = 0; i < batch->pieces.n; i++) {
        const struct pt_payload *payload = &pieces[i].work->payload;
        uint64_t n = pieces[i].to - pieces[i].from;
        for (uint64_t plane = 0; plane < (payload->dtype == 'c' ? 2 : 1); plane++) {
            size_t at = pieces[i].result_at + (size_t)(plane * n);
            const double *const fields[3] = {batch->boxes.filling->mean + at,
                                             batch->boxes.filling->std + at,
                                             batch->boxes.filling->sig + at};
            pt_tiles_add(tiles, payload, plane, pieces[i].from, pieces[i].to, fields);
        }
    }
}

/* Reads and measures until the outbox is full or the work is done; *done: bytes of
 * samples. */
static enum pt_status fill_outbox(struct pt_batch *batch,
                                  const struct pt_compute_options *options,
                                  uint64_t *done, uint64_t all, struct pt_error *error)
{
    for (;;) {
        enum pt_status status = pt_batch_plan(batch, error);
        if (status || !batch->pieces.n)
            return status;
        status = pt_batch_read(batch, error);
        if (!status)
            status = pt_batch_measure(batch, error);
        pt_batch_release(batch);
        if (status)
            return status;
        add_tiles(batch, options->tiles);
        const struct pt_piece *pieces = batch->pieces.items;
        for (size_t i = 0; i < batch->pieces.n; i++)
            *done +=
                (pieces[i].to - pieces[i].from) * pieces[i].work->payload.item_bytes;
        if (options->progress)
            options->progress(options->context, *done, all);
    }
}

/* Where all ranks write together, they make as many rounds as the one with the most
 * results. Otherwise they meet when all is written. */
static enum pt_status run_batches(const struct pt_team *team, struct pt_batch *batch,
                                  const struct pt_compute_options *options,
                                  uint64_t all, struct pt_output *output,
                                  struct pt_error *error)
{
    bool together = !pt_output_direct(output);
    uint64_t done = 0;
    enum pt_status status = PT_OK;
    struct pt_error why;
    for (bool more = true; !status && more;) {
        status = fill_outbox(batch, options, &done, all, error);
        if (together)
            status = pt_team_agree(team, status, error);
        if (!status)
            status = pt_outboxes_empty(&batch->boxes, error);
        more = batch->next_work < batch->layout->work.n;
        if (together)
            more = pt_team_max(team, more) != 0;
    }
    enum pt_status written = pt_outboxes_end(&batch->boxes, &why);
    if (written && !status) {
        status = written;
        *error = why;
    }
    return pt_team_agree(team, status, error);
}

static enum pt_status send_done(const struct pt_team *team,
                                const struct pt_batch *batch, struct pt_values *values,
                                struct pt_error *error)
{
    struct pt_stat_result *results = values->results.items;
    const struct pt_done *mine = batch->done.items;
    struct pt_done *received = NULL;
    size_t n = 0;
    int *destination = pt_memory_get(batch->done.n + 1, sizeof *destination);
    enum pt_status status = pt_team_agree(
        team, destination ? PT_OK : pt_no_memory(error, "results"), error);
    for (size_t i = 0; !status && i < batch->done.n; i++)
        destination[i] = (int)mine[i].origin;
    if (!status)
        status = pt_team_send(team, mine, batch->done.n, sizeof *mine, destination,
                              (void **)&received, &n, error);
    for (size_t i = 0; i < n; i++)
        results[received[i].index] = received[i].result;
    pt_memory_free(received);
    pt_memory_free(destination);
    return status;
}

/* Parts of one payload come from several ranks; merging is exact in any order. */
static void join_partials(struct pt_partial *parts, size_t n,
                          const struct pt_stat_plan *plan,
                          struct pt_stat_result *results)
{
    for (size_t i = 0; i < n; i++) {
        size_t first = 0;
        while (parts[first].index != parts[i].index)
            first++;
        if (first == i)
            continue;
        pt_stat_summary_merge(&parts[first].summary, &parts[i].summary);
        pt_stat_histogram_merge(&parts[first].histogram, &parts[i].histogram);
    }
    for (size_t i = n; i-- > 0;) {
        struct pt_stat_result *result = &results[parts[i].index];
        /* The first part of each payload comes last, and has all of it. */
        pt_stat_summary_finish(plan, &parts[i].summary, result);
        pt_stat_histogram_quantiles(&parts[i].histogram, &result->sig_p05,
                                    &result->sig_median);
    }
}

static enum pt_status send_partials(const struct pt_team *team,
                                    const struct pt_batch *batch,
                                    struct pt_values *values, struct pt_error *error)
{
    const struct pt_partial *mine = batch->partials.items;
    struct pt_partial *received = NULL;
    size_t n = 0;
    int *destination = pt_memory_get(batch->partials.n + 1, sizeof *destination);
    enum pt_status status = pt_team_agree(
        team, destination ? PT_OK : pt_no_memory(error, "results"), error);
    for (size_t i = 0; !status && i < batch->partials.n; i++)
        destination[i] = (int)mine[i].origin;
    if (!status)
        status = pt_team_send(team, mine, batch->partials.n, sizeof *mine, destination,
                              (void **)&received, &n, error);
    if (!status)
        join_partials(received, n, batch->plan, values->results.items);
    pt_memory_free(received);
    pt_memory_free(destination);
    return status;
}

enum pt_status pt_compute(const struct pt_team *team, const struct pt_layout *layout,
                          struct pt_values *values, struct pt_readers *readers,
                          const struct pt_stat_plan *plan,
                          const struct pt_compute_options *options,
                          struct pt_output *output, uint64_t *n_damaged,
                          struct pt_error *error)
{
    struct pt_batch batch = {.layout = layout,
                             .readers = readers,
                             .plan = plan,
                             .n_runs = readers->catalogue->n_runs,
                             .n_samples = readers->catalogue->n_samples,
                             .with_base = readers->catalogue->n_base > 0};
    uint64_t all = 0;
    for (size_t i = 0; i < layout->work.n; i++) {
        const struct pt_work *work = pt_layout_work(layout, i);
        all += (work->to - work->from) * work->payload.item_bytes;
    }
    enum pt_status status =
        write_inline(team, layout, values, &options->extra, output, error);
    if (!status)
        status = pt_batch_begin(&batch, options->batch, team->threads, &options->extra,
                                output, error);
    status = pt_team_agree(team, status, error);
    if (!status)
        status = run_batches(team, &batch, options, all, output, error);
    if (!status)
        status = send_done(team, &batch, values, error);
    if (!status)
        status = send_partials(team, &batch, values, error);
    *n_damaged = batch.n_damaged;
    pt_batch_free(&batch);
    return status;
}
