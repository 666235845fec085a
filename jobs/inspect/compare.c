#include "inspect/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "format/reader.h"

enum { RECORD = 480 };

/* A value with what identifies its data: the bytes themselves where they are few, else
 * their hash. */
struct item {
    struct pt_trace_value value;
    uint64_t hash[2];
    uint64_t bytes;
    unsigned char data[PT_TRACE_INLINE_BYTES];
};

/* One trace, read record by record. */
struct side {
    struct pt_trace_reader *reader;
    size_t block; /* next one of the skeleton */
    unsigned char *body;
    struct pt_trace_cursor cursor;
    struct pt_map open; /* entry time → the call's number (0: not of the main thread)
                         * in the upper half, its function below */
    uint64_t n_calls, n_unordered;
    bool entering, ended; /* what the record is; no record is left */
    uint32_t call, function;
    struct pt_trace_enter enter;
    struct pt_trace_exit exit;
    struct item *items; /* its values */
    size_t n_items, room;
};

static enum pt_status no_memory(struct pt_error *error)
{
    return pt_error_set(error, PT_E_MEMORY, "no memory to compare traces");
}

static enum pt_status next_block(struct side *s, struct pt_error *error)
{
    const struct pt_trace_block *block;

    free(s->body);
    s->body = NULL;
    s->ended = s->block == pt_trace_reader_n_blocks(s->reader, PT_STREAM_SKELETON);
    if (s->ended)
        return PT_OK;
    block = pt_trace_reader_block(s->reader, PT_STREAM_SKELETON, s->block++);
    s->body = malloc((size_t)block->raw_bytes + 1);
    if (s->body == NULL)
        return no_memory(error);
    s->cursor = (struct pt_trace_cursor){.body = s->body, .bytes = block->raw_bytes};
    return pt_trace_reader_read(s->reader, block, s->body, error);
}

static enum pt_status next_record(struct side *s, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    do {
        if (s->body == NULL || status == PT_E_MISSING)
            status = next_block(s, error);
        if (status != PT_OK || s->ended)
            return status;
        status = pt_trace_cursor_next(&s->cursor, error);
    } while (status == PT_E_MISSING);
    if (status != PT_OK)
        return status;
    s->entering = s->cursor.type == PT_RECORD_ENTER;
    return s->entering ? pt_trace_enter_decode(&s->cursor, &s->enter, error)
                       : pt_trace_exit_decode(&s->cursor, &s->exit, error);
}

static enum pt_status enter(struct side *s, struct pt_error *error)
{
    bool main_thread = s->enter.thread == 0;

    s->n_calls += main_thread;
    s->n_unordered += !main_thread;
    s->call = main_thread ? (uint32_t)s->n_calls : 0;
    s->function = s->enter.function;
    return pt_map_set(&s->open, s->enter.time, (uint64_t)s->call << 32 | s->function)
               ? PT_OK
               : no_memory(error);
}

static void leave(struct side *s)
{
    const uint64_t *packed = pt_map_get(&s->open, s->exit.call);

    s->call = packed ? (uint32_t)(*packed >> 32) : 0;
    s->function = packed ? (uint32_t)*packed : 0;
    pt_map_remove(&s->open, s->exit.call);
}

/* The next record of the main thread. Logical times count the events of all threads, so
 * calls are known by their number. */
static enum pt_status next(struct side *s, struct pt_error *error)
{
    enum pt_status status;

    do {
        status = next_record(s, error);
        if (status != PT_OK || s->ended)
            return status;
        if (s->entering)
            status = enter(s, error);
        else
            leave(s);
    } while (status == PT_OK && s->call == 0);
    return status;
}

static enum pt_status take_value(void *context, const struct pt_trace_value *value,
                                 const void *data, struct pt_error *error)
{
    struct side *s = context;
    enum pt_status status = PT_OK;

    if (s->n_items == s->room) {
        size_t room = s->room ? 2 * s->room : 16;
        struct item *items = reallocarray(s->items, room, sizeof *items);

        if (items == NULL)
            return no_memory(error);
        s->items = items;
        s->room = room;
    }
    struct item *item = &s->items[s->n_items++];
    *item = (struct item){.value = *value, .bytes = value->data_bytes};
    if (value->storage >= PT_STORAGE_PAYLOAD)
        status = pt_trace_reader_payload_hash(s->reader, value->payload, item->hash,
                                              &item->bytes, error);
    else if (data)
        memcpy(item->data, data, (size_t)value->data_bytes);
    return status;
}

static enum pt_status take_values(struct side *s, struct pt_error *error)
{
    s->n_items = 0;
    return pt_trace_reader_values(
        s->reader, s->entering ? s->enter.values : s->exit.values,
        s->entering ? s->enter.n_values : s->exit.n_values, take_value, s, error);
}

static const char *text(const struct side *s, uint32_t string)
{
    return pt_trace_reader_string(s->reader, string, NULL);
}

