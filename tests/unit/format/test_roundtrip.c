/* What is written is read back, bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "model.h"

static void every_kind_of_record_is_read_back(void **state)
{
    struct model_options options = {.seed = 1, .n_calls = 3000, .max_bytes = 40000};
    char *path = model_path("all.trace");
    (void)state;

    model_file(path, &options);
    struct pt_trace_reader *reader = model_read(path);
    assert_true(pt_trace_reader_sealed(reader));
    assert_null(pt_trace_reader_damage(reader));
    assert_int_equal(model_compare(reader, &options), options.n_calls);
    assert_int_equal(pt_trace_reader_footer(reader)->n_calls, options.n_calls);
    assert_int_equal(pt_trace_reader_footer(reader)->end_time, 2 * options.n_calls);
    pt_trace_reader_close(reader);
    free(path);
}

static void a_big_array_is_split_into_extents(void **state)
{
    struct model_options options = {
        .seed = 2, .n_calls = 40, .max_bytes = 1000, .big_bytes = 21000000};
    char *path = model_path("big.trace");
    (void)state;

    model_file(path, &options);
    struct pt_trace_reader *reader = model_read(path);
    assert_true(pt_trace_reader_n_blocks(reader, PT_STREAM_PAYLOADS) >= 5);
    assert_int_equal(model_compare(reader, &options), options.n_calls);
    pt_trace_reader_park(reader, false);
    assert_int_equal(model_compare(reader, &options), options.n_calls);
    pt_trace_reader_close(reader);
    free(path);
}

static void header_and_metadata_are_read_back(void **state)
{
    struct model_options options = {.seed = 3, .n_calls = 1, .max_bytes = 100};
    struct pt_trace_header written;
    char *path = model_path("header.trace");
    const char *value;
    size_t bytes;
    (void)state;

    model_header(&written);
    model_file(path, &options);
    struct pt_trace_reader *reader = model_read(path);
    const struct pt_trace_header *h = pt_trace_reader_header(reader);
    assert_int_equal(h->major, 1);
    assert_int_equal(h->created_ns, written.created_ns);
    assert_int_equal(h->run_id, written.run_id);
    assert_int_equal(h->seed, written.seed);
    assert_int_equal(h->flags, written.flags);
    assert_int_equal(h->pid, written.pid);
    assert_int_equal(h->role_kind, written.role_kind);
    assert_int_equal(h->role_rank, written.role_rank);
    assert_string_equal(h->experiment_id, written.experiment_id);
    assert_string_equal(h->host, written.host);
    assert_string_equal(h->role_path, written.role_path);
    assert_string_equal(h->program, written.program);
    assert_string_equal(h->directory, written.directory);
    value = pt_trace_reader_meta(reader, "argv", &bytes);
    assert_int_equal(bytes, 12);
    assert_memory_equal(value, "script.py\0-x", 13);
    assert_null(pt_trace_reader_meta(reader, "none", NULL));
    assert_string_equal(pt_trace_reader_meta_at(reader, 1, &value, NULL),
                        "exit_status");
    assert_string_equal(value, "0");
    assert_null(pt_trace_reader_meta_at(reader, 2, NULL, NULL));
    pt_trace_reader_close(reader);
    free(path);
}

static void a_small_trace_is_a_small_file(void **state)
{
    struct model_options options = {.seed = 4, .n_calls = 1, .max_bytes = 16};
    char *path = model_path("small.trace");
    struct stat st;
    (void)state;

    model_file(path, &options);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 8192);
    free(path);
}

static void equal_contents_are_stored_once(void **state)
{
    static uint64_t data[100000]; /* noise, which does not shrink */
    uint64_t random = 3;
    char *path = model_path("dedup.trace");
    struct pt_trace_value value = model_array(1, PT_ARRAY_LENGTH(data));
    struct stat st;
    (void)state;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(data); i++)
        data[i] = pt_splitmix64(&random);
    struct pt_trace_writer *writer = model_open(path);
    pt_trace_writer_begin_phase(writer);
    for (int i = 0; i < 50; i++)
        pt_trace_writer_value(writer, &value, data);
    value.dtype = 'i'; /* another dtype is another content */
    pt_trace_writer_value(writer, &value, data);
    pt_trace_writer_enter(writer, &(struct pt_trace_enter){.time = 1});
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 2 * sizeof data, 2 * sizeof data + 20000);
    free(path);
}

static void nothing_is_ever_replaced(void **state)
{
    struct model_options options = {.seed = 5, .n_calls = 1, .max_bytes = 16};
    struct pt_trace_header header;
    struct pt_trace_writer *writer;
    struct pt_error error;
    char *path = model_path("kept.trace");
    (void)state;

    model_header(&header);
    model_file(path, &options);
    assert_int_equal(pt_trace_writer_open(path, &header, &writer, &error), PT_E_EXISTS);
    assert_int_equal(unlink(path), 0);
    struct pt_trace_writer *first = model_open(path);
    assert_int_equal(pt_trace_writer_open(path, &header, &writer, &error), PT_E_EXISTS);
    char *other = model_path("other.trace");
    model_file(other, &options);
    assert_int_equal(link(other, path), 0); /* somebody else takes the name meanwhile */
    assert_int_equal(pt_trace_writer_close(first, &error), PT_E_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
    free(other);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_record_is_read_back),
        cmocka_unit_test(a_big_array_is_split_into_extents),
        cmocka_unit_test(header_and_metadata_are_read_back),
        cmocka_unit_test(a_small_trace_is_a_small_file),
        cmocka_unit_test(equal_contents_are_stored_once),
        cmocka_unit_test(nothing_is_ever_replaced),
    };
    model_take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
