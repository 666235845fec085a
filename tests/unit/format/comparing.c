/* Compares what is read with the model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "model_calls.h"

/* What a visitor compares with. */
struct comparison {
    struct pt_trace_reader *reader;
    const struct model_phase *phase;
    uint32_t seen;
};

static enum pt_status compare_payload(struct pt_trace_reader *reader,
                                      const struct model_made *made, uint64_t ref,
                                      struct pt_error *error)
{
    uint64_t hash[2], bytes;
    struct pt_hash128 ours = pt_hash128(made->data, (size_t)made->value.data_bytes);
    enum pt_status status =
        pt_trace_reader_payload_hash(reader, ref, hash, &bytes, error);

    if (status != PT_OK)
        return status;
    assert_int_equal(bytes, made->value.data_bytes);
    assert_true(hash[0] == ours.low && hash[1] == ours.high);
    unsigned char *data = malloc((size_t)bytes + 1);
    assert_non_null(data);
    uint64_t from = bytes / 3;
    status = pt_trace_reader_payload(reader, ref, from, bytes - from, data, error);
    if (status == PT_OK) {
        assert_memory_equal(data, made->data + from, (size_t)(bytes - from));
        status = pt_trace_reader_payload(reader, ref, 0, bytes, data, error);
    }
    if (status == PT_OK)
        assert_memory_equal(data, made->data, (size_t)bytes);
    free(data);
    return status;
}

static enum pt_status compare_value(void *context, const struct pt_trace_value *value,
                                    const void *data, struct pt_error *error)
{
    struct comparison *comparison = context;
    const struct model_made *made = &comparison->phase->values[comparison->seen++];
    const struct pt_trace_value *w = &made->value;

    assert_int_equal(value->call, w->call);
    assert_int_equal(value->name, w->name);
    assert_int_equal(value->phase, w->phase);
    assert_int_equal(value->kind, w->kind);
    assert_int_equal(value->dtype, w->dtype);
    assert_int_equal(value->item_bytes, w->item_bytes);
    assert_int_equal(value->ndim, w->ndim);
    assert_int_equal(value->form, w->form);
    assert_int_equal(value->reason, w->reason);
    assert_int_equal(value->n_elements, w->n_elements);
    assert_int_equal(value->data_bytes, w->data_bytes);
    for (unsigned d = 0; d < w->ndim; d++)
        assert_int_equal(value->shape[d], w->shape[d]);
    if (w->storage == PT_STORAGE_NONE) {
        assert_int_equal(value->storage, PT_STORAGE_NONE);
        return PT_OK;
    }
    if (w->storage == PT_STORAGE_INLINE && w->data_bytes <= PT_TRACE_INLINE_BYTES) {
        assert_int_equal(value->storage, PT_STORAGE_INLINE);
        assert_memory_equal(data, made->data, (size_t)w->data_bytes);
        return PT_OK;
    }
    assert_int_equal(value->storage, w->storage == PT_STORAGE_SAMPLE
                                         ? PT_STORAGE_SAMPLE
                                         : PT_STORAGE_PAYLOAD);
    return compare_payload(comparison->reader, made, value->payload, error);
}

/* False: the values are not all there. */
static bool compare_phase(struct pt_trace_reader *reader,
                          const struct model_phase *phase, uint64_t ref, uint32_t n,
                          uint64_t bytes)
{
    struct comparison comparison = {.reader = reader, .phase = phase};

    assert_int_equal(n, phase->n);
    assert_int_equal(bytes, phase->bytes);
    return pt_trace_reader_values(reader, ref, n, compare_value, &comparison, NULL) ==
           PT_OK;
}

/* False: the definitions are lost. */
static bool compare_definitions(const struct pt_trace_reader *reader,
                                const struct pt_trace_enter *enter, uint32_t index)
{
    char name[32];
    const struct pt_trace_function *f =
        pt_trace_reader_function(reader, enter->function);
    const struct pt_trace_site *site = pt_trace_reader_site(reader, enter->site);
    const struct pt_trace_path *path = pt_trace_reader_path(reader, enter->path);

    if (f->kind == 0 || site->file == 0 || path->site == 0 ||
        !pt_trace_reader_string(reader, f->name, NULL)[0])
        return false;
    snprintf(name, sizeof name, "function_%u", index % MODEL_N_FUNCTIONS);
    assert_string_equal(pt_trace_reader_string(reader, f->name, NULL), name);
    assert_string_equal(pt_trace_reader_string(reader, f->module, NULL), "module");
    assert_int_equal(f->line, 10 * (index % MODEL_N_FUNCTIONS) + 1);
    assert_int_equal(f->kind, 1 + index % MODEL_N_FUNCTIONS % 9);
    assert_int_equal(site->line, index % 50);
    assert_int_equal(site->name, f->name);
    assert_int_equal(path->site, enter->site);
    return true;
}

/* Compares one record of the skeleton; false: its values are not all there. */
static bool compare_record(struct pt_trace_reader *reader,
                           const struct pt_trace_cursor *cursor,
                           const struct model_call *call)
{
    struct pt_trace_enter enter, made_enter;
    struct pt_trace_exit exit, made_exit;

    if (cursor->type == PT_RECORD_ENTER) {
        assert_int_equal(pt_trace_enter_decode(cursor, &enter, NULL), PT_OK);
        model_fill_enter(&made_enter, call);
        assert_int_equal(enter.time, made_enter.time);
        assert_int_equal(enter.ns, made_enter.ns);
        return compare_definitions(reader, &enter, call->index) &&
               compare_phase(reader, &call->phases[0], enter.values, enter.n_values,
                             enter.data_bytes);
    }
    assert_int_equal(pt_trace_exit_decode(cursor, &exit, NULL), PT_OK);
    model_fill_exit(&made_exit, call);
    assert_int_equal(exit.call, made_exit.call);
    assert_int_equal(exit.time, made_exit.time);
    assert_int_equal(exit.ns, made_exit.ns);
    assert_int_equal(exit.exception, made_exit.exception);
    assert_int_equal(exit.flags, made_exit.flags);
    return compare_phase(reader, &call->phases[1], exit.values, exit.n_values,
                         exit.data_bytes);
}

uint32_t model_compare(struct pt_trace_reader *reader,
                       const struct model_options *options)
{
    uint32_t n_records = 0;
    bool whole = true;

    for (size_t b = 0;
         b < pt_trace_reader_n_blocks(reader, PT_STREAM_SKELETON) && whole; b++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, b);
        unsigned char *body = malloc((size_t)block->raw_bytes + 1);
        assert_non_null(body);
        struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
        whole = pt_trace_reader_read(reader, block, body, NULL) == PT_OK;
        while (whole && pt_trace_cursor_next(&cursor, NULL) == PT_OK) {
            struct model_call call;
            assert_true(n_records / 2 < options->n_calls);
            model_make_call(&call, options, n_records / 2);
            assert_int_equal(cursor.type,
                             n_records % 2 ? PT_RECORD_EXIT : PT_RECORD_ENTER);
            whole = compare_record(reader, &cursor, &call);
            n_records += whole;
            model_free_call(&call);
        }
        free(body);
    }
    return n_records / 2;
}
