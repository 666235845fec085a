/* The checker accepts what the writer writes and names each thing that does not hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "forge.h"
#include "format/block.h"
#include "format/checker.h"
#include "format/record.h"
#include "model.h"

static const struct model_options options = {
    .seed = 41, .n_calls = 30, .max_bytes = 2000};

static void what_the_writer_writes_is_sound(void **state)
{
    struct model_options many = {
        .seed = 42, .n_calls = 20000, .max_bytes = 20000, .big_bytes = 10000000};
    struct pt_trace_check check;
    struct pt_error error;
    char *path = model_path("sound.trace");
    (void)state;

    model_file(path, &many);
    if (pt_trace_check(path, &check, &error) != PT_OK)
        fail_msg("%s", error.text);
    if (check.faults)
        fail_msg("%s", check.first_fault);
    assert_true(check.sealed);
    assert_int_equal(check.calls, many.n_calls);
    assert_int_equal(check.open_calls, 0);
    assert_int_equal(check.lost_blocks, 0);
    assert_true(check.values > many.n_calls);
    assert_true(check.payloads > 100);
    assert_true(check.data_bytes > 10000000);
    free(path);
}

/* Offset in the file of the n-th record of a type in the first block of its stream. */
static size_t find_record(const struct forge *forge, enum pt_trace_stream stream,
                          enum pt_trace_record type, unsigned n)
{
    uint64_t offset = forge_find(forge, stream, 0);
    struct pt_trace_block block = forge_block_at(forge, offset);
    struct pt_trace_cursor cursor = {.body = forge->bytes + offset +
                                             PT_TRACE_BLOCK_HEADER_BYTES,
                                     .bytes = block.raw_bytes};

    while (pt_trace_cursor_next(&cursor, NULL) == PT_OK) {
        if (cursor.type == type && n-- == 0)
            return (size_t)(cursor.record - forge->bytes);
    }
    fail_msg("no such record");
    return 0;
}

/* Where a number is changed, and what the checker says of it. */
struct change {
    enum pt_trace_stream stream;
    enum pt_trace_record type;
    unsigned record;
    size_t field, bytes;
    uint64_t value;
    const char *words;
};

static const struct change changes[] = {
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_FUNCTION, 4, 999,
     "before it is defined"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_FUNCTION, 4, 0, "no function"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_SITE, 4, 999,
     "before it is defined"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_PATH, 4, 999,
     "before it is defined"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_PARENT, 8, 5, "not running"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_TIME, 8, 100000, "not one of"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_TIME, 8, 3, "comes after"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_DATA_BYTES, 8, 1, "not its own"},
    {PT_STREAM_SKELETON, PT_RECORD_ENTER, 3, PT_ENTER_N_VALUES, 4, 100000, "call 7"},
    {PT_STREAM_SKELETON, PT_RECORD_EXIT, 3, PT_EXIT_CALL, 8, 5, "was not running"},
    {PT_STREAM_SKELETON, PT_RECORD_EXIT, 3, PT_EXIT_EXCEPTION, 4, 999,
     "before it is defined"},
    {PT_STREAM_SKELETON, PT_RECORD_EXIT, 3, PT_RECORD_TYPE, 2, PT_RECORD_META,
     "a record of type 1"},
    {PT_STREAM_VALUES, PT_RECORD_VALUE, 0, PT_VALUE_CALL, 8, 9, "not its own"},
    {PT_STREAM_VALUES, PT_RECORD_VALUE, 0, PT_VALUE_NAME, 4, 999,
     "before it is defined"},
    {PT_STREAM_VALUES, PT_RECORD_VALUE, 0, PT_VALUE_PHASE, 1, 7, "not its own"},
    {PT_STREAM_VALUES, PT_RECORD_VALUE, 0, PT_VALUE_NDIM, 1, 33, "dimensions"},
    {PT_STREAM_PAYLOADS, PT_RECORD_PAYLOAD, 1, PT_PAYLOAD_BYTES, 8, 1,
     "does not have its hash"},
    {PT_STREAM_PAYLOADS, PT_RECORD_PAYLOAD, 1, PT_PAYLOAD_CONTENT_BYTES, 8, 8,
     "does not fit"},
    {PT_STREAM_DEFINITIONS, PT_RECORD_SITE, 2, PT_SITE_FILE, 4, 999,
     "before it is defined"},
    {PT_STREAM_DEFINITIONS, PT_RECORD_FUNCTION, 1, PT_FUNCTION_NAME, 4, 999,
     "before it is defined"},
    {PT_STREAM_DEFINITIONS, PT_RECORD_FUNCTION, 1, PT_FUNCTION_ID, 4, 9,
     "is defined after"},
    {PT_STREAM_DEFINITIONS, PT_RECORD_PATH, 1, PT_PATH_PARENT, 4, 2, "parent"},
    {PT_STREAM_FOOTER, PT_RECORD_FOOTER, 0, PT_FOOTER_N_CALLS, 8, 1, "totals"},
    {PT_STREAM_FOOTER, PT_RECORD_FOOTER, 0, PT_FOOTER_DATA_BYTES, 8, 1, "totals"},
};

static void check_forged(const struct forge *forge, const char *words)
{
    struct pt_trace_check check;
    struct pt_error error;
    char *path = model_path("forged.trace");

    forge_save(forge, path);
    if (pt_trace_check(path, &check, &error) != PT_OK)
        fail_msg("%s", error.text);
    if (!check.faults || !strstr(check.first_fault, words))
        fail_msg("'%s' is not '%s'", check.first_fault, words);
    free(path);
}

static void each_thing_that_does_not_hold_is_named(void **state)
{
    char *path = model_path("checked.trace");
    (void)state;

    model_file(path, &options);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(changes); i++) {
        const struct change *c = &changes[i];
        struct forge forge;
        unsigned char bytes[8];
        forge_load(&forge, path);
        size_t at = find_record(&forge, c->stream, c->type, c->record) + c->field;
        pt_put64(bytes, c->value);
        memcpy(forge.bytes + at, bytes, c->bytes);
        forge_reseal_block(&forge, forge_find(&forge, c->stream, 0));
        check_forged(&forge, c->words);
        forge_free(&forge);
    }
    free(path);
}

static void a_wrong_count_of_records_is_named(void **state)
{
    struct forge forge;
    char *path = model_path("counted.trace");
    (void)state;

    model_file(path, &options);
    forge_load(&forge, path);
    uint64_t offset = forge_find(&forge, PT_STREAM_VALUES, 0);
    pt_put64(forge.bytes + offset + PT_BLOCK_RECORDS, 5);
    forge_reseal_block(&forge, offset);
    check_forged(&forge, "index of stream 4");
    forge_free(&forge);
    free(path);
}

static void an_unreadable_file_is_an_error(void **state)
{
    struct pt_trace_check check;
    struct pt_error error;
    (void)state;

    assert_int_equal(pt_trace_check(model_folder(), &check, &error), PT_E_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_writer_writes_is_sound),
        cmocka_unit_test(each_thing_that_does_not_hold_is_named),
        cmocka_unit_test(a_wrong_count_of_records_is_named),
        cmocka_unit_test(an_unreadable_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
