#include "pickle/export.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/reader.h"
#include "pickle/writer.h"

enum { PATH_BYTES = 4096, PIECE_BYTES = 1 << 20 };

struct export
{
    struct pt_trace_reader *reader;
    struct pt_pickle_writer writer;
    unsigned char *piece; /* PIECE_BYTES, of a payload */
    /* the function and site of each open call, by the time of its entry */
    struct open_call {
        uint64_t time;
        uint32_t function, site;
    } * open;
    size_t n_open, open_room;
};

static void put_string(struct export *e, uint32_t id)
{
    size_t bytes;
    const char *text = pt_trace_reader_string(e->reader, id, &bytes);
    pt_pickle_put_text(&e->writer, text, bytes);
}

/* ── values ─────────────────────────────────────────────────────────────────────── */

static enum pt_status put_payload(struct export *e, const struct pt_trace_value *value,
                                  struct pt_error *error)
{
    enum pt_status status = PT_OK;
    for (uint64_t at = 0, n; !status && at < value->data_bytes; at += n) {
        n = value->data_bytes - at < PIECE_BYTES ? value->data_bytes - at : PIECE_BYTES;
        status =
            pt_trace_reader_payload(e->reader, value->payload, at, n, e->piece, error);
        if (!status)
            (void)fwrite(e->piece, 1, (size_t)n, e->writer.file);
    }
    return status;
}

/* Data that stand in the value or behind it. */
static enum pt_status put_data(struct export *e, const struct pt_trace_value *value,
                               const void *data, struct pt_error *error)
{
    if (!data)
        return put_payload(e, value, error);
    (void)fwrite(data, 1, (size_t)value->data_bytes, e->writer.file);
    return PT_OK;
}

static double get_double(const unsigned char *data)
{
    uint64_t bits = pt_get64(data);
    double real;
    memcpy(&real, &bits, sizeof real);
    return real;
}

static void put_complex(struct export *e, const unsigned char *data)
{
    pt_pickle_put_global(&e->writer, "builtins", "complex");
    pt_pickle_put_opcode(&e->writer, '(');
    pt_pickle_put_real(&e->writer, get_double(data));
    pt_pickle_put_real(&e->writer, get_double(data + 8));
    pt_pickle_put_opcode(&e->writer, 't');
    pt_pickle_put_opcode(&e->writer, 'R');
}

/* A Python number; false: it is none that Python has. */
static bool put_python(struct export *e, const struct pt_trace_value *value,
                       const unsigned char *data)
{
    if (value->form != PT_FORM_PYTHON || !data || value->n_elements != 1)
        return false;
    if (value->dtype == 'b')
        pt_pickle_put_opcode(&e->writer, data[0] ? 0x88 : 0x89);
    else if ((value->dtype == 'i' || value->dtype == 'u') && value->item_bytes == 8)
        pt_pickle_put_integer(&e->writer, pt_get64(data), value->dtype == 'i');
    else if (value->dtype == 'f' && value->item_bytes == 8)
        pt_pickle_put_real(&e->writer, get_double(data));
    else if (value->dtype == 'c' && value->item_bytes == 16)
        put_complex(e, data);
    else
        return false;
    return true;
}

static void put_numpy_scalar(struct export *e, const struct pt_trace_value *value,
                             const void *data)
{
    pt_pickle_put_global(&e->writer, "numpy.core.multiarray", "scalar");
    pt_pickle_put_opcode(&e->writer, '(');
    pt_pickle_put_dtype(&e->writer, value->dtype, value->item_bytes);
    pt_pickle_put_bytes_head(&e->writer, value->data_bytes);
    (void)fwrite(data, 1, (size_t)value->data_bytes, e->writer.file);
    pt_pickle_put_opcode(&e->writer, 't');
    pt_pickle_put_opcode(&e->writer, 'R');
}

static enum pt_status put_numbers(struct export *e, const struct pt_trace_value *value,
                                  const void *data, struct pt_error *error)
{
    struct pt_trace_value array = *value;
    uint64_t n = value->item_bytes ? value->data_bytes / value->item_bytes : 0,
             product = 1;
    if (put_python(e, value, data))
        return PT_OK;
    if (value->form == PT_FORM_NUMPY_SCALAR && data) {
        put_numpy_scalar(e, value, data);
        return PT_OK;
    }
    for (int i = 0; i < value->ndim; i++)
        product *= value->shape[i];
    if (product != n) { /* sparse, or a sample: what there is, in a row */
        array.ndim = 1;
        array.shape[0] = n;
    }
    pt_pickle_put_array_head(&e->writer, &array);
    enum pt_status status = put_data(e, value, data, error);
    pt_pickle_put_array_tail(&e->writer);
    return status;
}

