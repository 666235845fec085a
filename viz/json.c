#include "json.h"
#include "number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 sequence at p (Unicode 15, table 3-7); 0: not one. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    static const unsigned char low[] = {[0] = 0x80, [0xe0] = 0xa0, [0xf0] = 0x90};
    size_t n = p[0] < 0x80                    ? 1
               : p[0] >= 0xc2 && p[0] <= 0xdf ? 2
               : p[0] >= 0xe0 && p[0] <= 0xef ? 3
               : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                              : 0;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if (n > 2 && p[0] <= 0xf0 && low[p[0]] && p[1] < low[p[0]])
        return 0;
    if ((p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0; /* surrogates; beyond U+10FFFF */
    return n;
}

static void add_escaped(struct pt_buffer *out, const char *text, size_t bytes)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + bytes;

    pt_buffer_add(out, "\"", 1);
    while (p < end && *p) {
        size_t n = utf8_length(p, (size_t)(end - p));
        if (n == 0) {
            pt_buffer_add(out, "\xef\xbf\xbd", 3);
            n = 1;
        } else if (*p == '"' || *p == '\\') {
            pt_buffer_add(out, *p == '"' ? "\\\"" : "\\\\", 2);
        } else if (*p < 0x20 || *p == '<' || *p == 0x7f) {
            pt_buffer_printf(out, "\\u%04x", *p);
        } else {
            pt_buffer_add(out, p, n);
        }
        p += n;
    }
    pt_buffer_add(out, "\"", 1);
}

static void begin(struct pt_json *json, const char *key)
{
    if (json->need_comma)
        pt_buffer_add(json->out, ",", 1);
    json->need_comma = true;
    if (key) {
        add_escaped(json->out, key, strlen(key));
        pt_buffer_add(json->out, ":", 1);
    }
}

void pt_json_object(struct pt_json *json, const char *key)
{
    begin(json, key);
    pt_buffer_add(json->out, "{", 1);
    json->need_comma = false;
}

void pt_json_object_end(struct pt_json *json)
{
    pt_buffer_add(json->out, "}", 1);
    json->need_comma = true;
}

void pt_json_array(struct pt_json *json, const char *key)
{
    begin(json, key);
    pt_buffer_add(json->out, "[", 1);
    json->need_comma = false;
}

void pt_json_array_end(struct pt_json *json)
{
    pt_buffer_add(json->out, "]", 1);
    json->need_comma = true;
}

void pt_json_text(struct pt_json *json, const char *key, const char *text)
{
    pt_json_text_n(json, key, text, strlen(text));
}

void pt_json_text_n(struct pt_json *json, const char *key, const char *text,
                    size_t bytes)
{
    begin(json, key);
    add_escaped(json->out, text, bytes);
}

void pt_json_u64(struct pt_json *json, const char *key, uint64_t value)
{
    char digits[24], *p = digits + sizeof digits;

    begin(json, key);
    do
        *--p = (char)('0' + value % 10);
    while (value /= 10);
    pt_buffer_add(json->out, p, (size_t)(digits + sizeof digits - p));
}

void pt_json_i64(struct pt_json *json, const char *key, int64_t value)
{
    begin(json, key);
    pt_buffer_printf(json->out, "%" PRId64, value);
}

void pt_json_hex(struct pt_json *json, const char *key, uint64_t value)
{
    begin(json, key);
    pt_buffer_printf(json->out, "\"%016" PRIx64 "\"", value);
}

void pt_json_f64(struct pt_json *json, const char *key, double value)
{
    char text[PT_NUMBER_ROOM];

    begin(json, key);
    if (isnan(value)) {
        pt_buffer_add(json->out, "null", 4);
    } else if (isinf(value)) {
        pt_buffer_printf(json->out, "%s", value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else {
        pt_buffer_add(json->out, text, pt_number_write(value, text));
    }
}

void pt_json_bool(struct pt_json *json, const char *key, bool value)
{
    begin(json, key);
    pt_buffer_add(json->out, value ? "true" : "false", value ? 4 : 5);
}

void pt_json_null(struct pt_json *json, const char *key)
{
    begin(json, key);
    pt_buffer_add(json->out, "null", 4);
}
