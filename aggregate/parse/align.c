#include "alignment/pack.h"
#include "base/log.h"
#include "parse/state.h"

enum { OPEN_TRACES = 32 };

/* Trace i is read by rank i modulo the number of ranks. */
static enum pt_status define(struct pt_parse_state *s, struct pt_trace_reader **readers,
                             struct pt_trace_hashes *hashes, struct pt_error *error)
{
    struct pt_definition_book book;
    enum pt_status status = PT_OK;
    pt_definition_book_begin(&book);
    for (size_t k = 0; !status && k < s->n_skeletons; k++) {
        size_t trace = (size_t)s->team->rank + k * (size_t)s->team->size;
        s->skeletons[k].trace = (uint32_t)trace;
        status =
            pt_trace_reader_open(s->catalogue.traces[trace].path, &readers[k], error);
        if (!status)
            status = pt_definition_book_add(&book, readers[k], &hashes[k], error);
        if (!status && s->n_skeletons > OPEN_TRACES)
            pt_trace_reader_park(readers[k], false);
    }
    status = pt_team_agree(s->team, status, error);
    if (!status)
        status = pt_definitions_share(s->team, &book, &s->definitions, error);
    pt_definition_book_free(&book);
    return status;
}

/* The calls of a base know their keys, and stay as they are. */
static enum pt_status read_skeleton(struct pt_parse_state *s, size_t k,
                                    struct pt_trace_reader *reader,
                                    const struct pt_trace_hashes *hashes,
                                    struct pt_array *spare, struct pt_error *error)
{
    struct pt_skeleton *skeleton = &s->skeletons[k];
    const struct pt_catalogue_trace *trace = &s->catalogue.traces[skeleton->trace];
    const char *role = s->catalogue.processes[trace->process].role;
    bool base = trace->flags & PT_RUN_BASE;
    enum pt_status status =
        pt_skeleton_read(reader, hashes, &s->definitions, spare, skeleton, error);
    pt_trace_reader_park(reader, false);
    if (!status && base)
        status = pt_base_skeleton(&s->base, role, skeleton, error);
    if (!status)
        status = pt_align_keys(skeleton, role, error);
    if (!status && !base)
        status = pt_skeleton_pack(skeleton, spare, error);
    return status;
}

static enum pt_status read_skeletons(struct pt_parse_state *s,
                                     struct pt_trace_reader **readers,
                                     struct pt_trace_hashes *hashes,
                                     struct pt_error *error)
{
    enum pt_status outcome = PT_OK;
#pragma omp parallel
    {
        struct pt_array spare = {0};
#pragma omp for schedule(dynamic)
        for (size_t k = 0; k < s->n_skeletons; k++) {
            struct pt_error why = {0};
            enum pt_status status =
                read_skeleton(s, k, readers[k], &hashes[k], &spare, &why);
#pragma omp critical(pt_skeletons)
            if (status && !outcome) {
                outcome = status;
                *error = why;
            }
        }
        pt_array_free(&spare);
    }
    return outcome;
}

enum pt_status pt_parse_align(struct pt_parse_state *s, struct pt_error *error)
{
    size_t size = (size_t)s->team->size, rank = (size_t)s->team->rank;
    size_t n = (s->catalogue.n_traces + size - 1 - rank) / size;
    struct pt_trace_reader **readers =
        pt_memory_get(n + 1, sizeof(struct pt_trace_reader *));
    struct pt_trace_hashes *hashes = pt_memory_get(n + 1, sizeof *hashes);
    uint64_t by_occurrence = 0;
    s->skeletons = pt_memory_get(n + 1, sizeof *s->skeletons);
    s->pivots = pt_memory_get(s->catalogue.n_processes, sizeof *s->pivots);
    enum pt_status status = readers && hashes && s->skeletons && s->pivots
                                ? PT_OK
                                : pt_no_memory(error, "the traces' calls");
    status = pt_team_agree(s->team, status, error);
    if (status)
        goto done;
    s->n_skeletons = n;
    status = define(s, readers, hashes, error);
    if (!status) {
        status = read_skeletons(s, readers, hashes, error);
        status = pt_team_agree(s->team, status, error);
    }
    for (size_t k = 0; !status && k < n; k++)
        s->n_damaged += s->skeletons[k].n_damaged_blocks;
    if (!status)
        status =
            pt_align_pivots(s->team, &s->catalogue, s->skeletons, n, s->pivots, error);
    if (!status)
        status =
            pt_align_match(s->team, &s->catalogue, s->pivots, s->options->alignment,
                           s->skeletons, n, &by_occurrence, error);
    if (!status && by_occurrence && s->team->rank == 0)
        pt_log_warning(
            "%llu callers made calls that differ too much between runs to be "
            "compared in order: they were matched by occurrence",
            (unsigned long long)by_occurrence);
    if (!status)
        status = pt_calls_join(s->team, &s->catalogue, s->pivots, s->skeletons, n,
                               &s->calls, error);
done:
    for (size_t k = 0; k < n && readers && hashes; k++) {
        s->bytes_read += readers[k] ? pt_trace_reader_bytes_read(readers[k]) : 0;
        s->opens += readers[k] ? pt_trace_reader_opens(readers[k]) : 0;
        pt_trace_reader_close(readers[k]);
        pt_trace_hashes_free(&hashes[k]);
    }
    pt_memory_free(readers);
    pt_memory_free(hashes);
    if (!status)
        pt_parse_say(s, "Aligned", s->calls.total, "calls");
    return status;
}
