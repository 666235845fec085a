#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "append/synthesis.h"

/* Stored elements [first, first + n) as moments. */
static enum pt_status read_moments(struct pt_synthesis *s, uint64_t first, uint64_t n,
                                   struct pt_error *error)
{
    static const struct {
        enum pt_result_column_id id;
        size_t offset, bytes;
    } parts[] = {{PT_COLUMN_MERGE_MEAN, offsetof(struct pt_moments, mean), 8},
                 {PT_COLUMN_MERGE_MEAN_LOW, offsetof(struct pt_moments, mean_low), 8},
                 {PT_COLUMN_MERGE_M2, offsetof(struct pt_moments, m2), 8},
                 {PT_COLUMN_MERGE_SCALE, offsetof(struct pt_moments, scale), 4},
                 {PT_COLUMN_MERGE_MIN, offsetof(struct pt_moments, low), 8},
                 {PT_COLUMN_MERGE_MAX, offsetof(struct pt_moments, high), 8},
                 {PT_COLUMN_MERGE_N, offsetof(struct pt_moments, n), 4},
                 {PT_COLUMN_MERGE_N_NAN, offsetof(struct pt_moments, n_nan), 4},
                 {PT_COLUMN_MERGE_N_INF, offsetof(struct pt_moments, n_inf), 4}};
    enum pt_status status = PT_OK;
    if (n > s->moments_room) {
        free(s->moments);
        s->moments = malloc((size_t)n * sizeof *s->moments);
        s->moments_room = s->moments ? (size_t)n : 0;
    }
    char *rows = malloc((size_t)n * 8 + 1);
    if (!rows || !s->moments_room)
        status = pt_no_memory(error, "the moments of a value");
    for (size_t k = 0; !status && k < PT_ARRAY_LENGTH(parts); k++) {
        size_t width = pt_result_width(s->file, parts[k].id);
        status = pt_result_read(s->file, parts[k].id, first, n, rows, error);
        for (uint64_t i = 0; !status && i < n; i++) /* little-endian, as the file */
            memcpy((char *)&s->moments[i] + parts[k].offset, rows + i * width,
                   parts[k].bytes);
    }
    free(rows);
    return status;
}

static enum pt_status put_label(struct pt_synthesis *s, uint64_t v,
                                struct pt_trace_value *value, struct pt_error *error)
{
    char *text = NULL;
    enum pt_status status =
        pt_result_blob(s->file, PT_COLUMN_META_LABELS, s->columns.label_first[v],
                       s->columns.label_bytes[v], 1 << 20, &text, error);
    if (!status) {
        value->dtype = 'S';
        value->item_bytes = 1;
        value->storage = PT_STORAGE_INLINE;
        value->data_bytes = s->columns.label_bytes[v];
        pt_trace_writer_value(s->writer, value, text);
    }
    free(text);
    return status;
}

/* "<f8", "|b1", "<c16" */
static bool read_dtype(const char *text, char *class, unsigned *bytes)
{
    if (!text[0] || !text[1])
        return false;
    *class = text[1];
    *bytes = (unsigned)atoi(text + 2);
    return *bytes > 0 && *bytes <= 32;
}

static enum pt_status put_numbers(struct pt_synthesis *s, uint64_t v,
                                  struct pt_trace_value *value, struct pt_error *error)
{
    const struct pt_base_columns *c = &s->columns;
    char *dtype = NULL, class = 0;
    unsigned bytes = 0;
    enum pt_status status =
        pt_result_text(s->file, PT_COLUMN_VALUES_DTYPE, v, &dtype, error);
    if (!status && !read_dtype(dtype, &class, &bytes))
        status = pt_error_set(error, PT_E_DAMAGED, "%s: value %llu has no type",
                              s->base->path, (unsigned long long)v);
    free(dtype);
    if (status)
        return status;
    uint64_t planes = class == 'c' ? 2 : 1, n = c->n_stored[v];
    bool stored = n && c->first_element[v] != PT_RESULT_NONE64;
    value->dtype = 'u';
    value->item_bytes = (uint8_t)(planes * PT_BASE_ITEM);
    value->reason = (uint32_t)(unsigned char)class << 8 | bytes;
    value->data_bytes = stored ? n * PT_BASE_ITEM : 0;
    value->storage = !stored                          ? PT_STORAGE_NONE
                     : c->flags[v] & PT_VALUE_SAMPLED ? PT_STORAGE_SAMPLE
                                                      : PT_STORAGE_INLINE;
    if (stored)
        status = read_moments(s, c->first_element[v], n, error);
    if (!status)
        pt_trace_writer_value(s->writer, value, stored ? s->moments : NULL);
    return status;
}

enum pt_status pt_base_put_value(struct pt_synthesis *s, uint64_t v, uint64_t call,
                                 struct pt_error *error)
{
    const struct pt_base_columns *c = &s->columns;
    struct pt_trace_value value = {
        .call = call,
        .phase = c->phase[v],
        .kind = c->kind[v],
        .ndim = c->ndim[v],
        .form = (uint16_t)(c->n_runs[v] < UINT16_MAX ? c->n_runs[v] : UINT16_MAX),
        .n_elements = c->n_elements[v]};
    if (c->ndim[v] > PT_TRACE_MAX_DIMENSIONS ||
        c->shape_first[v] + c->ndim[v] > pt_result_rows(s->file, PT_COLUMN_DIMS_SIZE) ||
        c->name[v] >= pt_result_rows(s->file, PT_COLUMN_NAMES_NAME))
        return pt_error_set(error, PT_E_DAMAGED, "%s: value %llu has no shape or name",
                            s->base->path, (unsigned long long)v);
    value.name = s->names[c->name[v]];
    memcpy(value.shape, c->size + c->shape_first[v], c->ndim[v] * sizeof *value.shape);
    if (value.kind == PT_VALUE_LABEL)
        return put_label(s, v, &value, error);
    if (value.kind == PT_VALUE_NUMBERS)
        return put_numbers(s, v, &value, error);
    value.dtype = 'S';
    value.item_bytes = 1;
    pt_trace_writer_value(s->writer, &value, NULL);
    return PT_OK;
}