/* "type\0text": texts and None as themselves, others as `<type text>`. */
static void put_label(struct export *e, const unsigned char *data, size_t bytes)
{
    const unsigned char *zero = memchr(data, '\0', bytes);
    size_t type_bytes = zero ? (size_t)(zero - data) : bytes;
    const char *type = (const char *)data, *text = zero ? (const char *)zero + 1 : "";
    size_t text_bytes = zero ? bytes - type_bytes - 1 : 0;
    char line[512];
    if (type_bytes == 3 && memcmp(type, "str", 3) == 0)
        pt_pickle_put_text(&e->writer, text, text_bytes);
    else if (type_bytes == 5 && memcmp(type, "bytes", 5) == 0) {
        pt_pickle_put_bytes_head(&e->writer, text_bytes);
        (void)fwrite(text, 1, text_bytes, e->writer.file);
    } else if (type_bytes == 8 && memcmp(type, "NoneType", 8) == 0)
        pt_pickle_put_opcode(&e->writer, 'N');
    else {
        int n = snprintf(line, sizeof line, "<%.*s%s%.*s>", (int)type_bytes, type,
                         text_bytes ? " " : "", (int)text_bytes, text);
        pt_pickle_put_text(&e->writer, line,
                           n < (int)sizeof line ? (size_t)n : sizeof line - 1);
    }
}

static enum pt_status put_value(void *context, const struct pt_trace_value *value,
                                const void *data, struct pt_error *error)
{
    struct export *e = context;
    put_string(e, value->name);
    if (value->kind == PT_VALUE_NUMBERS)
        return put_numbers(e, value, data, error);
    if (value->kind == PT_VALUE_LABEL && data)
        put_label(e, data, (size_t)value->data_bytes);
    else if (value->kind == PT_VALUE_LABEL) {
        unsigned char label[512];
        size_t n =
            value->data_bytes < sizeof label ? (size_t)value->data_bytes : sizeof label;
        enum pt_status status =
            pt_trace_reader_payload(e->reader, value->payload, 0, n, label, error);
        if (status)
            return status;
        put_label(e, label, n);
    } else
        pt_pickle_put_word(&e->writer, "<not recorded>");
    return PT_OK;
}

/* ── records ────────────────────────────────────────────────────────────────────── */

static void put_backtrace(struct export *e, uint32_t id)
{
    const struct pt_trace_site *site = pt_trace_reader_site(e->reader, id);
    if (!id) {
        pt_pickle_put_opcode(&e->writer, 'N');
        return;
    }
    pt_pickle_put_opcode(&e->writer, '}');
    pt_pickle_put_opcode(&e->writer, '(');
    pt_pickle_put_word(&e->writer, "filename");
    put_string(e, site->file);
    pt_pickle_put_word(&e->writer, "lineno");
    pt_pickle_put_integer(&e->writer, site->line, 0);
    pt_pickle_put_word(&e->writer, "name");
    put_string(e, site->name);
    pt_pickle_put_opcode(&e->writer, 'u');
}

static enum pt_status put_record(struct export *e, const struct open_call *call,
                                 const char *label, uint64_t values, uint32_t n,
                                 struct pt_error *error)
{
    const struct pt_trace_function *function =
        pt_trace_reader_function(e->reader, call->function);
    (void)fwrite("\x80\x04}(", 1, 4, e->writer.file);
    pt_pickle_put_word(&e->writer, "id");
    pt_pickle_put_integer(&e->writer, call->function, 0);
    pt_pickle_put_word(&e->writer, "time");
    pt_pickle_put_integer(&e->writer, call->time, 0);
    pt_pickle_put_word(&e->writer, "module");
    put_string(e, function->module);
    pt_pickle_put_word(&e->writer, "function");
    put_string(e, function->name);
    pt_pickle_put_word(&e->writer, "label");
    pt_pickle_put_word(&e->writer, label);
    pt_pickle_put_word(&e->writer, "backtrace");
    put_backtrace(e, call->site);
    pt_pickle_put_word(&e->writer, "args");
    (void)fwrite("}(", 1, 2, e->writer.file);
    enum pt_status status =
        n ? pt_trace_reader_values(e->reader, values, n, put_value, e, error) : PT_OK;
    (void)fwrite("uu.", 1, 3, e->writer.file);
    return status;
}

