/* The checker's second walk: definitions, values and skeleton in file order. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "format/checking.h"
#include "format/record.h"

/* Whether a reference points behind what a killed program left. */
static bool is_beyond(const struct pt_checking *checking, enum pt_trace_stream stream,
                      uint64_t ordinal)
{
    return !checking->reader->sealed &&
           ordinal >= pt_trace_reader_n_blocks(checking->reader, stream);
}

static void need_defined(struct pt_checking *checking, enum pt_trace_record type,
                         uint32_t id, const char *what, uint64_t offset)
{
    if (id > checking->defined[type])
        pt_checking_fault(checking,
                          "%s %" PRIu32 " is used by the block at byte %" PRIu64
                          " before it is defined",
                          what, id, offset);
}

static void need_time(struct pt_checking *checking, const struct pt_trace_block *block,
                      uint64_t time)
{
    if (time == 0 || time < block->first_time || time > block->last_time)
        pt_checking_fault(checking,
                          "time %" PRIu64 " is not one of the block at byte %" PRIu64,
                          time, block->offset);
}

static void check_definition_uses(struct pt_checking *checking,
                                  const struct pt_trace_block *block,
                                  const struct pt_trace_cursor *cursor)
{
    const unsigned char *p = cursor->record;

    switch (cursor->type) {
    case PT_RECORD_FUNCTION:
        need_defined(checking, PT_RECORD_STRING, pt_get32(p + PT_FUNCTION_MODULE),
                     "string", block->offset);
        need_defined(checking, PT_RECORD_STRING, pt_get32(p + PT_FUNCTION_NAME),
                     "string", block->offset);
        need_defined(checking, PT_RECORD_STRING, pt_get32(p + PT_FUNCTION_FILE),
                     "string", block->offset);
        break;
    case PT_RECORD_SITE:
        need_defined(checking, PT_RECORD_STRING, pt_get32(p + PT_SITE_FILE), "string",
                     block->offset);
        need_defined(checking, PT_RECORD_STRING, pt_get32(p + PT_SITE_NAME), "string",
                     block->offset);
        break;
    case PT_RECORD_PATH:
        need_defined(checking, PT_RECORD_PATH, pt_get32(p + PT_PATH_PARENT), "path",
                     block->offset);
        need_defined(checking, PT_RECORD_SITE, pt_get32(p + PT_PATH_SITE), "site",
                     block->offset);
        break;
    default:
        break;
    }
}

static enum pt_status visit_definition(struct pt_checking *checking,
                                       const struct pt_trace_block *block,
                                       const struct pt_trace_cursor *cursor,
                                       struct pt_error *error)
{
    (void)error;
    if (cursor->type < PT_RECORD_STRING || cursor->type > PT_RECORD_PATH) {
        pt_checking_fault(checking, "stream 2 holds a record of type %u", cursor->type);
        return PT_OK;
    }
    if (cursor->record_bytes < PT_STRING_BYTES)
        return PT_OK; /* the reader has noted it */
    check_definition_uses(checking, block, cursor);
    uint32_t id = pt_get32(cursor->record + PT_STRING_ID); /* all have it there */
    if (id != checking->defined[cursor->type] + 1)
        pt_checking_fault(checking,
                          "id %" PRIu32 " of type %u is defined after %" PRIu32, id,
                          cursor->type, checking->defined[cursor->type]);
    if (id > checking->defined[cursor->type])
        checking->defined[cursor->type] = id;
    return PT_OK;
}

static bool shape_agrees(const struct pt_trace_value *value)
{
    uint64_t n = 1;

    if (value->kind != PT_VALUE_NUMBERS || value->form > PT_FORM_MASKED)
        return true;
    for (unsigned d = 0; d < value->ndim; d++) {
        if (__builtin_mul_overflow(n, value->shape[d], &n))
            return false;
    }
    return n == value->n_elements;
}

static enum pt_status visit_value(struct pt_checking *checking,
                                  const struct pt_trace_block *block,
                                  const struct pt_trace_cursor *cursor,
                                  struct pt_error *error)
{
    struct pt_trace_value value;
    const void *data;

