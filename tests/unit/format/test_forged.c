/* Files whose checksums hold and whose contents lie: no unbounded memory, no endless
 * loop, no byte beyond what was read. Run under the sanitizers too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "forge.h"
#include "format/block.h"
#include "format/checker.h"
#include "format/record.h"
#include "model.h"

static const struct model_options small = {.seed = 31, .n_calls = 20, .max_bytes = 400};

static struct pt_trace_reader *open_forged(const struct forge *forge, const char *name)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    char *path = model_path(name);

    forge_save(forge, path);
    if (pt_trace_reader_open(path, &reader, &error) != PT_OK)
        fail_msg("%s", error.text);
    free(path);
    return reader;
}

static void load_small(struct forge *forge)
{
    char *path = model_path("small.trace");

    model_file(path, &small);
    forge_load(forge, path);
    assert_int_equal(remove(path), 0);
    free(path);
}

/* The damage is noticed, and the scan finds all calls nevertheless. */
static void expect_scanned(const struct forge *forge)
{
    struct pt_trace_reader *reader = open_forged(forge, "scanned.trace");

    assert_non_null(pt_trace_reader_damage(reader));
    assert_int_equal(model_compare(reader, &small), small.n_calls);
    pt_trace_reader_close(reader);
}

static void an_index_that_lists_too_much_is_not_believed(void **state)
{
    struct forge forge;
    (void)state;

    load_small(&forge);
    uint64_t index = forge_find(&forge, PT_STREAM_INDEX, 0);
    pt_put64(forge.bytes + index + PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_N_ENTRIES,
             UINT64_C(1) << 60);
    forge_reseal_block(&forge, index);
    expect_scanned(&forge);
    forge_free(&forge);
}

static void an_index_that_follows_itself_is_not_followed(void **state)
{
    struct forge forge;
    (void)state;

    load_small(&forge);
    uint64_t index = forge_find(&forge, PT_STREAM_INDEX, 0);
    pt_put64(forge.bytes + index + PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_BEFORE,
             index);
    forge_reseal_block(&forge, index);
    expect_scanned(&forge);
    forge_free(&forge);
}

/* Changes one field of the first entry of the index. */
static void expect_entry_refused(size_t field, uint64_t value)
{
    struct forge forge;

    load_small(&forge);
    uint64_t index = forge_find(&forge, PT_STREAM_INDEX, 0);
    pt_put64(forge.bytes + index + PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_BYTES + field,
             value);
    forge_reseal_block(&forge, index);
    expect_scanned(&forge);
    forge_free(&forge);
}

static void entries_that_cannot_be_are_not_believed(void **state)
{
    (void)state;
    expect_entry_refused(PT_INDEX_ENTRY_OFFSET, 0);
    expect_entry_refused(PT_INDEX_ENTRY_OFFSET, UINT64_MAX - 7);
    expect_entry_refused(PT_INDEX_ENTRY_OFFSET, PT_TRACE_HEADER_BYTES + 4);
    expect_entry_refused(PT_INDEX_ENTRY_OFFSET, PT_TRACE_HEADER_BYTES + 8);
    expect_entry_refused(PT_INDEX_ENTRY_STORED_BYTES, UINT64_C(1) << 60);
    expect_entry_refused(PT_INDEX_ENTRY_RAW_BYTES, UINT64_C(1) << 60);
    expect_entry_refused(PT_INDEX_ENTRY_ORDINAL, UINT64_C(1) << 60);
}

static void the_same_block_twice_is_taken_once(void **state)
{
    struct pt_trace_footer footer = {.n_blocks = 3};
    struct pt_trace_block blocks[2];
    unsigned char body[PT_STRING_BYTES] = {0};
    struct forge forge;
    (void)state;

    forge_start(&forge);
    pt_record_put_header(body, PT_RECORD_STRING, 0, sizeof body);
    pt_put32(body + PT_STRING_ID, 1);
    blocks[0] = forge_block_at(
        &forge, forge_block(&forge, PT_STREAM_DEFINITIONS, 0, body, sizeof body, 1));
    blocks[1] = blocks[0];
    footer.last_index = forge_index(&forge, 0, blocks, 2, 2);
    forge_end(&forge, &footer);
    struct pt_trace_reader *reader = open_forged(&forge, "twice.trace");
    assert_non_null(pt_trace_reader_damage(reader));
    assert_int_equal(pt_trace_reader_n_blocks(reader, PT_STREAM_DEFINITIONS), 1);
    pt_trace_reader_close(reader);
    forge_free(&forge);
}

/* Bounds the address space; AddressSanitizer needs more of it than any bound. */
static void limit_memory(struct rlimit *before, rlim_t limit)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
    (void)before, (void)limit;
#else
    assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
    struct rlimit now = {.rlim_cur = limit, .rlim_max = before->rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &now), 0);
#endif
}

