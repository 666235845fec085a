/* Traces whose blocks are packed: what they hold, what they cost, and what a damaged
 * chunk costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "forge.h"
#include "format/block.h"
#include "format/checker.h"
#include "format/packed.h"
#include "model.h"

enum {
    N = 400000, /* numbers of the array: several blocks */
    PER_CHUNK = PT_PACKED_CHUNK / 8,
    FIRST_BLOCK = 1000000 / 8 /* numbers that lie in the first block for sure */
};

static uint64_t numbers[N];

/* Three of eight bytes are noise. */
static void make_numbers(void)
{
    uint64_t random = 21;

    for (size_t i = 0; i < N; i++)
        numbers[i] = UINT64_C(0x3ff0000000000000) | pt_splitmix64(&random) >> 40;
}

static struct pt_trace_writer *open_packing(const char *path)
{
    const struct pt_trace_writing writing = {.codec = PT_CODEC_LZ4};
    struct pt_trace_writer *writer = NULL;
    struct pt_trace_header header;

    model_header(&header);
    assert_int_equal(pt_trace_writer_open_as(path, &writing, &header, &writer, NULL),
                     PT_OK);
    return writer;
}

/* One call with the array, whose reference is 0. */
static void write_array(const char *path)
{
    struct pt_trace_value value = model_array(1, N);
    struct pt_trace_writer *writer = open_packing(path);
    uint32_t name = pt_trace_writer_string(writer, "x", 1);
    uint32_t function = pt_trace_writer_function(
        writer, &(struct pt_trace_function){.module = name, .name = name, .kind = 1});

    make_numbers();
    pt_trace_writer_begin_phase(writer);
    pt_trace_writer_value(writer, &value, numbers);
    pt_trace_writer_enter(writer,
                          &(struct pt_trace_enter){.time = 1, .function = function});
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
}

static void numbers_shrink_to_what_is_noise_in_them(void **state)
{
    char *path = model_path("shrunk.trace");
    struct pt_trace_check check;
    struct stat st;
    (void)state;

    write_array(path);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, sizeof numbers * 3 / 8, sizeof numbers * 3 / 8 + 60000);
    struct pt_trace_reader *reader = model_read(path);
    size_t n = pt_trace_reader_n_blocks(reader, PT_STREAM_PAYLOADS);
    assert_true(n >= 3);
    for (size_t i = 0; i < n; i++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_PAYLOADS, i);
        assert_int_equal(block->codec, PT_CODEC_LZ4);
        assert_true(block->stored_bytes < block->raw_bytes / 2);
    }
    pt_trace_reader_close(reader);
    assert_int_equal(pt_trace_check(path, &check, NULL), PT_OK);
    assert_int_equal(check.faults, 0);
    free(path);
}

/* Byte in the file of chunk k of the n-th block of payloads. */
static uint64_t find_chunk(const struct forge *forge, size_t n, uint32_t k)
{
    uint64_t offset = forge_find(forge, PT_STREAM_PAYLOADS, n);
    struct pt_trace_block block = forge_block_at(forge, offset);
    uint64_t table = offset + PT_TRACE_BLOCK_HEADER_BYTES;
    uint64_t at = table + PT_PACKED_ENTRY * pt_packed_n_chunks(block.raw_bytes);

    for (uint32_t i = 0; i < k; i++)
        at += pt_get32(forge->bytes + table + PT_PACKED_ENTRY * i);
    return at;
}

/* Copies numbers [from, to) of the array; compares them where that works. */
static enum pt_status read_part(struct pt_trace_reader *reader, size_t from, size_t to,
                                struct pt_error *error)
{
    uint64_t *part = malloc((to - from) * 8 + 8);
    const void *view = NULL;

    assert_non_null(part);
    enum pt_status status =
        pt_trace_reader_payload(reader, 0, from * 8, (to - from) * 8, part, error);
    if (status == PT_OK) {
        assert_memory_equal(part, numbers + from, (to - from) * 8);
        status =
            pt_trace_reader_view(reader, 0, from * 8, (to - from) * 8, &view, error);
    }
    if (status == PT_OK && view)
        assert_memory_equal(view, numbers + from, (to - from) * 8);
    pt_trace_reader_release(reader);
    free(part);
    return status;
}

