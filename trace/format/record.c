#include "format/record.h"

void pt_record_put_header(unsigned char *p, uint16_t type, uint16_t flags,
                          uint32_t bytes)
{
    pt_put16(p + PT_RECORD_TYPE, type);
    pt_put16(p + PT_RECORD_FLAGS, flags);
    pt_put32(p + PT_RECORD_LENGTH, bytes);
}

void pt_record_put_function(unsigned char *p, uint32_t id,
                            const struct pt_trace_function *function)
{
    pt_record_put_header(p, PT_RECORD_FUNCTION, 0, PT_FUNCTION_BYTES);
    pt_put32(p + PT_FUNCTION_ID, id);
    pt_put32(p + PT_FUNCTION_MODULE, function->module);
    pt_put32(p + PT_FUNCTION_NAME, function->name);
    pt_put32(p + PT_FUNCTION_FILE, function->file);
    pt_put32(p + PT_FUNCTION_LINE, function->line);
    pt_put32(p + PT_FUNCTION_KIND, function->kind);
}

void pt_record_get_function(const unsigned char *p, uint32_t *id,
                            struct pt_trace_function *function)
{
    *id = pt_get32(p + PT_FUNCTION_ID);
    function->module = pt_get32(p + PT_FUNCTION_MODULE);
    function->name = pt_get32(p + PT_FUNCTION_NAME);
    function->file = pt_get32(p + PT_FUNCTION_FILE);
    function->line = pt_get32(p + PT_FUNCTION_LINE);
    function->kind = pt_get32(p + PT_FUNCTION_KIND);
}

void pt_record_put_site(unsigned char *p, uint32_t id, const struct pt_trace_site *site)
{
    pt_record_put_header(p, PT_RECORD_SITE, 0, PT_SITE_BYTES);
    pt_put32(p + PT_SITE_ID, id);
    pt_put32(p + PT_SITE_FILE, site->file);
    pt_put32(p + PT_SITE_LINE, site->line);
    pt_put32(p + PT_SITE_NAME, site->name);
    pt_put32(p + PT_SITE_INSTRUCTION, site->instruction);
    pt_put32(p + PT_SITE_RESERVED, 0);
}

void pt_record_get_site(const unsigned char *p, uint32_t *id,
                        struct pt_trace_site *site)
{
    *id = pt_get32(p + PT_SITE_ID);
    site->file = pt_get32(p + PT_SITE_FILE);
    site->line = pt_get32(p + PT_SITE_LINE);
    site->name = pt_get32(p + PT_SITE_NAME);
    site->instruction = pt_get32(p + PT_SITE_INSTRUCTION);
}

void pt_record_put_path(unsigned char *p, uint32_t id, const struct pt_trace_path *path)
{
    pt_record_put_header(p, PT_RECORD_PATH, 0, PT_PATH_BYTES);
    pt_put32(p + PT_PATH_ID, id);
    pt_put32(p + PT_PATH_PARENT, path->parent);
    pt_put32(p + PT_PATH_SITE, path->site);
    pt_put32(p + PT_PATH_RESERVED, 0);
}

void pt_record_get_path(const unsigned char *p, uint32_t *id,
                        struct pt_trace_path *path)
{
    *id = pt_get32(p + PT_PATH_ID);
    path->parent = pt_get32(p + PT_PATH_PARENT);
    path->site = pt_get32(p + PT_PATH_SITE);
}

void pt_record_put_enter(unsigned char *p, const struct pt_trace_enter *enter)
{
    pt_record_put_header(p, PT_RECORD_ENTER, 0, PT_ENTER_BYTES);
    pt_put64(p + PT_ENTER_TIME, enter->time);
    pt_put64(p + PT_ENTER_PARENT, enter->parent);
    pt_put32(p + PT_ENTER_FUNCTION, enter->function);
    pt_put32(p + PT_ENTER_SITE, enter->site);
    pt_put32(p + PT_ENTER_PATH, enter->path);
    pt_put32(p + PT_ENTER_THREAD, enter->thread);
    pt_put64(p + PT_ENTER_NS, (uint64_t)enter->ns);
    pt_put64(p + PT_ENTER_VALUES, enter->values);
    pt_put64(p + PT_ENTER_DATA_BYTES, enter->data_bytes);
    pt_put32(p + PT_ENTER_N_VALUES, enter->n_values);
    pt_put32(p + PT_ENTER_RESERVED, 0);
}

