#include "format/checker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/checking.h"

void pt_checking_fault(struct pt_checking *checking, const char *format, ...)
{
    struct pt_trace_check *check = checking->check;
    va_list args;

    if (check->faults++)
        return;
    va_start(args, format);
    vsnprintf(check->first_fault, sizeof check->first_fault, format, args);
    va_end(args);
}

enum pt_status pt_checking_walk(struct pt_checking *checking,
                                const struct pt_trace_block *block,
                                pt_checking_visitor *visit, struct pt_error *error)
{
    enum pt_status status;
    uint64_t n = 0;
    unsigned char *body = malloc((size_t)block->raw_bytes + 1);

    if (!body)
        return pt_error_set(error, PT_E_MEMORY, "no memory to check a block");
    struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
    status = pt_trace_reader_read(checking->reader, block, body, error);
    if (status == PT_OK) {
        while ((status = pt_trace_cursor_next(&cursor, error)) == PT_OK) {
            n++;
            status = visit(checking, block, &cursor, error);
            if (status != PT_OK)
                goto done;
        }
    }
    if (status == PT_E_DAMAGED)
        pt_checking_fault(checking, "%s", error->text);
    else if (status == PT_E_MISSING && n != block->records)
        pt_checking_fault(checking,
                          "the block at byte %" PRIu64 " says %" PRIu64
                          " records and has %" PRIu64,
                          block->offset, block->records, n);
    if (status == PT_E_DAMAGED || status == PT_E_MISSING)
        status = PT_OK;
done:
    free(body);
    return status;
}

static bool same_listing(const struct pt_reader_blocks *a,
                         const struct pt_reader_blocks *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct pt_trace_block *x = &a->items[i], *y = &b->items[i];
        if (x->offset != y->offset || x->stored_bytes != y->stored_bytes ||
            x->raw_bytes != y->raw_bytes || x->codec != y->codec ||
            x->records != y->records || x->first_time != y->first_time ||
            x->last_time != y->last_time)
            return false;
    }
    return true;
}

/* The index must list what a scan of the file finds. */
static enum pt_status check_index(struct pt_checking *checking, struct pt_error *error)
{
    struct pt_trace_reader scanned = {
        .path = checking->reader->path, .fd = -1, .size = checking->reader->size};
    enum pt_status status = pt_reader_scan(&scanned, error);

    for (size_t s = PT_STREAM_META; status == PT_OK && s < PT_READER_STREAMS; s++) {
        if (!same_listing(&scanned.streams[s], &checking->reader->streams[s]))
            pt_checking_fault(checking,
                              "the index of stream %zu is not what the file holds", s);
    }
    pt_reader_clear_blocks(&scanned);
    if (scanned.fd >= 0)
        close(scanned.fd);
    return status;
}

static void count_blocks(struct pt_checking *checking)
{
    for (size_t s = PT_STREAM_META; s < PT_READER_STREAMS; s++) {
        const struct pt_reader_blocks *blocks = &checking->reader->streams[s];
        for (size_t i = 0; i < blocks->n; i++) {
            checking->check->blocks++;
            checking->check->lost_blocks += blocks->items[i].stored_bytes == 0;
        }
    }
}

static void check_totals(struct pt_checking *checking)
{
    const struct pt_trace_check *check = checking->check;
    const struct pt_trace_footer *footer = pt_trace_reader_footer(checking->reader);

    if (footer &&
        (footer->n_calls != check->calls || footer->n_values != check->values ||
         footer->data_bytes != check->data_bytes))
        pt_checking_fault(checking, "the totals of the footer do not agree with the "
                                    "calls, values and bytes of the trace");
}

enum pt_status pt_trace_check(const char *path, struct pt_trace_check *check,
                              struct pt_error *error)
{
    struct pt_error ours;
    struct pt_error *why = error ? error : &ours;
    struct pt_checking checking = {.check = check};
    enum pt_status status = pt_trace_reader_open(path, &checking.reader, why);

    *check = (struct pt_trace_check){0};
    if (status != PT_OK)
        return status;
    check->sealed = checking.reader->sealed;
    if (pt_trace_reader_damage(checking.reader))
        pt_checking_fault(&checking, "%s", pt_trace_reader_damage(checking.reader));
    count_blocks(&checking);
    if (check->sealed)
        status = check_index(&checking, why);
    if (status == PT_OK)
        status = pt_checking_payloads(&checking, why);
    if (status == PT_OK)
        status = pt_checking_records(&checking, why);
    check->open_calls = checking.open_calls.n;
    if (status == PT_OK)
        check_totals(&checking);
    pt_map_free(&checking.open_calls);
    pt_map_free(&checking.thread_times);
    pt_map_free(&checking.payloads);
    pt_trace_reader_close(checking.reader);
    return status;
}
