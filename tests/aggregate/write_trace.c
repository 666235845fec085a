/* Writes one trace from a script on standard input: the tests' way to say exactly what
 * a run did. One record per line, fields separated by tabs, data in hexadecimal digits:
 *
 *   H  program  run_id  seed  role_kind  role_rank  role_path  experiment  created_ns
 *   M  key  value
 *   V  name  kind  dtype  item_bytes  form  shape (comma-separated or -)  data
 *   E  module  name  file  line  kind  site_file  site_line  site_name  thread
 *   X  exception or -
 *   S  the values up to the next E or X are samples
 *   C  each E and X from here on claims the values of the one that had most, a lie
 *
 * V lines belong to the E or X that follows; E opens a call inside the one that is
 * open, X ends the innermost. What is open at the end stays open. The argument -u
 * leaves the trace unsealed, -z packs its blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/writer_state.h"

enum { DEPTH = 1024, FIELDS = 12 };

struct state {
    struct pt_trace_writer *writer;
    const char *path;
    enum pt_trace_codec codec;
    uint64_t time, stack[DEPTH];
    size_t depth;
    bool in_phase, sample, claim;
    uint64_t claimed_ref, claimed_bytes;
    uint32_t n_claimed;
};

static void die(const char *what)
{
    fprintf(stderr, "write_trace: %s\n", what);
    exit(1);
}

static uint32_t text(struct state *s, const char *value)
{
    return value[0] ? pt_trace_writer_string(s->writer, value, strlen(value)) : 0;
}

static void on_header(struct state *s, char **f)
{
    const struct pt_trace_writing writing = {.codec = s->codec};
    struct pt_error error = {0};
    struct pt_trace_header header = {.major = PT_TRACE_MAJOR,
                                     .minor = PT_TRACE_MINOR,
                                     .run_id = strtoull(f[2], NULL, 10),
                                     .seed = strtoull(f[3], NULL, 10),
                                     .flags = PT_HEADER_HAS_RUN | PT_HEADER_HAS_SEED,
                                     .role_kind = (uint32_t)atoi(f[4]),
                                     .role_rank = (uint32_t)atoi(f[5]),
                                     .created_ns = strtoll(f[8], NULL, 10)};
    snprintf(header.program, sizeof header.program, "%s", f[1]);
    snprintf(header.role_path, sizeof header.role_path, "%s", f[6]);
    snprintf(header.experiment_id, sizeof header.experiment_id, "%s", f[7]);
    snprintf(header.host, sizeof header.host, "node1");
    if (pt_trace_writer_open_as(s->path, &writing, &header, &s->writer, &error))
        die(error.text);
}

static unsigned char *from_hex(const char *hex, uint64_t *bytes)
{
    size_t n = strlen(hex) / 2;
    unsigned char *data = malloc(n + 1);
    for (size_t i = 0; data && i < n; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        data[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    *bytes = n;
    return data;
}

static void on_value(struct state *s, char **f)
{
    struct pt_trace_value value = {.name = text(s, f[1]),
                                   .kind = (uint8_t)atoi(f[2]),
                                   .dtype = f[3][0],
                                   .item_bytes = (uint8_t)atoi(f[4]),
                                   .form = (uint16_t)atoi(f[5]),
                                   .n_elements = 1,
                                   .storage = PT_STORAGE_INLINE};
    char *rest = f[6], *size;
    unsigned char *data = from_hex(f[7], &value.data_bytes);
    if (!data)
        die("no memory");
    while (strcmp(f[6], "-") && (size = strsep(&rest, ","))) {
        value.shape[value.ndim] = strtoull(size, NULL, 10);
        value.n_elements *= value.shape[value.ndim++];
    }
    if (value.kind == PT_VALUE_OMITTED) {
        value.storage = PT_STORAGE_NONE;
        value.reason = PT_REASON_UNSUPPORTED;
    }
    if (s->sample)
        value.storage = PT_STORAGE_SAMPLE;
    if (!s->in_phase)
        pt_trace_writer_begin_phase(s->writer);
    s->in_phase = true;
    pt_trace_writer_value(s->writer, &value, data);
    free(data);
}

static void begin_phase(struct state *s)
{
    if (!s->in_phase)
        pt_trace_writer_begin_phase(s->writer);
    s->in_phase = s->sample = false;
    if (s->claim) {
        s->writer->phase_ref = s->claimed_ref;
        s->writer->phase_bytes = s->claimed_bytes;
        s->writer->phase_values = s->n_claimed;
    } else if (s->writer->phase_values > s->n_claimed) {
        s->claimed_ref = s->writer->phase_ref;
        s->claimed_bytes = s->writer->phase_bytes;
        s->n_claimed = s->writer->phase_values;
    }
}

static void on_enter(struct state *s, char **f)
{
    struct pt_trace_function function = {text(s, f[1]), text(s, f[2]), text(s, f[3]),
                                         (uint32_t)atoi(f[4]), (uint32_t)atoi(f[5])};
    struct pt_trace_site site = {text(s, f[6]), (uint32_t)atoi(f[7]), text(s, f[8]), 0};
    if (s->depth == DEPTH)
        die("too deep");
    begin_phase(s);
    struct pt_trace_enter enter = {.time = ++s->time,
                                   .parent = s->depth ? s->stack[s->depth - 1] : 0,
                                   .function =
                                       pt_trace_writer_function(s->writer, &function),
                                   .site = pt_trace_writer_site(s->writer, &site),
                                   .thread = (uint32_t)atoi(f[9]),
                                   .ns = (int64_t)s->time * 1000};
    s->stack[s->depth++] = enter.time;
    pt_trace_writer_enter(s->writer, &enter);
}

static void on_leave(struct state *s, char **f)
{
    if (!s->depth)
        die("X without E");
    begin_phase(s);
    struct pt_trace_exit leave = {.call = s->stack[--s->depth],
                                  .time = ++s->time,
                                  .ns = (int64_t)s->time * 1000,
                                  .exception = strcmp(f[1], "-") ? text(s, f[1]) : 0};
    pt_trace_writer_exit(s->writer, &leave);
}

static void on_line(struct state *s, char *line)
{
    char *f[FIELDS] = {0}, *rest = line;
    static char empty[1];
    for (int i = 0; i < FIELDS; i++) {
        f[i] = strsep(&rest, "\t");
        if (!f[i])
            f[i] = empty;
    }
    if (line[0] == 'H')
        on_header(s, f);
    else if (!s->writer)
        die("H comes first");
    else if (line[0] == 'M')
        pt_trace_writer_meta(s->writer, f[1], f[2], strlen(f[2]));
    else if (line[0] == 'V')
        on_value(s, f);
    else if (line[0] == 'E')
        on_enter(s, f);
    else if (line[0] == 'X')
        on_leave(s, f);
    else if (line[0] == 'S')
        s->sample = true;
    else if (line[0] == 'C')
        s->claim = true;
}

int main(int argc, char **argv)
{
    struct state s = {.path = argv[argc - 1]};
    struct pt_error error = {0};
    bool unsealed = argc > 2 && strcmp(argv[1], "-u") == 0;
    bool packed = argc > 2 && strcmp(argv[1], "-z") == 0;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (argc < 2)
        die("usage: write_trace [-u | -z] FILE.trace < script");
    s.codec = packed ? PT_CODEC_LZ4 : PT_CODEC_STORED;
    while ((n = getline(&line, &room, stdin)) > 0) {
        line[n - 1] = '\0';
        on_line(&s, line);
    }
    free(line);
    if (unsealed) {
        pt_trace_writer_flush(s.writer);
        return 0;
    }
    if (pt_trace_writer_close(s.writer, &error))
        die(error.text);
    return 0;
}