void pt_record_get_enter(const unsigned char *p, struct pt_trace_enter *enter)
{
    enter->time = pt_get64(p + PT_ENTER_TIME);
    enter->parent = pt_get64(p + PT_ENTER_PARENT);
    enter->function = pt_get32(p + PT_ENTER_FUNCTION);
    enter->site = pt_get32(p + PT_ENTER_SITE);
    enter->path = pt_get32(p + PT_ENTER_PATH);
    enter->thread = pt_get32(p + PT_ENTER_THREAD);
    enter->ns = (int64_t)pt_get64(p + PT_ENTER_NS);
    enter->values = pt_get64(p + PT_ENTER_VALUES);
    enter->data_bytes = pt_get64(p + PT_ENTER_DATA_BYTES);
    enter->n_values = pt_get32(p + PT_ENTER_N_VALUES);
}

void pt_record_put_exit(unsigned char *p, const struct pt_trace_exit *exit)
{
    pt_record_put_header(p, PT_RECORD_EXIT, exit->flags, PT_EXIT_BYTES);
    pt_put64(p + PT_EXIT_CALL, exit->call);
    pt_put64(p + PT_EXIT_TIME, exit->time);
    pt_put64(p + PT_EXIT_NS, (uint64_t)exit->ns);
    pt_put64(p + PT_EXIT_VALUES, exit->values);
    pt_put64(p + PT_EXIT_DATA_BYTES, exit->data_bytes);
    pt_put32(p + PT_EXIT_N_VALUES, exit->n_values);
    pt_put32(p + PT_EXIT_EXCEPTION, exit->exception);
}

void pt_record_get_exit(const unsigned char *p, struct pt_trace_exit *exit)
{
    exit->flags = pt_get16(p + PT_RECORD_FLAGS);
    exit->call = pt_get64(p + PT_EXIT_CALL);
    exit->time = pt_get64(p + PT_EXIT_TIME);
    exit->ns = (int64_t)pt_get64(p + PT_EXIT_NS);
    exit->values = pt_get64(p + PT_EXIT_VALUES);
    exit->data_bytes = pt_get64(p + PT_EXIT_DATA_BYTES);
    exit->n_values = pt_get32(p + PT_EXIT_N_VALUES);
    exit->exception = pt_get32(p + PT_EXIT_EXCEPTION);
}

void pt_record_put_footer(unsigned char *p, const struct pt_trace_footer *footer)
{
    pt_record_put_header(p, PT_RECORD_FOOTER, 0, PT_FOOTER_BYTES);
    pt_put64(p + PT_FOOTER_LAST_INDEX, footer->last_index);
    pt_put64(p + PT_FOOTER_N_BLOCKS, footer->n_blocks);
    pt_put64(p + PT_FOOTER_N_CALLS, footer->n_calls);
    pt_put64(p + PT_FOOTER_N_VALUES, footer->n_values);
    pt_put64(p + PT_FOOTER_DATA_BYTES, footer->data_bytes);
    pt_put64(p + PT_FOOTER_END_TIME, footer->end_time);
    pt_put64(p + PT_FOOTER_FLAGS, footer->flags);
}

void pt_record_get_footer(const unsigned char *p, struct pt_trace_footer *footer)
{
    footer->last_index = pt_get64(p + PT_FOOTER_LAST_INDEX);
    footer->n_blocks = pt_get64(p + PT_FOOTER_N_BLOCKS);
    footer->n_calls = pt_get64(p + PT_FOOTER_N_CALLS);
    footer->n_values = pt_get64(p + PT_FOOTER_N_VALUES);
    footer->data_bytes = pt_get64(p + PT_FOOTER_DATA_BYTES);
    footer->end_time = pt_get64(p + PT_FOOTER_END_TIME);
    footer->flags = pt_get64(p + PT_FOOTER_FLAGS);
}

