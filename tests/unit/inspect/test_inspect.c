/* What is printed of a trace: everything asked for, harmless, whatever the file holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "forge.h"
#include "format/block.h"
#include "inspect/inspect.h"
#include "inspect/text.h"
#include "model.h"

static char *inspect(const char *path, bool dump, enum pt_status *status,
                     struct pt_error *error)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    *status = pt_inspect_trace(out, path, dump, error);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("no '%s' in\n%s", words, text);
}

static uint32_t string(struct pt_trace_writer *writer, const char *text)
{
    return pt_trace_writer_string(writer, text, strlen(text));
}

static void put_doubles(struct pt_trace_writer *writer, uint64_t call, const char *name,
                        uint8_t phase, const double *data, uint64_t n)
{
    struct pt_trace_value value = {.call = call,
                                   .name = string(writer, name),
                                   .phase = phase,
                                   .kind = PT_VALUE_NUMBERS,
                                   .dtype = 'f',
                                   .item_bytes = 8,
                                   .ndim = 1,
                                   .storage = PT_STORAGE_INLINE,
                                   .form = PT_FORM_ARRAY,
                                   .n_elements = n,
                                   .data_bytes = 8 * n,
                                   .shape = {n}};
    pt_trace_writer_value(writer, &value, data);
}

static void put_label(struct pt_trace_writer *writer, uint64_t call)
{
    static const char text[] = "str\0\x1b]0;owned\x07\xff\xe2\x80\xae";
    struct pt_trace_value value = {.call = call,
                                   .name = string(writer, "mode\n"),
                                   .kind = PT_VALUE_LABEL,
                                   .dtype = 'S',
                                   .item_bytes = 1,
                                   .storage = PT_STORAGE_INLINE,
                                   .n_elements = sizeof text - 1,
                                   .data_bytes = sizeof text - 1};
    pt_trace_writer_value(writer, &value, text);
}

static void put_omitted(struct pt_trace_writer *writer, uint64_t call)
{
    struct pt_trace_value value = {.call = call,
                                   .name = string(writer, "self"),
                                   .kind = PT_VALUE_OMITTED,
                                   .reason = PT_REASON_CYCLE};
    pt_trace_writer_value(writer, &value, NULL);
}

/* outer(x, mode) calls inner(), which raises; outer returns. */
static void write_two_calls(const char *path)
{
    static const double x[] = {1.0 / 3, 2, -0.0, 4, 5, 6, 7, 8, 9, 10};
    struct pt_trace_header header;
    struct pt_trace_writer *writer;

    model_header(&header);
    assert_int_equal(pt_trace_writer_open(path, &header, &writer, NULL), PT_OK);
    uint32_t file = string(writer, "/src/a.py"), inner, outer;
    outer = pt_trace_writer_function(
        writer,
        &(struct pt_trace_function){string(writer, "mod"), string(writer, "outer<b>"),
                                    file, 3, PT_FUNCTION_PYTHON});
    inner = pt_trace_writer_function(
        writer,
        &(struct pt_trace_function){string(writer, "mod"), string(writer, "inner"), 0,
                                    0, PT_FUNCTION_BUILTIN});
    uint32_t site = pt_trace_writer_site(
        writer, &(struct pt_trace_site){file, 12, string(writer, "main"), 4});
    pt_trace_writer_begin_phase(writer);
    put_doubles(writer, 1, "x", PT_PHASE_INPUT, x, 10);
    put_label(writer, 1);
    pt_trace_writer_enter(writer,
                          &(struct pt_trace_enter){
                              .time = 1, .function = outer, .site = site, .ns = 1500});
    pt_trace_writer_begin_phase(writer);
    put_omitted(writer, 2);
    pt_trace_writer_enter(writer,
                          &(struct pt_trace_enter){
                              .time = 2, .function = inner, .parent = 1, .ns = 2500});
    pt_trace_writer_begin_phase(writer);
    pt_trace_writer_exit(
        writer, &(struct pt_trace_exit){.call = 2,
                                        .time = 3,
                                        .ns = 3000,
                                        .exception = string(writer, "ValueError")});
    pt_trace_writer_begin_phase(writer);
    put_doubles(writer, 1, "Ret", PT_PHASE_OUTPUT, x, 2);
    pt_trace_writer_exit(writer,
                         &(struct pt_trace_exit){.call = 1, .time = 4, .ns = 4000});
    pt_trace_writer_meta(writer, "argv",
                         "a.py\0-n\0"
                         "5",
                         9);
    assert_int_equal(pt_trace_writer_close(writer, NULL), PT_OK);
}

