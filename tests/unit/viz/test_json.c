#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json.h"
#include "number.h"

/* The text that one call writes. */
static const char *text_of(struct pt_buffer *out)
{
    pt_buffer_add(out, "", 1);
    assert_false(out->failed);
    return out->data;
}

static void expect_text(const char *text, size_t bytes, const char *expected)
{
    struct pt_buffer out = {0};
    struct pt_json json = {.out = &out};
    pt_json_text_n(&json, NULL, text, bytes);
    assert_string_equal(text_of(&out), expected);
    pt_buffer_destroy(&out);
}

static void texts_are_valid_whatever_is_in_them(void **state)
{
    (void)state;
    expect_text("plain", 5, "\"plain\"");
    expect_text("a\"b\\c\n\t\x01", 8, "\"a\\\"b\\\\c\\u000a\\u0009\\u0001\"");
    expect_text("</script>", 9, "\"\\u003c/script>\"");
    expect_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82", 9,
                "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x99\x82\"");
    expect_text("ends\0here", 9, "\"ends\"");
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xff",
        "\xc3",
        "\x80",
        "\xc0\xaf", /* overlong */
        "\xe0\x80",
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
    };
    for (size_t i = 0; i < PT_ARRAY_LENGTH(bad); i++) {
        struct pt_buffer out = {0};
        struct pt_json json = {.out = &out};
        pt_json_text(&json, NULL, bad[i]);
        const char *text = text_of(&out);
        assert_non_null(strstr(text, "\xef\xbf\xbd"));
        assert_null(strstr(text, bad[i]));
        pt_buffer_destroy(&out);
    }
}

static void floats_read_back_as_the_same_double(void **state)
{
    (void)state;
    const double values[] = {0.1,  1.0 / 3, 5e-324,   1.7976931348623157e308,
                             -0.0, 1e22,    123456789};
    for (size_t i = 0; i < PT_ARRAY_LENGTH(values); i++) {
        struct pt_buffer out = {0};
        struct pt_json json = {.out = &out};
        pt_json_f64(&json, NULL, values[i]);
        double back = strtod(text_of(&out), NULL);
        assert_memory_equal(&back, &values[i], sizeof back);
        pt_buffer_destroy(&out);
    }
}

/* Of every size, random bits and numbers that people write. */
static void numbers_are_short_and_exact(void **state)
{
    static const struct {
        double value;
        const char *text;
    } written[] = {{0.95, "0.95"},
                   {53, "53"},
                   {-24.5, "-24.5"},
                   {0, "0"},
                   {1e-5, "0.00001"},
                   {0.1, "0.1"},
                   {1e15, "1e+15"},
                   {100000, "100000"},
                   {0.0001, "0.0001"},
                   {51.9, "51.9"},
                   {-0.02, "-0.02"},
                   {123456.789, "123456.789"},
                   {9.99999999999999, "9.99999999999999"}};
    uint64_t bits = 88172645463325252u;
    char text[PT_NUMBER_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        size_t n = pt_number_write(written[i].value, text);
        assert_int_equal(n, strlen(text));
        assert_string_equal(text, written[i].text);
    }
    for (int i = 0; i < 400000; i++) {
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        uint64_t pattern = bits;
        if (i % 4) /* sizes from 2^-20 to 2^53 */
            pattern = (bits & 0x800fffffffffffffu) | ((1003 + bits % 73) << 52);
        memcpy(&value, &pattern, sizeof value);
        if (!isfinite(value))
            continue;
        size_t n = pt_number_write(value, text);
        assert_true(n < PT_NUMBER_ROOM && strlen(text) == n);
        double back = strtod(text, NULL);
        assert_memory_equal(&back, &value, sizeof back);
    }
}

static void members_and_commas_stand_where_json_wants_them(void **state)
{
    (void)state;
    struct pt_buffer out = {0};
    struct pt_json json = {.out = &out};

    pt_json_object(&json, NULL);
    pt_json_f64(&json, "nan", NAN);
    pt_json_f64(&json, "inf", -INFINITY);
    pt_json_array(&json, "list");
    pt_json_u64(&json, NULL, UINT64_MAX);
    pt_json_i64(&json, NULL, INT64_MIN);
    pt_json_hex(&json, NULL, 255);
    pt_json_array_end(&json);
    pt_json_object(&json, "empty");
    pt_json_object_end(&json);
    pt_json_bool(&json, "yes", true);
    pt_json_object_end(&json);
    assert_string_equal(
        text_of(&out),
        "{\"nan\":null,\"inf\":\"-Infinity\",\"list\":[18446744073709551615,"
        "-9223372036854775808,\"00000000000000ff\"],\"empty\":{},\"yes\":true}");
    pt_buffer_destroy(&out);
}

static void a_buffer_that_grew_too_large_stays_failed(void **state)
{
    (void)state;
    struct pt_buffer out = {0};
    assert_null(pt_buffer_grow(&out, (size_t)PT_BUFFER_LIMIT + 1));
    pt_buffer_add(&out, "x", 1);
    assert_true(out.failed);
    assert_int_equal(out.n, 0);
    pt_buffer_destroy(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_valid_whatever_is_in_them),
        cmocka_unit_test(what_is_not_utf8_is_replaced),
        cmocka_unit_test(floats_read_back_as_the_same_double),
        cmocka_unit_test(numbers_are_short_and_exact),
        cmocka_unit_test(members_and_commas_stand_where_json_wants_them),
        cmocka_unit_test(a_buffer_that_grew_too_large_stays_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