void pt_record_put_hash(unsigned char *p, struct pt_hash128 hash)
{
    pt_put64(p + PT_PAYLOAD_HASH, hash.low);
    pt_put64(p + PT_PAYLOAD_HASH + 8, hash.high);
}

void pt_record_put_extent(unsigned char *p, uint32_t bytes,
                          const struct pt_trace_extent *extent)
{
    pt_record_put_header(p, PT_RECORD_PAYLOAD, 0, bytes);
    pt_record_put_hash(p, extent->hash);
    pt_put64(p + PT_PAYLOAD_CONTENT_BYTES, extent->content_bytes);
    pt_put64(p + PT_PAYLOAD_EXTENT_OFFSET, extent->offset);
    pt_put64(p + PT_PAYLOAD_EXTENT_BYTES, extent->bytes);
}

void pt_record_get_extent(const unsigned char *p, struct pt_trace_extent *extent)
{
    extent->changed = (pt_get16(p + PT_RECORD_FLAGS) & PT_PAYLOAD_CHANGED) != 0;
    extent->hash.low = pt_get64(p + PT_PAYLOAD_HASH);
    extent->hash.high = pt_get64(p + PT_PAYLOAD_HASH + 8);
    extent->content_bytes = pt_get64(p + PT_PAYLOAD_CONTENT_BYTES);
    extent->offset = pt_get64(p + PT_PAYLOAD_EXTENT_OFFSET);
    extent->bytes = pt_get64(p + PT_PAYLOAD_EXTENT_BYTES);
}

void pt_record_put_value(unsigned char *p, uint32_t bytes,
                         const struct pt_trace_value *value)
{
    pt_record_put_header(p, PT_RECORD_VALUE,
                         value->has_summary ? PT_VALUE_HAS_SUMMARY : 0, bytes);
    pt_put64(p + PT_VALUE_CALL, value->call);
    pt_put32(p + PT_VALUE_NAME, value->name);
    p[PT_VALUE_PHASE] = value->phase;
    p[PT_VALUE_KIND] = value->kind;
    p[PT_VALUE_DTYPE] = (unsigned char)value->dtype;
    p[PT_VALUE_ITEM_BYTES] = value->item_bytes;
    p[PT_VALUE_NDIM] = value->ndim;
    p[PT_VALUE_STORAGE] = value->storage;
    pt_put16(p + PT_VALUE_FORM, value->form);
    pt_put32(p + PT_VALUE_REASON, value->reason);
    pt_put64(p + PT_VALUE_N_ELEMENTS, value->n_elements);
    pt_put64(p + PT_VALUE_DATA_BYTES, value->data_bytes);
    for (unsigned d = 0; d < value->ndim; d++)
        pt_put64(p + PT_VALUE_BYTES + 8 * d, value->shape[d]);
}

void pt_record_get_value_fixed(const unsigned char *p, struct pt_trace_value *value)
{
    value->call = pt_get64(p + PT_VALUE_CALL);
    value->name = pt_get32(p + PT_VALUE_NAME);
    value->phase = p[PT_VALUE_PHASE];
    value->kind = p[PT_VALUE_KIND];
    value->dtype = (char)p[PT_VALUE_DTYPE];
    value->item_bytes = p[PT_VALUE_ITEM_BYTES];
    value->ndim = p[PT_VALUE_NDIM];
    value->storage = p[PT_VALUE_STORAGE];
    value->form = pt_get16(p + PT_VALUE_FORM);
    value->reason = pt_get32(p + PT_VALUE_REASON);
    value->n_elements = pt_get64(p + PT_VALUE_N_ELEMENTS);
    value->data_bytes = pt_get64(p + PT_VALUE_DATA_BYTES);
    value->payload = 0;
    value->has_summary = false;
}