static enum pt_status enter(struct export *e, const struct pt_trace_cursor *cursor,
                            struct pt_error *error)
{
    struct pt_trace_enter record;
    enum pt_status status = pt_trace_enter_decode(cursor, &record, error);
    if (status)
        return status;
    if (e->n_open == e->open_room) {
        size_t more = e->open_room ? 2 * e->open_room : 64;
        struct open_call *open = realloc(e->open, more * sizeof *open);
        if (!open)
            return pt_error_set(error, PT_E_MEMORY, "out of memory for open calls");
        e->open = open;
        e->open_room = more;
    }
    e->open[e->n_open++] =
        (struct open_call){record.time, record.function, record.site};
    return put_record(e, &e->open[e->n_open - 1], "inputs", record.values,
                      record.n_values, error);
}

static enum pt_status leave(struct export *e, const struct pt_trace_cursor *cursor,
                            struct pt_error *error)
{
    struct pt_trace_exit record;
    enum pt_status status = pt_trace_exit_decode(cursor, &record, error);
    size_t at = e->n_open;
    while (!status && at > 0 && e->open[at - 1].time != record.call)
        at--;
    if (status || !at)
        return status;
    struct open_call call = e->open[at - 1];
    memmove(e->open + at - 1, e->open + at, (e->n_open - at) * sizeof *e->open);
    e->n_open--;
    if (record.exception || record.flags & PT_EXIT_CUT)
        return PT_OK;
    return put_record(e, &call, "outputs", record.values, record.n_values, error);
}

static enum pt_status put_block(struct export *e, const struct pt_trace_block *block,
                                struct pt_error *error)
{
    unsigned char *body = malloc((size_t)block->raw_bytes + 1);
    if (!body)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for a block");
    struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};
    enum pt_status status = pt_trace_reader_read(e->reader, block, body, error);
    while (!status && !(status = pt_trace_cursor_next(&cursor, error)))
        status = cursor.type == PT_RECORD_ENTER  ? enter(e, &cursor, error)
                 : cursor.type == PT_RECORD_EXIT ? leave(e, &cursor, error)
                                                 : PT_OK;
    free(body);
    return status == PT_E_MISSING ? PT_OK : status;
}

static enum pt_status put_all(struct export *e, struct pt_error *error)
{
    enum pt_status status = PT_OK;
    size_t n = pt_trace_reader_n_blocks(e->reader, PT_STREAM_SKELETON);
    e->piece = malloc(PIECE_BYTES);
    if (!e->piece)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for a payload");
    for (size_t i = 0; !status && i < n; i++)
        status = put_block(e, pt_trace_reader_block(e->reader, PT_STREAM_SKELETON, i),
                           error);
    return status;
}

enum pt_status pt_pickle_export(const char *trace, const char *pickle,
                                struct pt_error *error)
{
    struct export e = {0};
    char part[PATH_BYTES];
    if (snprintf(part, sizeof part, "%s.part", pickle) >= (int)sizeof part)
        return pt_error_set(error, PT_E_LIMIT, "%s: the path is too long", pickle);
    enum pt_status status = pt_trace_reader_open(trace, &e.reader, error);
    if (status)
        return status;
    e.writer.file = fopen(part, "wbxe");
    if (!e.writer.file)
        status = pt_error_sys(error, "cannot write %s", part);
    if (!status)
        status = put_all(&e, error);
    if (e.writer.file) {
        bool failed = ferror(e.writer.file);
        failed |= fclose(e.writer.file) != 0;
        if (!status && failed)
            status = pt_error_sys(error, "cannot write %s", part);
        if (!status)
            status = pt_file_publish(part, pickle, error);
        if (status)
            unlink(part);
    }
    pt_trace_reader_close(e.reader);
    free(e.open);
    free(e.piece);
    return status;
}
