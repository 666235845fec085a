#include "format/writer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/block.h"
#include "format/seal.h"
#include "format/writer_state.h"

enum {
    MAX_PAYLOADS = 1 << 20,   /* contents remembered for de-duplication */
    MAX_DEFINITIONS = 1 << 18 /* definitions remembered, of all four types */
};

/* The name from the root on: the program may change its folder before the end. NULL: no
 * memory, or no folder. */
static char *absolute(const char *path)
{
    char folder[PATH_MAX], *whole = NULL;

    if (path[0] == '/')
        return strdup(path);
    if (!getcwd(folder, sizeof folder) || asprintf(&whole, "%s/%s", folder, path) < 0)
        return NULL;
    return whole;
}

static void release(struct pt_trace_writer *writer)
{
    pt_seen_destroy(writer->payloads);
    pt_seen_destroy(writer->definitions);
    free(writer->part);
    free(writer->path);
    free(writer);
}

enum pt_status pt_trace_writer_open(const char *path,
                                    const struct pt_trace_header *header,
                                    struct pt_trace_writer **result,
                                    struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_HEADER_BYTES];
    enum pt_status status;
    struct pt_trace_writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", path);
    writer->limit = UINT64_MAX;
    writer->path = absolute(path);
    if (!writer->path ||
        asprintf(&writer->part, "%s" PT_TRACE_UNSEALED, writer->path) < 0) {
        writer->part = NULL;
        status = pt_error_sys(error, "cannot name the trace %s", path);
        goto done;
    }
    if (access(path, F_OK) == 0) {
        status = pt_error_set(error, PT_E_EXISTS, "%s is there already", path);
        goto done;
    }
    status = pt_seen_create(MAX_DEFINITIONS, &writer->definitions, error);
    if (status == PT_OK)
        status = pt_seen_create(MAX_PAYLOADS, &writer->payloads, error);
    if (status != PT_OK)
        goto done;
    pt_header_put(bytes, header);
    status = pt_sink_open(writer->part, bytes, &writer->sink, error);
done:
    if (status != PT_OK)
        release(writer);
    else
        *result = writer;
    return status;
}

void pt_trace_writer_flush(struct pt_trace_writer *writer)
{
    pt_writer_submit_all(writer);
    pt_sink_drain(writer->sink);
}

void pt_trace_writer_partial(struct pt_trace_writer *writer, const char *why)
{
    writer->footer.flags |= PT_FOOTER_PARTIAL;
    pt_trace_writer_meta(writer, "partial", why, strlen(why));
}

const struct pt_error *pt_trace_writer_error(const struct pt_trace_writer *writer)
{
    return pt_sink_error(writer->sink);
}

enum pt_status pt_trace_writer_close(struct pt_trace_writer *writer,
                                     struct pt_error *error)
{
    enum pt_status status;

    if (!writer)
        return PT_OK;
    if (!pt_sink_is_foreign(writer->sink))
        pt_writer_submit_all(writer);
    status = pt_sink_finish(writer->sink, &writer->footer, error);
    if (status == PT_OK)
        status = pt_trace_seal(writer->part, writer->path, error);
    release(writer);
    return status;
}

void pt_trace_writer_abandon(struct pt_trace_writer *writer)
{
    if (!writer)
        return;
    pt_sink_abandon(writer->sink);
    release(writer);
}