void pt_record_get_value_shape(const unsigned char *p, struct pt_trace_value *value)
{
    for (unsigned d = 0; d < value->ndim; d++)
        value->shape[d] = pt_get64(p + PT_VALUE_BYTES + 8 * d);
}

static void put_double(unsigned char *p, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    pt_put64(p, bits);
}

static double get_double(const unsigned char *p)
{
    uint64_t bits = pt_get64(p);
    double number;

    memcpy(&number, &bits, sizeof number);
    return number;
}

void pt_record_put_summary(unsigned char *p, const struct pt_trace_summary *summary)
{
    pt_put64(p + PT_SUMMARY_N_NAN, summary->n_nan);
    pt_put64(p + PT_SUMMARY_N_POSITIVE_INF, summary->n_positive_inf);
    pt_put64(p + PT_SUMMARY_N_NEGATIVE_INF, summary->n_negative_inf);
    put_double(p + PT_SUMMARY_MIN, summary->min);
    put_double(p + PT_SUMMARY_MAX, summary->max);
    put_double(p + PT_SUMMARY_SUM, summary->sum);
    put_double(p + PT_SUMMARY_SUM_IMAGINARY, summary->sum_imaginary);
    put_double(p + PT_SUMMARY_NORM, summary->norm);
}

void pt_record_get_summary(const unsigned char *p, struct pt_trace_summary *summary)
{
    summary->n_nan = pt_get64(p + PT_SUMMARY_N_NAN);
    summary->n_positive_inf = pt_get64(p + PT_SUMMARY_N_POSITIVE_INF);
    summary->n_negative_inf = pt_get64(p + PT_SUMMARY_N_NEGATIVE_INF);
    summary->min = get_double(p + PT_SUMMARY_MIN);
    summary->max = get_double(p + PT_SUMMARY_MAX);
    summary->sum = get_double(p + PT_SUMMARY_SUM);
    summary->sum_imaginary = get_double(p + PT_SUMMARY_SUM_IMAGINARY);
    summary->norm = get_double(p + PT_SUMMARY_NORM);
}

void pt_record_put_entry(unsigned char *p, const struct pt_trace_block *block)
{
    pt_put64(p + PT_INDEX_ENTRY_OFFSET, block->offset);
    pt_put64(p + PT_INDEX_ENTRY_ORDINAL, block->ordinal);
    pt_put64(p + PT_INDEX_ENTRY_FIRST_TIME, block->first_time);
    pt_put64(p + PT_INDEX_ENTRY_LAST_TIME, block->last_time);
    pt_put64(p + PT_INDEX_ENTRY_STORED_BYTES, block->stored_bytes);
    pt_put64(p + PT_INDEX_ENTRY_RAW_BYTES, block->raw_bytes);
    pt_put16(p + PT_INDEX_ENTRY_STREAM, block->stream);
    pt_put16(p + PT_INDEX_ENTRY_CODEC, block->codec);
    pt_put32(p + PT_INDEX_ENTRY_RECORDS, (uint32_t)block->records);
}

void pt_record_get_entry(const unsigned char *p, struct pt_trace_block *block)
{
    block->offset = pt_get64(p + PT_INDEX_ENTRY_OFFSET);
    block->ordinal = pt_get64(p + PT_INDEX_ENTRY_ORDINAL);
    block->first_time = pt_get64(p + PT_INDEX_ENTRY_FIRST_TIME);
    block->last_time = pt_get64(p + PT_INDEX_ENTRY_LAST_TIME);
    block->stored_bytes = pt_get64(p + PT_INDEX_ENTRY_STORED_BYTES);
    block->raw_bytes = pt_get64(p + PT_INDEX_ENTRY_RAW_BYTES);
    block->stream = pt_get16(p + PT_INDEX_ENTRY_STREAM);
    block->codec = pt_get16(p + PT_INDEX_ENTRY_CODEC);
    block->records = pt_get32(p + PT_INDEX_ENTRY_RECORDS);
    block->body_checksum = 0;
}
