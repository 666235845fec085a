/* A damaged trace gives what is sound in it and says what is not; never a wrong value,
 * a crash or a hang. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/file.h"
#include "forge.h"
#include "format/block.h"
#include "format/checker.h"
#include "model.h"

static const struct model_options small = {.seed = 21, .n_calls = 12, .max_bytes = 400};

/* Reads a file that may be damaged; the number of calls that came out whole. */
static uint32_t calls_read(const char *path, const struct model_options *options,
                           enum pt_status *status)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    uint32_t n = 0;

    *status = pt_trace_reader_open(path, &reader, &error);
    if (*status == PT_OK) {
        model_read_all(reader);
        n = model_compare(reader, options);
    } else {
        assert_true(error.text[0] != '\0');
    }
    pt_trace_reader_close(reader);
    return n;
}

static void truncated_anywhere_it_gives_what_is_left(void **state)
{
    char *path = model_path("truncated.trace");
    uint32_t before = small.n_calls;
    struct stat st;
    enum pt_status status;
    (void)state;

    model_file(path, &small);
    assert_int_equal(stat(path, &st), 0);
    for (off_t n = st.st_size - 1; n >= 0; n--) {
        assert_int_equal(truncate(path, n), 0);
        uint32_t calls = calls_read(path, &small, &status);
        assert_true(calls <= before);
        assert_int_equal(status == PT_OK, n >= PT_TRACE_HEADER_BYTES);
        before = calls;
    }
    assert_int_equal(before, 0);
    free(path);
}

static void a_lost_end_costs_no_call(void **state)
{
    char *path = model_path("endless.trace");
    struct stat st;
    enum pt_status status;
    (void)state;

    model_file(path, &small);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 1), 0);
    assert_int_equal(calls_read(path, &small, &status), small.n_calls);
    free(path);
}

static bool is_noticed(const char *path)
{
    struct pt_trace_check check;

    return pt_trace_check(path, &check, NULL) != PT_OK || check.faults > 0;
}

static void every_flipped_bit_is_noticed_and_no_value_is_wrong(void **state)
{
    char *path = model_path("flipped.trace");
    struct forge forge;
    enum pt_status status;
    (void)state;

    model_file(path, &small);
    assert_false(is_noticed(path));
    forge_load(&forge, path);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    for (size_t i = 0; i < forge.n; i++) {
        unsigned char flipped = forge.bytes[i] ^ (unsigned char)(1 << i % 8);
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        calls_read(path, &small, &status); /* compares all that it reads */
        if (!is_noticed(path))
            fail_msg("bit %zu of byte %zu", i % 8, i);
        assert_int_equal(pwrite(fd, &forge.bytes[i], 1, (off_t)i), 1);
    }
    close(fd);
    forge_free(&forge);
    free(path);
}

static void a_zeroed_page_costs_its_blocks_only(void **state)
{
    struct model_options options = {.seed = 5, .n_calls = 60000, .max_bytes = 64};
    char *path = model_path("holes.trace.part");
    char *sealed = model_path("holes.trace");
    struct pt_trace_reader *reader = NULL;
    struct forge forge;
    (void)state;

    model_file(sealed, &options);
    forge_load(&forge, sealed);
    uint64_t hole = forge_find(&forge, PT_STREAM_SKELETON, 1);
    memset(forge.bytes + hole, 0, 4096);
    forge.n -= 8; /* no trailer: read by scanning */
    forge_save(&forge, path);
    assert_int_equal(pt_trace_reader_open(path, &reader, NULL), PT_OK);
    assert_false(pt_trace_reader_sealed(reader));
    assert_non_null(pt_trace_reader_damage(reader));
    size_t n = pt_trace_reader_n_blocks(reader, PT_STREAM_SKELETON);
    assert_true(n >= 4);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, i)->stored_bytes == 0,
            i == 1);
    pt_trace_reader_close(reader);
    forge_free(&forge);
    free(sealed);
    free(path);
}

static void preallocated_zeros_are_the_end(void **state)
{
    char *path = model_path("zeros.trace.part"), *sealed = model_path("zeros.trace");
    struct pt_trace_reader *reader = NULL;
    struct forge forge;
    (void)state;

    model_file(sealed, &small);
    forge_load(&forge, sealed);
    forge.n = forge_find(&forge, PT_STREAM_INDEX, 0);
    forge_save(&forge, path);
    assert_int_equal(truncate(path, (off_t)forge.n + (3 << 20)), 0);
    assert_int_equal(pt_trace_reader_open(path, &reader, NULL), PT_OK);
    assert_null(pt_trace_reader_damage(reader));
    assert_int_equal(model_compare(reader, &small), small.n_calls);
    pt_trace_reader_close(reader);
    forge_free(&forge);
    free(sealed);
    free(path);
}

static void what_is_no_trace_is_refused(void **state)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    char *path = model_path("other");
    (void)state;

    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_MISSING);
    assert_int_equal(pt_trace_reader_open(model_folder(), &reader, &error),
                     PT_E_FORMAT);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_FORMAT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(pt_file_write(path, "", 0, NULL), PT_OK);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_FORMAT);
    assert_int_equal(pt_file_write(path, "import numpy\n", 13, NULL), PT_OK);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_FORMAT);
    char *zeros = calloc(1, 10000);
    assert_int_equal(pt_file_write(path, zeros, 10000, NULL), PT_OK);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_FORMAT);
    assert_non_null(strstr(error.text, path));
    free(zeros);
    free(path);
}

static void another_major_version_is_refused_and_another_minor_is_read(void **state)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error error;
    struct forge forge;
    char *path = model_path("version.trace");
    (void)state;

    model_file(path, &small);
    forge_load(&forge, path);
    pt_put16(forge.bytes + PT_HEADER_MINOR, 9);
    forge_reseal_header(&forge);
    forge_save(&forge, path);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_OK);
    assert_int_equal(model_compare(reader, &small), small.n_calls);
    pt_trace_reader_close(reader);
    pt_put16(forge.bytes + PT_HEADER_MAJOR, 2); /* its checksum may be elsewhere */
    forge_save(&forge, path);
    assert_int_equal(pt_trace_reader_open(path, &reader, &error), PT_E_VERSION);
    assert_non_null(strstr(error.text, "2.9"));
    forge_free(&forge);
    free(path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated_anywhere_it_gives_what_is_left),
        cmocka_unit_test(a_lost_end_costs_no_call),
        cmocka_unit_test(every_flipped_bit_is_noticed_and_no_value_is_wrong),
        cmocka_unit_test(a_zeroed_page_costs_its_blocks_only),
        cmocka_unit_test(preallocated_zeros_are_the_end),
        cmocka_unit_test(what_is_no_trace_is_refused),
        cmocka_unit_test(another_major_version_is_refused_and_another_minor_is_read),
    };
    model_take_arguments(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
