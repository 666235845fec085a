/* Prints a trace as JSON, one object per line, for the tests: functions, then enters
 * and exits in the order of the file, each with its values; data as hexadecimal bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/reader.h"

static struct pt_trace_reader *reader;
static const char *separator;

static void text(const char *bytes, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 32 || c == 127)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void string(const char *key, uint32_t id)
{
    size_t n;
    const char *bytes = pt_trace_reader_string(reader, id, &n);

    printf("\"%s\": ", key);
    text(bytes, n);
}

static void data_of(const struct pt_trace_value *value, const void *inline_data)
{
    unsigned char *data = malloc(value->data_bytes + 1);
    struct pt_error error;

    if (!data)
        abort();
    if (inline_data)
        memcpy(data, inline_data, value->data_bytes);
    else if (value->storage != PT_STORAGE_NONE &&
             pt_trace_reader_payload(reader, value->payload, 0, value->data_bytes, data,
                                     &error) != PT_OK) {
        fprintf(stderr, "payload: %s\n", error.text);
        exit(1);
    }
    if (value->storage != PT_STORAGE_NONE)
        for (uint64_t i = 0; i < value->data_bytes; i++)
            printf("%02x", data[i]);
    free(data);
}

static enum pt_status print_value(void *context, const struct pt_trace_value *value,
                                  const void *inline_data, struct pt_error *error)
{
    (void)context;
    (void)error;
    printf("%s{", separator);
    separator = ", ";
    string("name", value->name);
    printf(", \"kind\": %d, \"dtype\": \"%c%d\", \"form\": %d, \"phase\": %d, "
           "\"reason\": %u, \"call\": %llu, \"elements\": %llu, \"shape\": [",
           value->kind, value->dtype, value->item_bytes, value->form, value->phase,
           value->reason, (unsigned long long)value->call,
           (unsigned long long)value->n_elements);
    for (int i = 0; i < value->ndim; i++)
        printf("%s%llu", i ? ", " : "", (unsigned long long)value->shape[i]);
    printf("], \"storage\": %d", value->storage);
    if (value->has_summary)
        printf(
            ", \"summary\": [%llu, %llu, %llu, \"%a\", \"%a\", \"%a\", \"%a\", \"%a\"]",
            (unsigned long long)value->summary.n_nan,
            (unsigned long long)value->summary.n_positive_inf,
            (unsigned long long)value->summary.n_negative_inf, value->summary.min,
            value->summary.max, value->summary.sum, value->summary.sum_imaginary,
            value->summary.norm);
    printf(", \"data\": \"");
    data_of(value, inline_data);
    printf("\"}");
    return PT_OK;
}

static void values(uint64_t ref, uint32_t n)
{
    struct pt_error error;

    printf(", \"values\": [");
    separator = "";
    if (n > 0 &&
        pt_trace_reader_values(reader, ref, n, print_value, NULL, &error) != PT_OK) {
        fprintf(stderr, "values: %s\n", error.text);
        exit(1);
    }
    printf("]}\n");
}

static void print_site(uint32_t id)
{
    const struct pt_trace_site *site = pt_trace_reader_site(reader, id);

    printf("{\"line\": %u, \"instruction\": %u, ", site->line, site->instruction);
    string("file", site->file);
    printf(", ");
    string("name", site->name);
    printf("}");
}

static void print_path(uint32_t id)
{
    /* innermost first, at most 50: deep recursions would fill the disk */
    int n = 0;

    printf(", \"path\": [");
    for (const char *comma = ""; id && n < 50; comma = ", ", n++) {
        const struct pt_trace_path *path = pt_trace_reader_path(reader, id);

        printf("%s", comma);
        print_site(path->site);
        id = path->parent;
    }
    printf("]");
}

static void print_enter(const struct pt_trace_enter *enter)
{
    const struct pt_trace_function *function =
        pt_trace_reader_function(reader, enter->function);

    printf("{\"event\": \"enter\", \"time\": %llu, \"parent\": %llu, \"thread\": %u, "
           "\"ns\": %lld, \"kind\": %u, \"line\": %u, ",
           (unsigned long long)enter->time, (unsigned long long)enter->parent,
           enter->thread, (long long)enter->ns, function->kind, function->line);
    string("module", function->module);
    printf(", ");
    string("function", function->name);
    printf(", ");
    string("file", function->file);
    printf(", \"site\": ");
    print_site(enter->site);
    print_path(enter->path);
    values(enter->values, enter->n_values);
}

static void print_exit(const struct pt_trace_exit *event)
{
    printf("{\"event\": \"exit\", \"call\": %llu, \"time\": %llu, \"ns\": %lld, "
           "\"flags\": %u, ",
           (unsigned long long)event->call, (unsigned long long)event->time,
           (long long)event->ns, event->flags);
    string("exception", event->exception);
    values(event->values, event->n_values);
}

static void print_record(const struct pt_trace_cursor *cursor, struct pt_error *error)
{
    struct pt_trace_enter enter;
    struct pt_trace_exit event;

    if (cursor->type == PT_RECORD_ENTER &&
        pt_trace_enter_decode(cursor, &enter, error) == PT_OK)
        print_enter(&enter);
    if (cursor->type == PT_RECORD_EXIT &&
        pt_trace_exit_decode(cursor, &event, error) == PT_OK)
        print_exit(&event);
}

int main(int argc, char **argv)
{
    struct pt_error error;

    if (argc != 2 || pt_trace_reader_open(argv[1], &reader, &error) != PT_OK) {
        fprintf(stderr, "dump_trace: %s\n",
                argc == 2 ? error.text : "one file, please");
        return 1;
    }
    for (size_t i = 0; i < pt_trace_reader_n_blocks(reader, PT_STREAM_SKELETON); i++) {
        const struct pt_trace_block *block =
            pt_trace_reader_block(reader, PT_STREAM_SKELETON, i);
        unsigned char *body = malloc(block->raw_bytes + 1);
        struct pt_trace_cursor cursor = {.body = body, .bytes = block->raw_bytes};

        if (!body || pt_trace_reader_read(reader, block, body, &error) != PT_OK)
            return 1;
        while (pt_trace_cursor_next(&cursor, &error) == PT_OK)
            print_record(&cursor, &error);
        free(body);
    }
    pt_trace_reader_close(reader);
    return 0;
}