static void ids_and_ordinals_beyond_all_bounds_take_no_memory(void **state)
{
    unsigned char body[PT_FUNCTION_BYTES] = {0};
    struct rlimit before = {0}, limited = {0};
    struct forge forge;
    (void)state;

    forge_start(&forge);
    pt_record_put_function(body, UINT32_MAX, &(struct pt_trace_function){.kind = 1});
    forge_block(&forge, PT_STREAM_DEFINITIONS, 0, body, sizeof body, 1);
    forge_block(&forge, PT_STREAM_VALUES, UINT32_MAX, body, sizeof body, 1);
    limit_memory(&before, (rlim_t)1 << 30);
    struct pt_trace_reader *reader = open_forged(&forge, "bounds.trace.part");
    limit_memory(&limited, before.rlim_cur);
    assert_non_null(pt_trace_reader_damage(reader));
    assert_int_equal(pt_trace_reader_n_functions(reader), 0);
    assert_int_equal(pt_trace_reader_n_blocks(reader, PT_STREAM_VALUES), 0);
    pt_trace_reader_close(reader);
    forge_free(&forge);
}

static enum pt_status read_forged_payload(const struct pt_trace_extent *extent,
                                          uint64_t ref, uint64_t offset, uint64_t bytes)
{
    unsigned char body[PT_PAYLOAD_BYTES + 16] = {0}, data[64];
    struct forge forge;

    forge_start(&forge);
    pt_record_put_extent(body, sizeof body, extent);
    forge_block(&forge, PT_STREAM_PAYLOADS, 0, body, sizeof body, 1);
    struct pt_trace_reader *reader = open_forged(&forge, "payload.trace.part");
    enum pt_status status =
        pt_trace_reader_payload(reader, ref, offset, bytes, data, NULL);
    pt_trace_reader_close(reader);
    forge_free(&forge);
    return status;
}

static void extents_that_lie_are_damage(void **state)
{
    struct pt_trace_extent good = {.content_bytes = 16, .bytes = 16}, bad;
    (void)state;

    assert_int_equal(read_forged_payload(&good, 0, 0, 16), PT_OK);
    assert_int_equal(read_forged_payload(&good, 0, 16, 0), PT_OK);
    assert_int_equal(read_forged_payload(&good, 0, 0, 17), PT_E_DAMAGED);
    assert_int_equal(read_forged_payload(&good, 0, UINT64_MAX, 2), PT_E_DAMAGED);
    assert_int_equal(read_forged_payload(&good, 8, 0, 16), PT_E_DAMAGED);
    assert_int_equal(read_forged_payload(&good, UINT32_MAX, 0, 16), PT_E_DAMAGED);
    assert_int_equal(read_forged_payload(&good, pt_trace_ref(1, 0), 0, 16),
                     PT_E_DAMAGED);
    bad = good;
    bad.bytes = bad.content_bytes = 24; /* longer than its record */
    assert_int_equal(read_forged_payload(&bad, 0, 0, 24), PT_E_DAMAGED);
    bad = good;
    bad.content_bytes = UINT64_MAX; /* goes on in blocks that are not there */
    assert_int_equal(read_forged_payload(&bad, 0, 0, 64), PT_E_DAMAGED);
    assert_int_equal(read_forged_payload(&bad, 0, UINT64_MAX - 16, 16), PT_E_DAMAGED);
    bad = good;
    bad.offset = UINT64_MAX;
    assert_int_equal(read_forged_payload(&bad, 0, 0, 16), PT_E_DAMAGED);
    bad = good;
    bad.bytes = 0;
    assert_int_equal(read_forged_payload(&bad, 0, 0, 16), PT_E_DAMAGED);
    bad = good;
    bad.content_bytes = 32;
    bad.offset = 16; /* the middle of a content */
    assert_int_equal(read_forged_payload(&bad, 0, 0, 16), PT_E_DAMAGED);
}

static void records_that_do_not_fit_end_their_block(void **state)
{
    static const uint32_t lengths[] = {0, 4, 12, 24, UINT32_MAX, UINT32_MAX - 7};
    unsigned char body[16] = {0};
    (void)state;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(lengths); i++) {
        struct pt_trace_cursor cursor = {.body = body, .bytes = sizeof body};
        pt_record_put_header(body, PT_RECORD_ENTER, 0, lengths[i]);
        assert_int_equal(pt_trace_cursor_next(&cursor, NULL), PT_E_DAMAGED);
    }
    struct pt_trace_cursor beyond = {.body = body, .bytes = 16, .offset = 24};
    assert_int_equal(pt_trace_cursor_next(&beyond, NULL), PT_E_MISSING);
    struct pt_trace_cursor odd = {.body = body, .bytes = 16, .offset = 12};
    assert_int_equal(pt_trace_cursor_next(&odd, NULL), PT_E_DAMAGED);
}