    if (pt_trace_value_decode(cursor, &value, &data, error) != PT_OK) {
        pt_checking_fault(checking, "%s", error->text);
        return PT_OK;
    }
    need_defined(checking, PT_RECORD_STRING, value.name, "string", block->offset);
    need_time(checking, block, value.call);
    if (!shape_agrees(&value))
        pt_checking_fault(checking,
                          "a value of call %" PRIu64 " has a shape that is not that "
                          "of its elements",
                          value.call);
    if (value.storage < PT_STORAGE_PAYLOAD ||
        is_beyond(checking, PT_STREAM_PAYLOADS, pt_trace_ref_block(value.payload)))
        return PT_OK;
    const uint64_t *bytes = pt_map_get(&checking->payloads, value.payload);
    if (!bytes || *bytes != value.data_bytes)
        pt_checking_fault(checking,
                          "a value of call %" PRIu64 " does not find its payload",
                          value.call);
    return PT_OK;
}

/* The values of one phase, as its record tells of them. */
struct phase {
    struct pt_checking *checking;
    uint64_t call, bytes;
    uint8_t phase;
};

static enum pt_status visit_phase(void *context, const struct pt_trace_value *value,
                                  const void *data, struct pt_error *error)
{
    struct phase *phase = context;
    (void)data;

    phase->bytes += value->data_bytes;
    if (value->call == phase->call && value->phase == phase->phase)
        return PT_OK;
    /* not visited to the end: each call could claim all values of the trace */
    return pt_error_set(error, PT_E_DAMAGED, "refers to values that are not its own");
}

static enum pt_status check_phase(struct pt_checking *checking, uint64_t call,
                                  uint8_t which, uint64_t ref, uint32_t n,
                                  uint64_t bytes, struct pt_error *error)
{
    struct phase phase = {.checking = checking, .call = call, .phase = which};
    enum pt_status status =
        pt_trace_reader_values(checking->reader, ref, n, visit_phase, &phase, error);

    checking->check->values += n;
    checking->check->data_bytes += bytes;
    if (status == PT_E_DAMAGED && !checking->reader->sealed &&
        checking->reader->asked_beyond)
        return PT_OK;
    if (status == PT_E_DAMAGED)
        pt_checking_fault(checking, "call %" PRIu64 ": %s", call, error->text);
    else if (status != PT_OK)
        return status;
    else if (phase.bytes != bytes)
        pt_checking_fault(
            checking, "call %" PRIu64 " refers to values that are not its own", call);
    return PT_OK;
}

/* Within a thread, times rise. */
static bool note_thread_time(struct pt_checking *checking, uint64_t thread,
                             uint64_t time)
{
    const uint64_t *last = pt_map_get(&checking->thread_times, thread);

    if (last && time <= *last)
        pt_checking_fault(checking,
                          "time %" PRIu64 " of thread %" PRIu64 " comes after %" PRIu64,
                          time, thread, *last);
    return pt_map_set(&checking->thread_times, thread, time);
}

static enum pt_status check_enter(struct pt_checking *checking,
                                  const struct pt_trace_block *block,
                                  const struct pt_trace_enter *enter,
                                  struct pt_error *error)
{
    const uint64_t *thread;

    checking->check->calls++;
    need_time(checking, block, enter->time);
    need_defined(checking, PT_RECORD_FUNCTION, enter->function, "function",
                 block->offset);
    need_defined(checking, PT_RECORD_SITE, enter->site, "site", block->offset);
    need_defined(checking, PT_RECORD_PATH, enter->path, "path", block->offset);
    if (enter->function == 0)
        pt_checking_fault(checking, "call %" PRIu64 " has no function", enter->time);
    if (pt_map_get(&checking->open_calls, enter->time))
        pt_checking_fault(checking, "two calls have the time %" PRIu64, enter->time);
    thread = pt_map_get(&checking->open_calls, enter->parent);
    if (enter->parent && (!thread || *thread != enter->thread))
        pt_checking_fault(checking,
                          "the caller %" PRIu64 " of call %" PRIu64
                          " is not running in its thread",
                          enter->parent, enter->time);
    if (!note_thread_time(checking, enter->thread, enter->time) ||
        !pt_map_set(&checking->open_calls, enter->time, enter->thread))
        return pt_error_set(error, PT_E_MEMORY, "no memory to check calls");
    return check_phase(checking, enter->time, PT_PHASE_INPUT, enter->values,
                       enter->n_values, enter->data_bytes, error);
}

