/* The checksum of a trace: what FORMAT.md says, byte by byte from the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"
#include "base/file.h"
#include "model.h"

/* From the text of FORMAT.md alone: a block header is 80 bytes, the stream at 4, the
 * stored bytes at 32; blocks are padded to 8 bytes; streams 1 to 5 count. */
static uint64_t by_the_document(const char *file, size_t bytes)
{
    unsigned char *text = malloc(bytes + 16);
    size_t n = 16;

    assert_non_null(text);
    pt_put64(text, bytes);
    memcpy(text + 8, file + 4088, 8);
    for (size_t at = 4096;
         at + 80 <= bytes && memcmp(file + at, file + 4096, 4) == 0;) {
        const unsigned char *header = (const unsigned char *)file + at;
        uint16_t stream = pt_get16(header + 4);
        if (stream >= 1 && stream <= 5) {
            memcpy(text + n, header, 80);
            n += 80;
        }
        at += 80 + ((pt_get64(header + 32) + 7) & ~(uint64_t)7);
    }
    assert_true(n > 16 + 5 * 80);
    uint64_t sum = XXH3_128bits(text, n).low64;
    free(text);
    return sum;
}

static uint64_t checksum(const char *path, uint64_t *bytes_read)
{
    struct pt_trace_reader *reader = NULL;
    uint64_t sum = 0, before;

    assert_int_equal(pt_trace_reader_open(path, &reader, NULL), PT_OK);
    before = pt_trace_reader_bytes_read(reader);
    assert_int_equal(pt_trace_reader_checksum(reader, &sum, NULL), PT_OK);
    *bytes_read = pt_trace_reader_bytes_read(reader) - before;
    pt_trace_reader_close(reader);
    return sum;
}

static void it_is_what_the_document_says(void **state)
{
    static const struct model_options options = {
        .seed = 5, .n_calls = 300, .big_bytes = 20 << 20, .max_bytes = 4000};
    char *path = model_path("sum.trace"), *file;
    size_t bytes;
    uint64_t bytes_read;
    (void)state;

    model_file(path, &options);
    assert_int_equal(pt_file_read(path, 1 << 28, &file, &bytes, NULL), PT_OK);
    assert_int_equal(checksum(path, &bytes_read), by_the_document(file, bytes));
    assert_true(bytes_read < bytes / 1000);
    free(file);
    free(path);
}

static void rewrite(const char *path, const struct model_options *options)
{
    assert_int_equal(remove(path), 0);
    model_file(path, options);
}

static void other_contents_have_another_one(void **state)
{
    struct model_options options = {.seed = 6, .n_calls = 40, .max_bytes = 500};
    char *path = model_path("other.trace");
    uint64_t bytes_read, first, second, third;
    (void)state;

    model_file(path, &options);
    first = checksum(path, &bytes_read);
    rewrite(path, &options);
    assert_int_equal(checksum(path, &bytes_read), first);
    options.seed = 7;
    rewrite(path, &options);
    second = checksum(path, &bytes_read);
    options.n_calls = 41;
    rewrite(path, &options);
    third = checksum(path, &bytes_read);
    assert_true(first != second && second != third && first != third);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_the_document_says),
        cmocka_unit_test(other_contents_have_another_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