static void unknown_records_are_skipped_unless_critical(void **state)
{
    unsigned char body[16 + PT_EXIT_BYTES] = {0};
    struct pt_trace_cursor cursor = {.body = body, .bytes = sizeof body};
    (void)state;

    pt_record_put_header(body, 999, 0, 16);
    pt_record_put_exit(body + 16, &(struct pt_trace_exit){.call = 1, .time = 2});
    assert_int_equal(pt_trace_cursor_next(&cursor, NULL), PT_OK);
    assert_int_equal(cursor.type, PT_RECORD_EXIT);
    assert_int_equal(pt_trace_cursor_next(&cursor, NULL), PT_E_MISSING);
    pt_record_put_header(body, 999, PT_RECORD_CRITICAL, 16);
    cursor = (struct pt_trace_cursor){.body = body, .bytes = sizeof body};
    assert_int_equal(pt_trace_cursor_next(&cursor, NULL), PT_E_VERSION);
}

/* A VALUE that says `v` in a record of `bytes` bytes. */
static enum pt_status decode_value(const struct pt_trace_value *v, uint32_t bytes)
{
    unsigned char *body = calloc(1, PT_VALUE_LIMIT + 4096); /* exact room is for ASan */
    struct pt_trace_value value;
    const void *data;

    assert_non_null(body);
    pt_record_put_value(body, bytes, v);
    unsigned char *exact = malloc(bytes);
    assert_non_null(exact);
    memcpy(exact, body, bytes);
    struct pt_trace_cursor cursor = {.body = exact, .bytes = bytes};
    enum pt_status status = pt_trace_cursor_next(&cursor, NULL);
    if (status == PT_OK)
        status = pt_trace_value_decode(&cursor, &value, &data, NULL);
    free(exact);
    free(body);
    return status;
}

static void values_that_do_not_fit_their_record_are_damage(void **state)
{
    struct pt_trace_value v = {.call = 1,
                               .kind = PT_VALUE_NUMBERS,
                               .dtype = 'f',
                               .item_bytes = 8,
                               .storage = PT_STORAGE_INLINE,
                               .n_elements = 2,
                               .data_bytes = 16,
                               .ndim = 1,
                               .shape = {2}};
    struct pt_trace_value bad;
    (void)state;

    assert_int_equal(decode_value(&v, PT_VALUE_BYTES + 8 + 16), PT_OK);
    assert_int_equal(decode_value(&v, PT_VALUE_BYTES + 8 + 8), PT_E_DAMAGED);
    assert_int_equal(decode_value(&v, PT_VALUE_BYTES - 8), PT_E_DAMAGED);
    bad = v;
    bad.n_elements = (UINT64_C(1) << 61) + 2; /* times 8 is 16 again */
    assert_int_equal(decode_value(&bad, PT_VALUE_BYTES + 8 + 16), PT_E_DAMAGED);
    bad = v;
    bad.n_elements = 3;
    assert_int_equal(decode_value(&bad, PT_VALUE_BYTES + 8 + 16), PT_E_DAMAGED);
    bad = v;
    bad.ndim = 32;
    assert_int_equal(decode_value(&bad, PT_VALUE_BYTES + 8 + 16), PT_E_DAMAGED);
    bad = v;
    bad.storage = 9;
    assert_int_equal(decode_value(&bad, PT_VALUE_BYTES + 8 + 16), PT_E_DAMAGED);
    bad = v;
    bad.storage = PT_STORAGE_PAYLOAD;
    assert_int_equal(decode_value(&bad, PT_VALUE_BYTES + 8), PT_E_DAMAGED);
}

static void a_phase_that_counts_too_much_ends_with_the_trace(void **state)
{
    struct forge forge;
    (void)state;

    load_small(&forge);
    uint64_t offset = forge_find(&forge, PT_STREAM_SKELETON, 0);
    pt_put32(forge.bytes + offset + PT_TRACE_BLOCK_HEADER_BYTES + PT_ENTER_N_VALUES,
             UINT32_MAX);
    forge_reseal_block(&forge, offset);
    struct pt_trace_reader *reader = open_forged(&forge, "phase.trace");
    assert_true(model_read_all(reader) > 0);
    pt_trace_reader_close(reader);
    forge_free(&forge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_that_lists_too_much_is_not_believed),
        cmocka_unit_test(an_index_that_follows_itself_is_not_followed),
        cmocka_unit_test(entries_that_cannot_be_are_not_believed),
        cmocka_unit_test(the_same_block_twice_is_taken_once),
        cmocka_unit_test(ids_and_ordinals_beyond_all_bounds_take_no_memory),
        cmocka_unit_test(extents_that_lie_are_damage),
        cmocka_unit_test(records_that_do_not_fit_end_their_block),
        cmocka_unit_test(unknown_records_are_skipped_unless_critical),
        cmocka_unit_test(values_that_do_not_fit_their_record_are_damage),
        cmocka_unit_test(a_phase_that_counts_too_much_ends_with_the_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