static enum pt_status check_exit(struct pt_checking *checking,
                                 const struct pt_trace_block *block,
                                 const struct pt_trace_exit *exit,
                                 struct pt_error *error)
{
    const uint64_t *thread = pt_map_get(&checking->open_calls, exit->call);

    need_time(checking, block, exit->time);
    need_defined(checking, PT_RECORD_STRING, exit->exception, "string", block->offset);
    if (!thread)
        pt_checking_fault(checking, "call %" PRIu64 " ends and was not running",
                          exit->call);
    else if (!note_thread_time(checking, *thread, exit->time))
        return pt_error_set(error, PT_E_MEMORY, "no memory to check calls");
    pt_map_remove(&checking->open_calls, exit->call);
    return check_phase(checking, exit->call, PT_PHASE_OUTPUT, exit->values,
                       exit->n_values, exit->data_bytes, error);
}

static enum pt_status visit_skeleton(struct pt_checking *checking,
                                     const struct pt_trace_block *block,
                                     const struct pt_trace_cursor *cursor,
                                     struct pt_error *error)
{
    struct pt_trace_enter enter;
    struct pt_trace_exit exit;

    if (cursor->type == PT_RECORD_ENTER &&
        pt_trace_enter_decode(cursor, &enter, error) == PT_OK)
        return check_enter(checking, block, &enter, error);
    if (cursor->type == PT_RECORD_EXIT &&
        pt_trace_exit_decode(cursor, &exit, error) == PT_OK)
        return check_exit(checking, block, &exit, error);
    pt_checking_fault(checking,
                      "stream 3 holds a record of type %u with %" PRIu32 " bytes",
                      cursor->type, cursor->record_bytes);
    return PT_OK;
}

static pt_checking_visitor *visitor_of(uint16_t stream)
{
    switch (stream) {
    case PT_STREAM_DEFINITIONS:
        return visit_definition;
    case PT_STREAM_VALUES:
        return visit_value;
    default:
        return visit_skeleton;
    }
}

static int by_offset(const void *a, const void *b)
{
    const struct pt_trace_block *x = *(const struct pt_trace_block *const *)a;
    const struct pt_trace_block *y = *(const struct pt_trace_block *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

enum pt_status pt_checking_records(struct pt_checking *checking, struct pt_error *error)
{
    static const enum pt_trace_stream streams[] = {
        PT_STREAM_DEFINITIONS, PT_STREAM_VALUES, PT_STREAM_SKELETON};
    const struct pt_trace_block **blocks = NULL;
    enum pt_status status = PT_OK;
    size_t n = 0, room = 0;

    for (size_t s = 0; s < PT_ARRAY_LENGTH(streams); s++)
        room += pt_trace_reader_n_blocks(checking->reader, streams[s]);
    blocks = malloc((room + 1) * sizeof(*blocks));
    if (!blocks)
        return pt_error_set(error, PT_E_MEMORY, "no memory to check the blocks");
    for (size_t s = 0; s < PT_ARRAY_LENGTH(streams); s++) {
        const struct pt_reader_blocks *all = &checking->reader->streams[streams[s]];
        for (size_t i = 0; i < all->n; i++) {
            if (all->items[i].stored_bytes)
                blocks[n++] = &all->items[i];
        }
    }
    qsort(blocks, n, sizeof(*blocks), by_offset);
    for (size_t i = 0; i < n && status == PT_OK; i++)
        status =
            pt_checking_walk(checking, blocks[i], visitor_of(blocks[i]->stream), error);
    free(blocks);
    return status;
}
