#include "alignment/skeleton.h"

#include <stdlib.h>
#include <string.h>

#include "schema/schema.h"

struct loader {
    const struct pt_trace_hashes *hashes;
    const struct pt_definitions *definitions;
    struct pt_array calls; /* struct pt_skeleton_call */
    uint32_t last;         /* where the previous search ended */
};

static uint64_t hash_at(const uint64_t *hashes, uint32_t n, uint32_t id)
{
    return id <= n ? hashes[id] : 0;
}

/* Index of the call that was entered at `time`; UINT32_MAX if it is not there (its
 * block was lost). Entries are in order of time, and most searches are for a call near
 * the last one. */
static uint32_t find(struct loader *loader, uint64_t time)
{
    const struct pt_skeleton_call *calls = loader->calls.items;
    size_t low = 0, high = loader->calls.n;
    if (!time)
        return UINT32_MAX;
    for (size_t near = loader->last, tries = 0; tries < 4 && near < high; tries++)
        if (calls[near].time == time)
            return (uint32_t)near;
        else if (calls[near].parent != UINT32_MAX && calls[near].time > time)
            near = calls[near].parent;
        else
            near++;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (calls[middle].time < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low < loader->calls.n && calls[low].time == time ? (uint32_t)low
                                                            : UINT32_MAX;
}

static enum pt_status on_enter(struct loader *loader,
                               const struct pt_trace_enter *enter,
                               struct pt_error *error)
{
    const struct pt_trace_hashes *h = loader->hashes;
    const struct pt_definitions *d = loader->definitions;
    uint64_t function = hash_at(h->functions, h->n_functions, enter->function);
    uint64_t site = hash_at(h->sites, h->n_sites, enter->site);
    uint64_t path = hash_at(h->paths, h->n_paths, enter->path);
    const struct pt_skeleton_call *calls = loader->calls.items;

    if (loader->calls.n >= UINT32_MAX)
        return pt_error_set(error, PT_E_LIMIT, "more than 2^32 calls in one trace");
    if ((loader->calls.n && calls[loader->calls.n - 1].time >= enter->time) ||
        enter->time >= PT_SKELETON_TIMES)
        return pt_error_set(error, PT_E_DAMAGED, "times of calls do not rise");
    uint32_t parent = find(loader, enter->parent);
    struct pt_skeleton_call *call = pt_array_add(&loader->calls, 1);
    if (!call)
        return pt_no_memory(error, "the calls of a trace");
    *call = (struct pt_skeleton_call){
        .item = pt_mix(pt_mix(function, site), path),
        .time = enter->time,
        .place = 2 * enter->time,
        .end_time = enter->time,
        .start_ns = enter->ns,
        .end_ns = enter->ns,
        .refs = {enter->values, 0},
        .n_values = {enter->n_values, 0},
        .parent = parent,
        .function = pt_definitions_row(&d->function_rows, function),
        .site = pt_definitions_row(&d->site_rows, site),
        .path = pt_definitions_row(&d->path_rows, path),
        .thread = enter->thread,
        .n_runs = 1,
        .flags = PT_CALL_OPEN | (enter->thread ? PT_CALL_UNORDERED : 0)};
    loader->last = (uint32_t)(loader->calls.n - 1);
    return PT_OK;
}

static void on_exit_record(struct loader *loader, const struct pt_trace_exit *exit)
{
    uint32_t at = find(loader, exit->call);
    if (at == UINT32_MAX)
        return;
    struct pt_skeleton_call *call = (struct pt_skeleton_call *)loader->calls.items + at;
    if (exit->time < call->time || exit->time >= PT_SKELETON_TIMES)
        return;
    call->end_time = exit->time;
    call->end_ns = exit->ns;
    call->refs[1] = exit->values;
    call->n_values[1] = exit->n_values;
    if (!(exit->flags & PT_EXIT_CUT))
        call->flags &= ~(uint32_t)PT_CALL_OPEN;
    if (exit->flags & PT_EXIT_UNORDERED)
        call->flags |= PT_CALL_UNORDERED;
    if (exit->exception)
        call->flags |= PT_CALL_RAISED;
    loader->last = at;
}

static enum pt_status load_block(struct loader *loader, const unsigned char *body,
                                 uint64_t bytes, struct pt_error *error)
{
    struct pt_trace_cursor cursor = {.body = body, .bytes = bytes};
    enum pt_status status = PT_OK;
    while (!status && !(status = pt_trace_cursor_next(&cursor, error))) {
        if (cursor.type == PT_RECORD_ENTER) {
            struct pt_trace_enter enter;
            status = pt_trace_enter_decode(&cursor, &enter, error);
            if (!status)
                status = on_enter(loader, &enter, error);
        } else if (cursor.type == PT_RECORD_EXIT) {
            struct pt_trace_exit exit;
            status = pt_trace_exit_decode(&cursor, &exit, error);
            if (!status)
                on_exit_record(loader, &exit);
        }
    }
    return status == PT_E_MISSING ? PT_OK : status;
}

static size_t largest_block(const struct pt_trace_reader *reader, size_t n)
{
    size_t bytes = 1;
    for (size_t i = 0; i < n; i++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, i);
        if (block->raw_bytes > bytes)
            bytes = (size_t)block->raw_bytes;
        if (block->stored_bytes > bytes)
            bytes = (size_t)block->stored_bytes;
    }
    return bytes;
}

enum pt_status pt_skeleton_read(struct pt_trace_reader *reader,
                                const struct pt_trace_hashes *hashes,
                                const struct pt_definitions *definitions,
                                struct pt_array *spare, struct pt_skeleton *skeleton,
                                struct pt_error *error)
{
    struct loader loader = {
        .hashes = hashes, .definitions = definitions, .calls = *spare};
    size_t n = pt_trace_reader_n_blocks(reader, PT_STREAM_SKELETON);
    unsigned char *body = malloc(largest_block(reader, n));
    enum pt_status status = body ? PT_OK : pt_no_memory(error, "a block of a trace");

    *spare = (struct pt_array){0};
    loader.calls.n = 0;
    loader.calls.item_bytes = sizeof(struct pt_skeleton_call);
    for (size_t i = 0; !status && i < n; i++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, i);
        struct pt_error why = {0};
        status = pt_trace_reader_read(reader, block, body, &why);
        if (!status)
            status = load_block(&loader, body, block->raw_bytes, &why);
        if (status == PT_E_DAMAGED) {
            skeleton->n_damaged_blocks++;
            status = PT_OK;
        } else if (status) {
            *error = why;
        }
    }
    free(body);
    skeleton->calls = loader.calls.items;
    skeleton->n = loader.calls.n;
    skeleton->room = loader.calls.room;
    return status;
}

void pt_skeleton_free(struct pt_skeleton *skeleton)
{
    pt_memory_free(skeleton->calls);
    pt_memory_free(skeleton->packed.bytes);
    pt_memory_free(skeleton->packed.whats);
    pt_memory_free(skeleton->partner);
    pt_array_free(&skeleton->extras);
    *skeleton = (struct pt_skeleton){0};
}
