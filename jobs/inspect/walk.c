#include "inspect/walk.h"

#include <stdlib.h>

static struct pt_walk_call find_open(const struct pt_walk *walk, uint64_t time)
{
    const uint64_t *packed = pt_map_get(&walk->open, time);

    return packed ? (struct pt_walk_call){.function = (uint32_t)(*packed >> 32),
                                          .depth = (uint32_t)*packed}
                  : (struct pt_walk_call){0};
}

static enum pt_status take_enter(struct pt_walk *walk,
                                 const struct pt_trace_enter *enter,
                                 struct pt_error *error)
{
    struct pt_walk_call call = {.function = enter->function};

    if (enter->parent && pt_map_get(&walk->open, enter->parent))
        call.depth = find_open(walk, enter->parent).depth + 1;
    if (!pt_map_set(&walk->open, enter->time,
                    (uint64_t)call.function << 32 | call.depth))
        return pt_error_set(error, PT_E_MEMORY, "no memory for the open calls");
    walk->n_calls++;
    walk->n_values += enter->n_values;
    walk->data_bytes += enter->data_bytes;
    walk->last_ns = enter->ns;
    return walk->enter(walk, enter, &call, error);
}

static enum pt_status take_exit(struct pt_walk *walk, const struct pt_trace_exit *exit,
                                struct pt_error *error)
{
    struct pt_walk_call call = find_open(walk, exit->call);

    pt_map_remove(&walk->open, exit->call);
    walk->n_values += exit->n_values;
    walk->data_bytes += exit->data_bytes;
    walk->last_ns = exit->ns;
    return walk->exit(walk, exit, &call, error);
}

/* Whether the status says that the rest of a block cannot be used. */
static bool is_damage(enum pt_status status)
{
    return status == PT_E_DAMAGED || status == PT_E_VERSION;
}

/* *damaged: the block, or the rest of it, cannot be used. */
static enum pt_status walk_block(struct pt_walk *walk, struct pt_trace_cursor *cursor,
                                 bool *damaged, struct pt_error *error)
{
    for (;;) {
        struct pt_trace_enter enter;
        struct pt_trace_exit exit;
        enum pt_status status = pt_trace_cursor_next(cursor, error);
        if (status == PT_E_MISSING)
            return PT_OK;
        bool entering = status == PT_OK && cursor->type == PT_RECORD_ENTER;
        if (entering)
            status = pt_trace_enter_decode(cursor, &enter, error);
        else if (status == PT_OK)
            status = pt_trace_exit_decode(cursor, &exit, error);
        *damaged = is_damage(status);
        if (status != PT_OK)
            return *damaged ? PT_OK : status;
        status =
            entering ? take_enter(walk, &enter, error) : take_exit(walk, &exit, error);
        if (status != PT_OK)
            return status;
    }
}

enum pt_status pt_walk_calls(struct pt_walk *walk, struct pt_error *error)
{
    size_t n = pt_trace_reader_n_blocks(walk->reader, PT_STREAM_SKELETON);
    enum pt_status status = PT_OK;

    for (size_t i = 0; i < n && status == PT_OK; i++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(walk->reader, PT_STREAM_SKELETON, i);
        unsigned char *body = malloc((size_t)block->raw_bytes + 1);
        struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
        bool damaged = false;
        if (!body)
            return pt_error_set(error, PT_E_MEMORY, "no memory for a block");
        status = pt_trace_reader_read(walk->reader, block, body, error);
        if (is_damage(status)) {
            damaged = true;
            status = PT_OK;
        } else if (status == PT_OK) {
            status = walk_block(walk, &cursor, &damaged, error);
        }
        walk->n_lost += damaged;
        free(body);
    }
    return status;
}

void pt_walk_clear(struct pt_walk *walk)
{
    pt_map_free(&walk->open);
}