/* "call 7, module.name"; of an entry also the call site. */
static void name_record(const struct side *s, char *out, size_t size)
{
    const struct pt_trace_function *f =
        pt_trace_reader_function(s->reader, s->function);
    const struct pt_trace_site *site = pt_trace_reader_site(s->reader, s->enter.site);
    int n = snprintf(out, size, "call %" PRIu32 ", %.120s.%.120s", s->call,
                     text(s, f->module), text(s, f->name));

    if (s->entering && site->file && n > 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " at %.200s:%" PRIu32, text(s, site->file),
                 site->line);
}

static bool same_head(const struct side *a, const struct side *b)
{
    char first[RECORD], second[RECORD];

    if (a->entering != b->entering)
        return false;
    name_record(a, first, sizeof first);
    name_record(b, second, sizeof second);
    return strcmp(first, second) == 0 &&
           (a->entering ||
            strcmp(text(a, a->exit.exception), text(b, b->exit.exception)) == 0);
}

/* Of a label only the name of the type counts: the rest may hold an address. */
static bool same_data(const struct item *a, const struct item *b)
{
    if (a->value.kind == PT_VALUE_LABEL)
        return strncmp((const char *)a->data, (const char *)b->data, sizeof a->data) ==
                   0 ||
               a->value.storage >= PT_STORAGE_PAYLOAD;
    return a->bytes == b->bytes && memcmp(a->hash, b->hash, sizeof a->hash) == 0 &&
           memcmp(a->data, b->data, sizeof a->data) == 0;
}

static bool same_value(const struct side *first, const struct side *second, size_t i)
{
    const struct item *x = &first->items[i], *y = &second->items[i];
    const struct pt_trace_value *a = &x->value, *b = &y->value;

    return strcmp(text(first, a->name), text(second, b->name)) == 0 &&
           a->phase == b->phase && a->kind == b->kind && a->dtype == b->dtype &&
           a->item_bytes == b->item_bytes && a->ndim == b->ndim &&
           a->storage == b->storage && a->form == b->form && a->reason == b->reason &&
           a->n_elements == b->n_elements &&
           memcmp(a->shape, b->shape, a->ndim * sizeof *a->shape) == 0 &&
           same_data(x, y);
}

static void say_parting(const struct side *a, const struct side *b,
                        struct pt_comparison *c)
{
    char first[RECORD] = "the end", second[RECORD] = "the end";

    c->same = false;
    if (!a->ended)
        name_record(a, first, sizeof first);
    if (!b->ended)
        name_record(b, second, sizeof second);
    if (a->ended || b->ended || a->entering || b->entering)
        snprintf(c->words, sizeof c->words, "they part: %s%s in one, %s%s in the other",
                 a->ended || a->entering ? "" : "the end of ", first,
                 b->ended || b->entering ? "" : "the end of ", second);
    else
        snprintf(c->words, sizeof c->words,
                 "%s ends with the exception '%.100s' in one, '%.100s' in the other",
                 first, text(a, a->exit.exception), text(b, b->exit.exception));
}

static void say_value(const struct side *s, size_t i, struct pt_comparison *c)
{
    char record[RECORD];

    c->same = false;
    name_record(s, record, sizeof record);
    snprintf(c->words, sizeof c->words, "%s: the %s %.100s differs", record,
             s->entering ? "input" : "output", text(s, s->items[i].value.name));
}

/* Compares the values of the present record on both sides. */
static enum pt_status compare_values(struct side *a, struct side *b,
                                     struct pt_comparison *c, struct pt_error *error)
{
    enum pt_status status = take_values(a, error);

    if (status == PT_OK)
        status = take_values(b, error);
    for (size_t i = 0; status == PT_OK && c->same && i < a->n_items && i < b->n_items;
         i++) {
        if (same_value(a, b, i))
            c->n_values++;
        else
            say_value(a, i, c);
    }
    if (status == PT_OK && c->same && a->n_items != b->n_items)
        say_parting(a, b, c);
    return status;
}

static enum pt_status compare(struct side *a, struct side *b, struct pt_comparison *c,
                              struct pt_error *error)
{
    while (c->same) {
        enum pt_status status = next(a, error);

        if (status == PT_OK)
            status = next(b, error);
        if (status != PT_OK)
            return status;
        if (a->ended && b->ended)
            return PT_OK;
        if (a->ended || b->ended || !same_head(a, b))
            say_parting(a, b, c);
        else
            status = compare_values(a, b, c, error);
        if (status != PT_OK)
            return status;
        c->n_calls += c->same && a->entering;
    }
    return PT_OK;
}

static void close_side(struct side *s)
{
    pt_trace_reader_close(s->reader);
    pt_map_free(&s->open);
    free(s->body);
    free(s->items);
}

enum pt_status pt_inspect_compare(const char *first, const char *second,
                                  struct pt_comparison *comparison,
                                  struct pt_error *error)
{
    struct side a = {0}, b = {0};
    enum pt_status status = pt_trace_reader_open(first, &a.reader, error);

    *comparison = (struct pt_comparison){.same = true};
    if (status == PT_OK)
        status = pt_trace_reader_open(second, &b.reader, error);
    if (status == PT_OK)
        status = compare(&a, &b, comparison, error);
    comparison->n_unordered = a.n_unordered;
    close_side(&a);
    close_side(&b);
    return status;
}
