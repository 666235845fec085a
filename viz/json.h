/* Writes JSON into a buffer as it goes; the columns of a large answer never stand in
 * memory a second time.
 *
 * Numbers: integers as they are (JavaScript keeps 2^53 of them), keys of 64 bits as hex
 * texts (pt_json_hex), floats so that they read back as the same double. JSON has no
 * NaN: it is null; infinities are the texts "Infinity" and "-Infinity". Texts come from
 * traces and may hold anything: what is not UTF-8 becomes U+FFFD, and '<' is written as
 * \u003c, so that the text is harmless even inside a page. Thread: caller locks. */
#ifndef PT_VIZ_JSON_H
#define PT_VIZ_JSON_H

#include <stdint.h>

#include "buffer.h"

struct pt_json {
    struct pt_buffer *out; /* borrowed */
    bool need_comma;
};

/* `key` is NULL inside arrays and for the outermost value. */
void pt_json_object(struct pt_json *json, const char *key);
void pt_json_object_end(struct pt_json *json);
void pt_json_array(struct pt_json *json, const char *key);
void pt_json_array_end(struct pt_json *json);
void pt_json_text(struct pt_json *json, const char *key, const char *text);
/* `bytes` bytes, ended earlier by a NUL. */
void pt_json_text_n(struct pt_json *json, const char *key, const char *text,
                    size_t bytes);
void pt_json_u64(struct pt_json *json, const char *key, uint64_t value);
void pt_json_i64(struct pt_json *json, const char *key, int64_t value);
void pt_json_hex(struct pt_json *json, const char *key, uint64_t value);
void pt_json_f64(struct pt_json *json, const char *key, double value);
void pt_json_bool(struct pt_json *json, const char *key, bool value);
void pt_json_null(struct pt_json *json, const char *key);

#endif