static void the_summary_says_what_the_trace_is(void **state)
{
    char *path = model_path("summary.trace");
    struct pt_error error;
    enum pt_status status;
    (void)state;

    write_two_calls(path);
    char *text = inspect(path, false, &status, &error);
    assert_int_equal(status, PT_OK);
    expect(text, "trace 1.2, sealed");
    expect(text, "Experiment   experiment-1");
    expect(text, "Run          7\n");
    expect(text, "Seed         18364758544493064720");
    expect(text, "Role         MPI rank 3, fork path 0.2");
    expect(text, "Host         node17, process 4321");
    expect(text, "Program      script.py");
    expect(text, "Arguments    a.py -n 5\n");
    expect(text, "Calls        2 (1 raised, 0 not ended)");
    expect(text, "Values       4");
    expect(text, "mod.outer<b>  /src/a.py:3");
    expect(text, "mod.inner");
    expect(text, "\nMetadata\n  argv = a.py -n 5\n");
    assert_null(strstr(text, "Damage"));
    assert_null(strstr(text, "Calls\n"));
    free(text);
    free(path);
}

static void the_dump_shows_calls_within_calls_and_their_values(void **state)
{
    char *path = model_path("dump.trace");
    struct pt_error error;
    enum pt_status status;
    (void)state;

    write_two_calls(path);
    char *text = inspect(path, true, &status, &error);
    assert_int_equal(status, PT_OK);
    expect(text, "\n#1 mod.outer<b>  from /src/a.py:12 main  at 0.000001500 s\n"
                 "  > x: float64 (10,) [0.33333333333333331, 2, -0, 4, 5, 6, …]\n"
                 "  > mode\\n: str \\x1b]0;owned\\x07\\xff\\u202e\n"
                 "  #2 mod.inner  at 0.000002500 s\n"
                 "    > self: left out: a cycle\n"
                 "  #2 raised ValueError  at 0.000003000 s\n"
                 "#1 returned  at 0.000004000 s\n"
                 "  < Ret: float64 (2,) [0.33333333333333331, 2]\n");
    free(text);
    free(path);
}

static void a_damaged_trace_is_printed_as_far_as_it_goes(void **state)
{
    const struct model_options options = {.seed = 6, .n_calls = 50, .max_bytes = 900};
    char *path = model_path("damaged.trace");
    struct pt_error error;
    enum pt_status status;
    struct forge forge;
    (void)state;

    model_file(path, &options);
    forge_load(&forge, path);
    forge.bytes[forge_find(&forge, PT_STREAM_PAYLOADS, 0) + 100] ^= 1;
    forge_save(&forge, path);
    char *text = inspect(path, true, &status, &error);
    assert_int_equal(status, PT_E_DAMAGED);
    assert_non_null(strstr(error.text, path));
    expect(text, "Calls        50");
    expect(text, "cannot be read");
    free(text);
    forge.n -= 40; /* and without its end */
    forge_save(&forge, path);
    text = inspect(path, false, &status, &error);
    expect(text, "not sealed");
    expect(text, "Damage       the end of the trace is missing");
    free(text);
    forge_free(&forge);
    free(path);
}