/* A part of a content unpacks its own chunks: a damaged one elsewhere is not met. */
static void a_damaged_chunk_is_named_and_costs_only_itself(void **state)
{
    char *path = model_path("chunk.trace"), *bad = model_path("bad-chunk.trace");
    struct pt_trace_check check;
    struct pt_error error = {0};
    struct forge forge;
    (void)state;

    write_array(path);
    forge_load(&forge, path);
    forge.bytes[find_chunk(&forge, 0, 5) + 100] ^= 1;
    forge_save(&forge, bad);
    forge_free(&forge);
    struct pt_trace_reader *reader = model_read(bad);
    assert_null(pt_trace_reader_damage(reader));
    assert_int_equal(read_part(reader, 0, 5 * PER_CHUNK - 8, &error), PT_OK);
    assert_int_equal(read_part(reader, 6 * PER_CHUNK, 9 * PER_CHUNK, &error), PT_OK);
    assert_int_equal(read_part(reader, 6 * PER_CHUNK, N, &error), PT_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(read_part(reader, 0, 6 * PER_CHUNK, &error), PT_E_DAMAGED);
        assert_non_null(strstr(error.text, bad));
        assert_non_null(strstr(error.text, "chunk 5 of block 0 of stream 5"));
        assert_int_equal(read_part(reader, 1, 99, &error), PT_OK);
    }
    assert_int_equal(read_part(reader, 5 * PER_CHUNK, 5 * PER_CHUNK + 1, NULL),
                     PT_E_DAMAGED);
    assert_non_null(strstr(pt_trace_reader_damage(reader), "chunk 5 of block 0"));
    pt_trace_reader_close(reader);
    assert_int_equal(pt_trace_check(bad, &check, NULL), PT_OK);
    assert_true(check.faults > 0);
    assert_non_null(strstr(check.first_fault, "chunk 5 of block 0 of stream 5"));
    free(bad);
    free(path);
}

/* Views of many parts in any order, while others of the same block are kept. */
static void views_stand_while_other_chunks_are_unpacked(void **state)
{
    enum { VIEWS = 300 };
    char *path = model_path("views.trace");
    const void *views[VIEWS];
    size_t at[VIEWS], n[VIEWS];
    uint64_t random = 5;
    (void)state;

    write_array(path);
    struct pt_trace_reader *reader = model_read(path);
    for (size_t i = 0; i < VIEWS; i++) {
        at[i] = pt_splitmix64(&random) % (FIRST_BLOCK - 3000);
        n[i] = 1 + pt_splitmix64(&random) % 3000;
        assert_int_equal(
            pt_trace_reader_view(reader, 0, at[i] * 8, n[i] * 8, &views[i], NULL),
            PT_OK);
        assert_non_null(views[i]);
    }
    for (size_t i = 0; i < VIEWS; i++)
        assert_memory_equal(views[i], numbers + at[i], n[i] * 8);
    pt_trace_reader_release(reader);
    pt_trace_reader_park(reader, true);
    assert_int_equal(read_part(reader, 0, N, NULL), PT_OK);
    pt_trace_reader_close(reader);
    free(path);
}

static enum pt_status read_forged(struct forge *forge, const char *path)
{
    struct pt_trace_check check;
    struct pt_error error = {0};
    struct pt_trace_reader *reader = NULL;

    forge_save(forge, path);
    enum pt_status status = pt_trace_reader_open(path, &reader, &error);
    if (status == PT_OK) {
        status = read_part(reader, 0, N, &error);
        pt_trace_reader_close(reader);
    }
    if (pt_trace_check(path, &check, NULL) == PT_OK)
        assert_true(check.faults > 0);
    return status;
}

/* Right checksums around a table that lies. */
static void a_table_that_lies_is_damage(void **state)
{
    static const struct {
        size_t at;
        unsigned char value;
    } lies[] = {{PT_PACKED_STORED_BYTES, 1},
                {PT_PACKED_STORED_BYTES + 2, 255},
                {PT_PACKED_STORED_BYTES + 3, 255},
                {PT_PACKED_METHOD, 2},
                {PT_PACKED_METHOD, 0},
                {PT_PACKED_WIDTH, 0},
                {PT_PACKED_WIDTH, 3},
                {PT_PACKED_WIDTH, 32},
                {PT_PACKED_WIDTH, 255},
                {PT_PACKED_CHECKSUM, 7}};
    char *path = model_path("table.trace"), *bad = model_path("lies.trace");
    struct forge forge;
    (void)state;

    write_array(path);
    for (size_t i = 0; i < PT_ARRAY_LENGTH(lies); i++) {
        forge_load(&forge, path);
        uint64_t offset = forge_find(&forge, PT_STREAM_PAYLOADS, 1);
        unsigned char *entry = forge.bytes + offset + PT_TRACE_BLOCK_HEADER_BYTES +
                               3 * PT_PACKED_ENTRY + lies[i].at;
        assert_int_not_equal(*entry, lies[i].value);
        *entry = lies[i].value;
        forge_reseal_block(&forge, offset);
        assert_int_equal(read_forged(&forge, bad), PT_E_DAMAGED);
        forge_free(&forge);
    }
    free(bad);
    free(path);
}

