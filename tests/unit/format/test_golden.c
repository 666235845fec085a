/* A trace of version 1.0, and a packed one of 1.2, is read for ever. The files were
 * written once, by this program with the file's name as argument ("lz4" behind it for
 * the packed one), and are never written again: neither they nor the model's calls of
 * this seed may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/block.h"
#include "format/checker.h"
#include "model.h"

static const struct model_options golden = {
    .seed = 100, .n_calls = 25, .max_bytes = 600};

static void read_golden(const char *path)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_trace_check check;
    struct pt_error error;

    if (pt_trace_reader_open(path, &reader, &error) != PT_OK)
        fail_msg("%s", error.text);
    assert_true(pt_trace_reader_sealed(reader));
    assert_null(pt_trace_reader_damage(reader));
    assert_string_equal(pt_trace_reader_header(reader)->host, "node17");
    assert_int_equal(model_compare(reader, &golden), golden.n_calls);
    pt_trace_reader_close(reader);
    assert_int_equal(pt_trace_check(path, &check, NULL), PT_OK);
    assert_int_equal(check.faults, 0);
}

static void a_trace_of_version_1_0_is_read(void **state)
{
    (void)state;
    read_golden(PT_TEST_GOLDEN);
}

static void a_packed_trace_of_version_1_2_is_read(void **state)
{
    (void)state;
    model_use_codec(PT_CODEC_LZ4);
    read_golden(PT_TEST_GOLDEN_PACKED);
    model_use_codec(PT_CODEC_STORED);
}

/* A later minor version tells so in the header; the records are the same. */
static void take_over_version(char *ours, const char *theirs)
{
    enum { VERSION = PT_HEADER_MINOR, SUM = PT_HEADER_CHECKSUM };

    assert_int_equal(ours[VERSION], PT_TRACE_MINOR);
    memcpy(ours + VERSION, theirs + VERSION, 2);
    memcpy(ours + SUM, theirs + SUM, 8);
}

static void the_writer_still_writes_the_same_bytes(void **state)
{
    char *path = model_path("golden.trace"), *ours, *theirs;
    size_t our_bytes, their_bytes;
    (void)state;

    model_file(path, &golden);
    assert_int_equal(pt_file_read(path, 1 << 20, &ours, &our_bytes, NULL), PT_OK);
    assert_int_equal(pt_file_read(PT_TEST_GOLDEN, 1 << 20, &theirs, &their_bytes, NULL),
                     PT_OK);
    assert_int_equal(our_bytes, their_bytes);
    take_over_version(ours, theirs);
    assert_memory_equal(ours, theirs, our_bytes);
    free(theirs);
    free(ours);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trace_of_version_1_0_is_read),
        cmocka_unit_test(a_packed_trace_of_version_1_2_is_read),
        cmocka_unit_test(the_writer_still_writes_the_same_bytes),
    };
    model_take_arguments(argc, argv);
    if (argc >= 2) {
        model_file(argv[1], &golden);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
