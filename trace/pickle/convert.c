#include "pickle/convert.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "pickle/machine.h"
#include "pickle/record.h"

enum { PROTO = 0x80, SAMPLE_BYTES = 64 << 10 };

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

bool pt_pickle_detect(const char *path)
{
    unsigned char start[2] = {0};
    if (ends_with(path, ".pkl") || ends_with(path, ".pickle"))
        return true;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    size_t got = 0;
    bool read = pt_read_at(fd, start, sizeof start, 0, &got, path, NULL) == PT_OK;
    close(fd);
    return read && got == sizeof start && start[0] == PROTO &&
           start[1] <= PT_PICKLE_PROTOCOL;
}

/* A number of the file by its name and content: its runs have none of their own. */
static enum pt_status number_run(const struct pt_pickle_source *source,
                                 uint64_t *run_id, struct pt_error *error)
{
    const char *slash = strrchr(source->path, '/');
    const char *name = slash ? slash + 1 : source->path;
    size_t bytes = source->size < SAMPLE_BYTES ? (size_t)source->size : SAMPLE_BYTES;
    unsigned char *sample = malloc(2 * (size_t)SAMPLE_BYTES);
    if (!sample)
        return pt_error_set(error, PT_E_MEMORY, "out of memory for %s", source->path);
    enum pt_status status = pt_pickle_source_copy(source, 0, bytes, sample, error);
    if (!status)
        status = pt_pickle_source_copy(source, source->size - bytes, bytes,
                                       sample + bytes, error);
    if (!status) {
        uint64_t state = pt_hash64(name, strlen(name)) ^ source->size;
        *run_id = pt_splitmix64(&state) ^ pt_hash64(sample, 2 * bytes);
    }
    free(sample);
    return status;
}

static enum pt_status make_header(const struct pt_pickle_source *source,
                                  struct pt_trace_header *header,
                                  struct pt_error *error)
{
    struct stat state;
    if (fstat(source->fd, &state))
        return pt_error_sys(error, "%s", source->path);
    *header = (struct pt_trace_header){.major = PT_TRACE_MAJOR,
                                       .minor = PT_TRACE_MINOR,
                                       .program = "unknown (a pickle does not tell)"};
    header->created_ns =
        (int64_t)state.st_mtim.tv_sec * 1000000000 + state.st_mtim.tv_nsec;
    return number_run(source, &header->run_id, error);
}

/* All records; a damage ends them and is no failure, unless it is the first. */
static enum pt_status convert_all(struct pt_pickle_machine *machine,
                                  struct pt_pickle_calls *calls,
                                  struct pt_pickle_summary *summary,
                                  struct pt_error *error)
{
    const struct pt_pickle_node *object;
    struct pt_error why;
    enum pt_status status = PT_OK;
    bool used;
    while (!status) {
        status = pt_pickle_load(machine, &object, &why);
        if (status == PT_E_MISSING)
            return PT_OK;
        if (status == PT_E_IO || status == PT_E_MEMORY)
            return pt_error_set(error, status, "%s", why.text);
        if (status) {
            snprintf(summary->damage, sizeof summary->damage, "%.500s", why.text);
            return summary->calls || summary->skipped
                       ? PT_OK
                       : pt_error_set(error, status, "%s", why.text);
        }
        status = pt_pickle_record(calls, object, &used, error);
        summary->records++;
        summary->skipped += !used;
        summary->calls = calls->n_calls;
    }
    return status;
}

static void describe(struct pt_trace_writer *writer, const char *pickle,
                     const struct pt_pickle_summary *summary)
{
    pt_trace_writer_meta(writer, "pickle.file", pickle, strlen(pickle));
    if (summary->damage[0])
        pt_trace_writer_partial(writer, summary->damage);
    else if (summary->n_unread)
        pt_trace_writer_partial(writer, "arrays of the pickle could not be read");
}

static enum pt_status write_trace(struct pt_pickle_machine *machine, const char *trace,
                                  struct pt_pickle_calls *calls,
                                  struct pt_pickle_summary *summary,
                                  struct pt_error *error)
{
    struct pt_trace_header header;
    const struct pt_pickle_source *source = pt_pickle_machine_source(machine);
    enum pt_status status = make_header(source, &header, error);
    if (!status)
        status = pt_trace_writer_open(trace, &header, &calls->emit.writer, error);
    if (status)
        return status;
    calls->emit.source = source;
    status = convert_all(machine, calls, summary, error);
    if (!status && !summary->calls)
        status = pt_error_set(error, PT_E_FORMAT,
                              "%s: a pickle, but not of a trace (no object with time, "
                              "module, function and label)",
                              source->path);
    summary->n_unread = calls->emit.n_unread;
    if (!status) {
        describe(calls->emit.writer, source->path, summary);
        return pt_trace_writer_close(calls->emit.writer, error);
    }
    if (pt_trace_writer_close(calls->emit.writer, NULL) == PT_OK)
        unlink(trace);
    return status;
}

enum pt_status pt_pickle_convert(const char *pickle, const char *trace,
                                 const struct pt_pickle_limits *limits,
                                 struct pt_pickle_summary *summary,
                                 struct pt_error *error)
{
    struct pt_pickle_machine *machine = NULL;
    struct pt_pickle_calls calls = {.emit.limits = *limits};
    memset(summary, 0, sizeof *summary);
    enum pt_status status = pt_pickle_machine_open(pickle, &machine, error);
    if (!status)
        status = write_trace(machine, trace, &calls, summary, error);
    free(calls.open);
    pt_pickle_machine_close(machine);
    return status;
}
