#include "format/writer.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/block.h"
#include "format/seal.h"
#include "format/stage.h"
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
    free(writer->recent);
    pt_seen_destroy(writer->payloads);
    pt_seen_destroy(writer->definitions);
    free(writer->staged);
    free(writer->part);
    free(writer->path);
    free(writer);
}

/* The names of the trace; `stage` may be NULL. */
static enum pt_status name_files(struct pt_trace_writer *writer, const char *path,
                                 const char *stage, struct pt_error *error)
{
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

    writer->path = absolute(path);
    if (!writer->path ||
        asprintf(&writer->part, "%s" PT_TRACE_UNSEALED, writer->path) < 0) {
        writer->part = NULL;
        return pt_error_sys(error, "cannot name the trace %s", path);
    }
    if (stage &&
        asprintf(&writer->staged, "%s/%s" PT_TRACE_UNSEALED, stage, name) < 0) {
        writer->staged = NULL;
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", path);
    }
    return PT_OK;
}

/* Asked once the .part is ours: from then on no other process gives this name to a
 * trace, and one that has just done so, and so freed the .part, is seen. */
static enum pt_status keep_existing(const struct pt_trace_writer *writer,
                                    struct pt_error *error)
{
    if (access(writer->path, F_OK) != 0)
        return PT_OK;
    return pt_error_set(error, PT_E_EXISTS, "%s is there already", writer->path);
}

static enum pt_status open_files(struct pt_trace_writer *writer,
                                 enum pt_trace_codec codec,
                                 const struct pt_trace_header *header,
                                 struct pt_error *error)
{
    unsigned char bytes[PT_TRACE_HEADER_BYTES];
    const bool is_staged = writer->staged;
    enum pt_status status;

    pt_header_put(bytes, header);
    status = is_staged ? pt_stage_reserve(writer->part, bytes, error)
                       : pt_sink_open(writer->part, bytes, codec, &writer->sink, error);
    if (status != PT_OK)
        return status;
    status = keep_existing(writer, error);
    if (status == PT_OK && is_staged)
        status = pt_sink_open(writer->staged, bytes, codec, &writer->sink, error);
    if (status == PT_OK && is_staged)
        pt_sink_set_refuge(writer->sink, writer->part);
    if (status != PT_OK && is_staged)
        unlink(writer->part);
    else if (status != PT_OK)
        pt_sink_discard(writer->sink);
    return status;
}

enum pt_status pt_trace_writer_open_as(const char *path,
                                       const struct pt_trace_writing *writing,
                                       const struct pt_trace_header *header,
                                       struct pt_trace_writer **result,
                                       struct pt_error *error)
{
    struct pt_trace_writer *writer = calloc(1, sizeof *writer);

    if (!writer)
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", path);
    writer->limit = UINT64_MAX;
    writer->written = PT_TRACE_HEADER_BYTES;
    writer->packs = writing->codec != PT_CODEC_STORED;
    writer->recent = pt_recent_create();
    enum pt_status status =
        writer->recent
            ? name_files(writer, path, writing->stage, error)
            : pt_error_set(error, PT_E_MEMORY, "no memory to write %s", path);
    if (status == PT_OK)
        status = pt_seen_create(MAX_DEFINITIONS, &writer->definitions, error);
    if (status == PT_OK)
        status = pt_seen_create(MAX_PAYLOADS, &writer->payloads, error);
    if (status == PT_OK)
        status = open_files(writer, writing->codec, header, error);
    if (status != PT_OK)
        release(writer);
    else
        *result = writer;
    return status;
}

enum pt_status pt_trace_writer_open(const char *path,
                                    const struct pt_trace_header *header,
                                    struct pt_trace_writer **writer,
                                    struct pt_error *error)
{
    const struct pt_trace_writing plain = {.codec = PT_CODEC_STORED};

    return pt_trace_writer_open_as(path, &plain, header, writer, error);
}

const char *pt_trace_writer_part(const struct pt_trace_writer *writer)
{
    return writer->staged && !pt_sink_has_moved(writer->sink) ? writer->staged
                                                              : writer->part;
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

/* Brings a sealed trace from the stage to its place; else gives it its name there. */
static enum pt_status bring_home(struct pt_trace_writer *writer, struct pt_error *error)
{
    struct pt_error why;
    char *kept = strdup(writer->staged);

    if (pt_stage_leave(writer->staged, writer->part, &why) == PT_OK) {
        free(kept);
        return PT_OK;
    }
    if (kept)
        kept[strlen(kept) - strlen(PT_TRACE_UNSEALED)] = '\0';
    bool named = kept && renameat2(AT_FDCWD, writer->staged, AT_FDCWD, kept,
                                   RENAME_NOREPLACE) == 0;
    pt_error_set(error, why.status, "%s; the whole trace is %s", why.text,
                 named ? kept : writer->staged);
    free(kept);
    return why.status;
}

enum pt_status pt_trace_writer_close(struct pt_trace_writer *writer,
                                     struct pt_error *error)
{
    enum pt_status status;
    bool moved = false;

    if (!writer)
        return PT_OK;
    if (!pt_sink_is_foreign(writer->sink))
        pt_writer_submit_all(writer);
    status = pt_sink_finish(writer->sink, &writer->footer, &moved, error);
    if (status == PT_OK && writer->staged && !moved)
        status = bring_home(writer, error);
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
