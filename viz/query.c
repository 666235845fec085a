#include "api.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pt_reply_header(struct pt_reply *reply, const char *name, const char *format, ...)
{
    if (reply->n_headers == PT_REPLY_HEADERS)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(reply->headers[reply->n_headers].value,
              sizeof reply->headers[reply->n_headers].value, format, args);
    va_end(args);
    reply->headers[reply->n_headers++].name = name;
}

/* Digits only: strtoull would take spaces, signs and wrap negative numbers. */
static bool read_u64(const char *text, char stop, const char **end, uint64_t *value)
{
    char *after = NULL;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &after, 10);
    *end = after;
    return !errno && (*after == '\0' || *after == stop);
}

enum pt_status pt_query_u64(const struct pt_request *request, const char *name,
                            uint64_t fallback, uint64_t min, uint64_t max,
                            uint64_t *value, struct pt_error *error)
{
    const char *text = pt_request_get(request, name), *end = NULL;
    *value = fallback;
    if (!text)
        return PT_OK;
    if (!read_u64(text, '\0', &end, value) || *value < min || *value > max)
        return pt_error_set(error, PT_E_USAGE,
                            "%s takes a number from %" PRIu64 " to %" PRIu64, name, min,
                            max);
    return PT_OK;
}

enum pt_status pt_query_list(const struct pt_request *request, const char *name,
                             uint64_t rows, uint32_t *list, size_t size, size_t *n,
                             struct pt_error *error)
{
    const char *text = pt_request_get(request, name);
    *n = 0;
    while (text && *text) {
        uint64_t value = 0;
        if (!read_u64(text, ',', &text, &value))
            return pt_error_set(error, PT_E_USAGE,
                                "%s takes numbers with commas between", name);
        if (value >= rows)
            return pt_error_set(error, PT_E_MISSING, "%s: there is no row %" PRIu64,
                                name, value);
        if (*n == size)
            return pt_error_set(error, PT_E_LIMIT, "%s takes at most %zu numbers", name,
                                size);
        list[(*n)++] = (uint32_t)value;
        text += *text == ',';
    }
    return PT_OK;
}

enum pt_status pt_check_row(const struct pt_request *request,
                            enum pt_result_column_id column, uint64_t number,
                            const char *what, struct pt_error *error)
{
    if (number < pt_result_rows(request->result->result, column))
        return PT_OK;
    return pt_error_set(error, PT_E_MISSING, "no such %s: %" PRIu64, what, number);
}

static void write_cell(struct pt_json *json, const char *key, enum pt_column_type type,
                       const unsigned char *cell, size_t width, bool hex)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    int64_t i64 = 0;
    double f64 = 0;

    switch (type) {
    case PT_COLUMN_U8:
        pt_json_u64(json, key, *cell);
        break;
    case PT_COLUMN_U32:
        memcpy(&u32, cell, sizeof u32);
        pt_json_u64(json, key, u32);
        break;
    case PT_COLUMN_U64:
        memcpy(&u64, cell, sizeof u64);
        if (hex)
            pt_json_hex(json, key, u64);
        else if (u64 == PT_RESULT_NONE64)
            pt_json_null(json, key);
        else
            pt_json_u64(json, key, u64);
        break;
    case PT_COLUMN_I64:
        memcpy(&i64, cell, sizeof i64);
        pt_json_i64(json, key, i64);
        break;
    case PT_COLUMN_F64:
        memcpy(&f64, cell, sizeof f64);
        pt_json_f64(json, key, f64);
        break;
    case PT_COLUMN_TEXT:
        pt_json_text_n(json, key, (const char *)cell, width);
        break;
    }
}

enum pt_status pt_json_column(struct pt_json *json, const char *key,
                              const struct pt_result *result,
                              enum pt_result_column_id column, uint64_t first,
                              uint64_t count, bool hex, struct pt_error *error)
{
    enum { CHUNK_BYTES = 1 << 16 };
    enum pt_status status = PT_OK;
    size_t width = pt_result_width(result, column);
    uint64_t step = width < CHUNK_BYTES ? CHUNK_BYTES / width : 1;
    unsigned char *chunk = malloc(step * width);

    if (!chunk)
        return pt_error_set(error, PT_E_MEMORY, "no memory for an answer");
    pt_json_array(json, key);
    for (uint64_t done = 0; status == PT_OK && done < count; done += step) {
        uint64_t n = count - done < step ? count - done : step;
        status = pt_result_read(result, column, first + done, n, chunk, error);
        for (uint64_t i = 0; status == PT_OK && i < n; i++)
            write_cell(json, NULL, pt_result_columns[column].type, chunk + i * width,
                       width, hex);
    }
    pt_json_array_end(json);
    free(chunk);
    return status;
}

enum pt_status pt_json_column_row(struct pt_json *json, const char *key,
                                  const struct pt_result *result,
                                  enum pt_result_column_id column, uint64_t row,
                                  struct pt_error *error)
{
    unsigned char cell[8];
    char *text = NULL;
    enum pt_status status = PT_OK;

    if (pt_result_columns[column].type == PT_COLUMN_TEXT) {
        status = pt_result_text(result, column, row, &text, error);
        if (status == PT_OK)
            pt_json_text(json, key, text);
        free(text);
        return status;
    }
    status = pt_result_read(result, column, row, 1, cell, error);
    if (status == PT_OK)
        write_cell(json, key, pt_result_columns[column].type, cell, sizeof cell, false);
    return status;
}
