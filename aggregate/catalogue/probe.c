#include "catalogue/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/reader.h"
#include "schema/schema.h"

static void add_info(struct pt_array *info, const char *key, const char *value,
                     size_t bytes, struct pt_catalogue_trace *trace)
{
    size_t key_bytes = strlen(key);
    char *at = pt_array_push(info, key_bytes + bytes + 2);
    if (!at)
        return;
    memcpy(at, key, key_bytes);
    at[key_bytes] = '=';
    memcpy(at + key_bytes + 1, value, bytes);
    /* Lists are separated by NUL, and texts may hold line ends: both would break the
     * lines. */
    for (char *c = at + key_bytes + 1; c < at + key_bytes + 1 + bytes; c++)
        if (*c == '\0' || *c == '\n')
            *c = ' ';
    at[key_bytes + 1 + bytes] = '\n';
    trace->info_bytes += key_bytes + bytes + 2;
}

static void read_metadata(const struct pt_trace_reader *reader,
                          struct pt_catalogue_trace *trace, struct pt_array *info)
{
    const char *key, *value;
    size_t bytes;
    for (size_t i = 0; (key = pt_trace_reader_meta_at(reader, i, &value, &bytes));
         i++) {
        add_info(info, key, value, bytes, trace);
        if (strcmp(key, "duration_ns") == 0)
            trace->duration_ns = strtoll(value, NULL, 10);
        if (strcmp(key, "partial") == 0 && bytes)
            trace->flags |= PT_RUN_PARTIAL;
    }
}

static void refuse(struct pt_catalogue_trace *trace, enum pt_status status,
                   const struct pt_error *why)
{
    trace->status = status;
    snprintf(trace->words, sizeof trace->words, "%.*s", PT_CATALOGUE_WORDS - 1,
             why->text);
}

/* An empty file is named as such, whatever a reader would say of it. */
static enum pt_status check_file(const char *path, uint64_t *bytes,
                                 struct pt_error *error)
{
    struct stat state;
    if (stat(path, &state))
        return pt_error_sys(error, "%s", path);
    if (!S_ISREG(state.st_mode))
        return pt_error_set(error, PT_E_FORMAT, "%s: not a file", path);
    if (state.st_size == 0)
        return pt_error_set(error, PT_E_FORMAT, "%s: the file is empty", path);
    *bytes = (uint64_t)state.st_size;
    return PT_OK;
}

enum pt_status pt_catalogue_probe(const char *path, struct pt_catalogue_trace *trace,
                                  struct pt_array *info, struct pt_error *error)
{
    struct pt_trace_reader *reader = NULL;
    struct pt_error why = {0};

    if (trace->status)
        return PT_OK; /* a pickle that could not be converted */
    if (!trace->path[0])
        snprintf(trace->path, sizeof trace->path, "%s", path);
    enum pt_status status = check_file(trace->path, &trace->bytes, &why);
    if (!status)
        status = pt_trace_reader_open(trace->path, &reader, &why);
    if (status == PT_E_MEMORY)
        return pt_no_memory(error, path);
    if (status) {
        refuse(trace, status, &why);
        return PT_OK;
    }
    trace->header = *pt_trace_reader_header(reader);
    if (!pt_trace_reader_sealed(reader))
        trace->flags |= PT_RUN_UNSEALED;
    const struct pt_trace_footer *footer = pt_trace_reader_footer(reader);
    if (footer && footer->flags & PT_FOOTER_PARTIAL)
        trace->flags |= PT_RUN_PARTIAL;
    if (pt_trace_reader_damage(reader)) {
        trace->flags |= PT_RUN_DAMAGED;
        snprintf(trace->words, sizeof trace->words, "%.*s", PT_CATALOGUE_WORDS - 1,
                 pt_trace_reader_damage(reader));
    }
    read_metadata(reader, trace, info);
    status = PT_OK;
    if (!trace->given_bytes) {
        trace->given_bytes = trace->bytes;
        status = pt_trace_reader_checksum(reader, &trace->checksum, error);
    }
    trace->bytes_read = pt_trace_reader_bytes_read(reader);
    trace->opens = pt_trace_reader_opens(reader);
    pt_trace_reader_close(reader);
    return status;
}