/* A header that promises more than LZ4 can make of the bytes costs no memory. */
static void a_length_beyond_all_packing_is_not_believed(void **state)
{
    struct pt_trace_block block = {.stream = PT_STREAM_PAYLOADS,
                                   .codec = PT_CODEC_LZ4,
                                   .stored_bytes = 1000,
                                   .raw_bytes = 255000,
                                   .records = 1};
    (void)state;

    assert_true(pt_block_plausible(&block));
    block.raw_bytes = 256000;
    assert_false(pt_block_plausible(&block));
    block.raw_bytes = 1000;
    assert_false(pt_block_plausible(&block));
    block.raw_bytes = 2004;
    assert_false(pt_block_plausible(&block));
    block.stored_bytes = 7 << 20;
    block.raw_bytes = 9 << 20;
    assert_false(pt_block_plausible(&block));
}

static void another_codec_asks_for_a_newer_program(void **state)
{
    char *path = model_path("codec.trace");
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    struct forge forge;
    (void)state;

    forge_start(&forge);
    uint64_t offset = forge_block(&forge, PT_STREAM_DEFINITIONS, 0, "12345678", 8, 1);
    pt_put16(forge.bytes + offset + PT_BLOCK_CODEC, 2);
    forge_reseal_block(&forge, offset);
    forge_save(&forge, path);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_VERSION);
    assert_non_null(strstr(error.text, "codec 2"));
    assert_non_null(strstr(error.text, "newer"));
    forge_free(&forge);
    free(path);
}

/* Noise is stored as it is, in a block as without packing. */
static void what_does_not_shrink_is_stored_as_it_is(void **state)
{
    char *path = model_path("noise.trace");
    struct pt_trace_value value = model_array(1, N);
    struct pt_trace_writer *writer = open_packing(path);
    uint64_t random = 8;
    (void)state;

    for (size_t i = 0; i < N; i++)
        numbers[i] = pt_splitmix64(&random);
    pt_trace_writer_begin_phase(writer);
    pt_trace_writer_value(writer, &value, numbers);
    pt_trace_writer_enter(writer, &(struct pt_trace_enter){.time = 1});
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
    struct pt_trace_reader *reader = model_read(path);
    for (size_t i = 0; i < pt_trace_reader_n_blocks(reader, PT_STREAM_PAYLOADS); i++)
        assert_int_equal(pt_trace_reader_block(reader, PT_STREAM_PAYLOADS, i)->codec,
                         PT_CODEC_STORED);
    assert_int_equal(read_part(reader, 0, N, NULL), PT_OK);
    pt_trace_reader_close(reader);
    free(path);
}

/* The bound is on what is stored: four times as much fits as bytes are allowed. */
static void the_bound_counts_bytes_as_they_are_stored(void **state)
{
    enum { LIMIT = 8 << 20, ROUNDS = 100, PART = 50000 };
    char *path = model_path("bound.trace");
    struct pt_trace_writer *writer = open_packing(path);
    struct pt_trace_value value = model_array(1, PART);
    struct stat st;
    uint64_t n = 0;
    (void)state;

    make_numbers();
    pt_trace_writer_set_limit(writer, LIMIT);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        value.call = i;
        numbers[0] = i;
        if (!pt_trace_writer_has_room(writer, sizeof(uint64_t) * PART))
            continue;
        pt_trace_writer_begin_phase(writer);
        pt_trace_writer_value(writer, &value, numbers);
        pt_trace_writer_enter(writer, &(struct pt_trace_enter){.time = i});
        n++;
    }
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, LIMIT * 9 / 16, LIMIT);
    assert_in_range(n * sizeof(uint64_t) * PART, LIMIT * 3 / 2, LIMIT * 8 / 3);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_shrink_to_what_is_noise_in_them),
        cmocka_unit_test(a_damaged_chunk_is_named_and_costs_only_itself),
        cmocka_unit_test(views_stand_while_other_chunks_are_unpacked),
        cmocka_unit_test(a_table_that_lies_is_damage),
        cmocka_unit_test(a_length_beyond_all_packing_is_not_believed),
        cmocka_unit_test(another_codec_asks_for_a_newer_program),
        cmocka_unit_test(what_does_not_shrink_is_stored_as_it_is),
        cmocka_unit_test(the_bound_counts_bytes_as_they_are_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
