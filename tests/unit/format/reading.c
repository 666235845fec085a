/* Reads whatever a file offers, as a program that meets a damaged one would. */
#include <stdlib.h>

#include "model.h"

/* Calls that all claim the same values would be read for ever. */
enum { MOST = 3000000 };

struct reading {
    struct pt_trace_reader *reader;
    uint64_t n;
};

static enum pt_status read_value(void *context, const struct pt_trace_value *value,
                                 const void *data, struct pt_error *error)
{
    struct reading *reading = context;
    unsigned char some[256];
    uint64_t hash[2], bytes;

    if (reading->n++ > MOST)
        return PT_E_LIMIT;
    for (uint64_t i = 0; data && i < value->data_bytes; i++)
        reading->n += ((const unsigned char *)data)[i] >> 8; /* touches each byte */
    if (value->storage < PT_STORAGE_PAYLOAD ||
        pt_trace_reader_payload_hash(reading->reader, value->payload, hash, &bytes,
                                     error) != PT_OK)
        return PT_OK;
    uint64_t n = bytes < sizeof some ? bytes : sizeof some;
    if (pt_trace_reader_payload(reading->reader, value->payload, bytes - n, n, some,
                                error) == PT_OK)
        reading->n++;
    return PT_OK;
}

static void read_record(struct reading *reading, const struct pt_trace_cursor *cursor)
{
    struct pt_trace_enter enter;
    struct pt_trace_exit exit;
    enum pt_status status = PT_OK;

    if (reading->n++ > MOST)
        return;
    if (cursor->type == PT_RECORD_ENTER &&
        pt_trace_enter_decode(cursor, &enter, NULL) == PT_OK)
        status = pt_trace_reader_values(reading->reader, enter.values, enter.n_values,
                                        read_value, reading, NULL);
    else if (cursor->type == PT_RECORD_EXIT &&
             pt_trace_exit_decode(cursor, &exit, NULL) == PT_OK)
        status = pt_trace_reader_values(reading->reader, exit.values, exit.n_values,
                                        read_value, reading, NULL);
    reading->n += status == PT_OK;
}

static void read_definitions(struct reading *reading)
{
    const struct pt_trace_reader *r = reading->reader;
    size_t bytes;

    for (uint32_t i = 0; i <= pt_trace_reader_n_functions(r) + 1; i++) {
        const struct pt_trace_function *f = pt_trace_reader_function(r, i);
        pt_trace_reader_string(r, f->name, &bytes);
        reading->n += bytes;
    }
    for (uint32_t i = 0; i <= pt_trace_reader_n_sites(r) + 1; i++)
        reading->n += pt_trace_reader_site(r, i)->line;
    for (uint32_t i = 0; i <= pt_trace_reader_n_paths(r) + 1; i++)
        reading->n += pt_trace_reader_path(r, i)->site;
    for (size_t i = 0; pt_trace_reader_meta_at(r, i, NULL, NULL); i++)
        reading->n++;
}

uint64_t model_read_all(struct pt_trace_reader *reader)
{
    struct reading reading = {.reader = reader};

    read_definitions(&reading);
    for (int s = PT_STREAM_META; s <= PT_STREAM_FOOTER; s++) {
        enum pt_trace_stream stream = (enum pt_trace_stream)s;
        for (size_t b = 0; b < pt_trace_reader_n_blocks(reader, stream); b++) {
            const struct pt_trace_block *block =
                pt_trace_reader_block(reader, stream, b);
            unsigned char *body = malloc((size_t)block->raw_bytes + 1);
            struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
            if (body && pt_trace_reader_read(reader, block, body, NULL) == PT_OK) {
                while (pt_trace_cursor_next(&cursor, NULL) == PT_OK)
                    read_record(&reading, &cursor);
            }
            free(body);
        }
    }
    return reading.n;
}