static void no_byte_makes_it_crash(void **state)
{
    char *path = model_path("bits.trace");
    struct pt_error error;
    enum pt_status status;
    struct forge forge;
    (void)state;

    write_two_calls(path);
    forge_load(&forge, path);
    for (size_t i = PT_TRACE_HEADER_BYTES; i < forge.n; i += 3) {
        for (uint64_t at = PT_TRACE_HEADER_BYTES; at < forge.n - 32;) {
            struct pt_trace_block block = forge_block_at(&forge, at);
            if (i >= at + PT_TRACE_BLOCK_HEADER_BYTES &&
                i < at + pt_block_extent(&block)) {
                forge.bytes[i] ^= 0xff;
                forge_reseal_block(&forge, at);
                forge_save(&forge, path);
                free(inspect(path, true, &status, &error));
                forge.bytes[i] ^= 0xff;
                forge_reseal_block(&forge, at);
            }
            at += pt_block_extent(&block);
        }
    }
    forge_free(&forge);
    free(path);
}

static void what_is_no_trace_is_an_error(void **state)
{
    struct pt_error error;
    enum pt_status status;
    (void)state;

    free(inspect(model_folder(), true, &status, &error));
    assert_int_equal(status, PT_E_FORMAT);
}

static void verifying_names_the_first_fault(void **state)
{
    char *path = model_path("verified.trace"), *text = NULL;
    struct forge forge;
    struct pt_error error;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    (void)state;

    write_two_calls(path);
    assert_int_equal(pt_inspect_verify(out, path, &error), PT_OK);
    assert_int_equal(fclose(out), 0);
    expect(text, "verified.trace: sound; 2 calls (0 not ended), 4 values, 1 payloads");
    forge_load(&forge, path);
    forge.bytes[forge_find(&forge, PT_STREAM_VALUES, 0) + 100] ^= 1;
    forge_save(&forge, path);
    assert_int_equal(pt_inspect_verify(stdout, path, &error), PT_E_DAMAGED);
    assert_non_null(strstr(error.text, "is damaged"));
    forge_free(&forge);
    free(text);
    free(path);
}

static char *element(char dtype, uint8_t bytes, const void *p)
{
    struct pt_trace_value value = {.dtype = dtype, .item_bytes = bytes};
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    assert_non_null(out);
    pt_inspect_put_element(out, &value, p);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void elements_of_every_type_are_printed_whole(void **state)
{
    static const struct {
        char dtype;
        uint8_t bytes;
        unsigned char data[16];
        const char *text;
    } cases[] = {
        {'b', 1, {1}, "True"},
        {'b', 1, {0}, "False"},
        {'i', 1, {0xff}, "-1"},
        {'u', 1, {0xff}, "255"},
        {'i', 2, {0, 0x80}, "-32768"},
        {'i', 8, {0, 0, 0, 0, 0, 0, 0, 0x80}, "-9223372036854775808"},
        {'u', 8, {255, 255, 255, 255, 255, 255, 255, 255}, "18446744073709551615"},
        {'i', 16, {1, [15] = 0x80}, "0x80000000000000000000000000000001"},
        {'f', 2, {0x00, 0x3c}, "1"},
        {'f', 2, {0x01, 0x80}, "-5.9605e-08"},
        {'f', 2, {0x00, 0xfc}, "-inf"},
        {'f', 2, {0x01, 0x7c}, "nan"},
        {'f', 4, {0xcd, 0xcc, 0xcc, 0x3d}, "0.100000001"},
        {'f',
         8,
         {0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f},
         "0.10000000000000001"},
        {'c', 8, {0, 0, 0x80, 0x3f, 0, 0, 0, 0x80}, "1-0j"},
    };
    (void)state;

    for (size_t i = 0; i < PT_ARRAY_LENGTH(cases); i++) {
        char *text = element(cases[i].dtype, cases[i].bytes, cases[i].data);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_summary_says_what_the_trace_is),
        cmocka_unit_test(the_dump_shows_calls_within_calls_and_their_values),
        cmocka_unit_test(a_damaged_trace_is_printed_as_far_as_it_goes),
        cmocka_unit_test(no_byte_makes_it_crash),
        cmocka_unit_test(what_is_no_trace_is_an_error),
        cmocka_unit_test(verifying_names_the_first_fault),
        cmocka_unit_test(elements_of_every_type_are_printed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
