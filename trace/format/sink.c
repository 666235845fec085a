#include "format/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "format/block.h"
#include "format/descriptor.h"
#include "format/record.h"
#include "format/stage.h"

enum {
    N_BUFFERS = 24, /* five are being filled at most, the rest is on its way */
    WORDS = 8,      /* widths of numbers of which nobody speaks */
    TEXT = 1,
    POOL_BYTES = N_BUFFERS * PT_SINK_BLOCK,
    INDEX_BODY = PT_INDEX_BYTES + PT_TRACE_INDEX_BLOCKS * PT_INDEX_ENTRY_BYTES
};

static_assert((int)PT_SINK_BLOCK <= PT_PACKED_WRITTEN_CHUNKS * PT_PACKED_CHUNK,
              "a block that is written fits the widths");

struct pt_sink {
    struct pt_descriptor file;
    pid_t owner;        /* process that has the thread */
    char *part;         /* name of the file */
    const char *refuge; /* another file, NULL: none; see stage.h. Borrowed */
    atomic_bool moved;  /* to the refuge */
    pthread_t thread;

    pthread_mutex_t lock; /* guards pool, queue, busy, stop, ready */
    pthread_cond_t work;  /* the queue has a block, or stop */
    pthread_cond_t done;  /* a buffer came back, the thread is idle, or ready */
    struct pt_buffer *free;
    struct pt_buffer *first, *last; /* queue */
    bool busy, stop, ready;

    /* Written by the disk thread before it sets `failed`, read only after. */
    struct pt_error error;
    atomic_bool failed;

    /* Of the disk thread alone. */
    const unsigned char *header; /* borrowed, until `ready` */
    uint64_t end;                /* of what has been written */
    uint64_t asked;              /* so far the disk was asked to take it */
    uint64_t n_blocks, n_index_blocks, last_index;
    size_t n_listed; /* blocks since the last index block */
    unsigned char index[PT_TRACE_BLOCK_HEADER_BYTES + INDEX_BODY];
    struct pt_trace_footer *footer; /* set with `stop` */

    struct pt_packer *packer; /* NULL: bodies are stored as they are */

    unsigned char *pool; /* memory of all buffers, one mapping */
    struct pt_buffer buffers[N_BUFFERS];
};

static void fail(struct pt_sink *sink, const struct pt_error *error)
{
    if (atomic_load_explicit(&sink->failed, memory_order_relaxed))
        return;
    sink->error = *error;
    atomic_store_explicit(&sink->failed, true, memory_order_release);
}

/* The stage is full, or gone: what it holds is copied to the file's own place, where
 * the rest follows. */
static bool move_to_refuge(struct pt_sink *sink)
{
    struct pt_descriptor there = {.fd = -1};
    struct pt_error error;
    char *part = sink->refuge && !sink->moved ? strdup(sink->refuge) : NULL;
    int fd = part ? pt_descriptor_use(&sink->file, sink->part) : -1;

    if (fd < 0 || pt_stage_copy(fd, sink->end, part, &there, &error) != PT_OK) {
        free(part);
        return false;
    }
    (void)pt_descriptor_close(&sink->file);
    unlink(sink->part);
    free(sink->part);
    sink->part = part;
    sink->file = there;
    sink->moved = true;
    return true;
}

/* Writes at the end of the file. What a full disk cut in the middle is taken away
 * again, so that the file ends with a whole block. */
static bool append(struct pt_sink *sink, const void *data, size_t bytes)
{
    struct pt_error error;

    if (atomic_load_explicit(&sink->failed, memory_order_relaxed))
        return false;
    int fd = pt_descriptor_use(&sink->file, sink->part);
    if (fd < 0) {
        pt_error_sys(&error, "cannot write %s", sink->part);
        fail(sink, &error);
        return false;
    }
    if (pt_write_at(fd, data, bytes, sink->end, sink->part, &error) != PT_OK) {
        (void)!ftruncate(fd, (off_t)sink->end);
        if (move_to_refuge(sink))
            return append(sink, data, bytes);
        fail(sink, &error);
        return false;
    }
    sink->end += bytes;
    return true;
}

/* Writes a block: room for its header, which is filled in, and the stored body, with
 * zeros up to 8 behind. */
static bool append_block(struct pt_sink *sink, unsigned char *bytes,
                         struct pt_trace_block *block)
{
    block->offset = sink->end;
    pt_block_put(bytes, block);
    if (!append(sink, bytes, (size_t)pt_block_extent(block)))
        return false;
    sink->n_blocks++;
    return true;
}

/* The same with a body, a multiple of 8 bytes, that is stored as it is. */
static bool append_plain(struct pt_sink *sink, unsigned char *bytes,
                         struct pt_trace_block *block, size_t body_bytes)
{
    block->codec = PT_CODEC_STORED;
    block->stored_bytes = block->raw_bytes = body_bytes;
    block->body_checksum = pt_hash64(bytes + PT_TRACE_BLOCK_HEADER_BYTES, body_bytes);
    return append_block(sink, bytes, block);
}

static bool append_index(struct pt_sink *sink)
{
    unsigned char *body = sink->index + PT_TRACE_BLOCK_HEADER_BYTES;
    size_t bytes = PT_INDEX_BYTES + sink->n_listed * PT_INDEX_ENTRY_BYTES;
    struct pt_trace_block block = {
        .stream = PT_STREAM_INDEX, .ordinal = sink->n_index_blocks, .records = 1};

    if (sink->n_listed == 0)
        return true;
    pt_record_put_header(body, PT_RECORD_INDEX, 0, (uint32_t)bytes);
    pt_put64(body + PT_INDEX_BEFORE, sink->last_index);
    pt_put64(body + PT_INDEX_N_ENTRIES, sink->n_listed);
    if (!append_plain(sink, sink->index, &block, bytes))
        return false;
    sink->n_index_blocks++;
    sink->last_index = block.offset;
    sink->n_listed = 0;
    return true;
}

static void write_buffer(struct pt_sink *sink, struct pt_buffer *buffer)
{
    unsigned char *bytes = buffer->body - PT_TRACE_BLOCK_HEADER_BYTES, *packed = NULL;
    unsigned char *entry = sink->index + PT_TRACE_BLOCK_HEADER_BYTES + PT_INDEX_BYTES +
                           sink->n_listed * PT_INDEX_ENTRY_BYTES;

    if (sink->packer && !pt_sink_error(sink))
        packed = pt_packer_pack(sink->packer, buffer->body, buffer->used,
                                &buffer->widths, &buffer->block);
    if (packed ? !append_block(sink, packed, &buffer->block)
               : !append_plain(sink, bytes, &buffer->block, buffer->used))
        return;
    pt_record_put_entry(entry, &buffer->block);
    if (++sink->n_listed == PT_TRACE_INDEX_BLOCKS)
        append_index(sink);
}

static void write_end(struct pt_sink *sink)
{
    unsigned char bytes[PT_TRACE_BLOCK_HEADER_BYTES + PT_FOOTER_BYTES];
    unsigned char trailer[PT_TRACE_TRAILER_BYTES];
    struct pt_trace_block block = {.stream = PT_STREAM_FOOTER, .records = 1};
    struct pt_error error;

    if (!append_index(sink))
        return;
    sink->footer->last_index = sink->last_index;
    sink->footer->n_blocks = sink->n_blocks;
    block.first_time = block.last_time = sink->footer->end_time;
    pt_record_put_footer(bytes + PT_TRACE_BLOCK_HEADER_BYTES, sink->footer);
    if (!append_plain(sink, bytes, &block, PT_FOOTER_BYTES))
        return;
    pt_trailer_put(trailer, block.offset, sink->end + PT_TRACE_TRAILER_BYTES);
    if (append(sink, trailer, sizeof trailer) && fsync(sink->file.fd) != 0 &&
        errno != EINVAL && errno != EROFS) {
        pt_error_sys(&error, "cannot synchronise %s", sink->part);
        fail(sink, &error);
    }
}

static void give_back(struct pt_sink *sink, struct pt_buffer *buffer)
{
    buffer->next = sink->free;
    sink->free = buffer;
}

/* What has been written goes to the disk while there is nothing else to do, so that the
 * end of the program need not wait for all of it. In pieces: the disk may be busy, and
 * blocks may come meanwhile. Whole pages only: the last one will be written to again.
 * Returns false if there is nothing to ask for. */
static bool ask_disk(struct pt_sink *sink)
{
    enum { PAGE = 1 << 16, PIECE = 1 << 22 };
    uint64_t bytes = sink->end / PAGE * PAGE - sink->asked;

    if (sink->end / PAGE * PAGE <= sink->asked)
        return false;
    if (bytes > PIECE)
        bytes = PIECE;
    int fd = pt_descriptor_use(&sink->file, sink->part);
    if (fd < 0)
        return false;
    (void)sync_file_range(fd, (off_t)sink->asked, (off_t)bytes,
                          SYNC_FILE_RANGE_WRITE); /* the seal asks for all */
    sink->asked += bytes;
    return true;
}

/* The next buffer of the queue, NULL when there is none and the thread is to stop. The
 * lock is held before and after. */
static struct pt_buffer *await_buffer(struct pt_sink *sink)
{
    while (!sink->first && !sink->stop) {
        pthread_mutex_unlock(&sink->lock);
        bool asked = ask_disk(sink);
        pthread_mutex_lock(&sink->lock);
        if (!asked && !sink->first && !sink->stop)
            pthread_cond_wait(&sink->work, &sink->lock);
    }
    return sink->first;
}

static void *disk_thread(void *argument)
{
    struct pt_sink *sink = argument;

    (void)append(sink, sink->header, PT_TRACE_HEADER_BYTES);
    pthread_mutex_lock(&sink->lock);
    sink->ready = true;
    pthread_cond_broadcast(&sink->done);
    struct pt_buffer *buffer;
    while ((buffer = await_buffer(sink)) != NULL) {
        sink->first = buffer->next;
        sink->busy = true;
        pthread_mutex_unlock(&sink->lock);
        write_buffer(sink, buffer);
        pthread_mutex_lock(&sink->lock);
        sink->busy = false;
        give_back(sink, buffer);
        pthread_cond_broadcast(&sink->done);
    }
    pthread_mutex_unlock(&sink->lock);
    if (sink->footer)
        write_end(sink);
    return NULL;
}

static void fill_pool(struct pt_sink *sink)
{
    for (size_t i = N_BUFFERS; i-- > 0;) {
        struct pt_buffer *buffer = &sink->buffers[i];
        buffer->body = sink->pool + i * PT_SINK_BLOCK + PT_TRACE_BLOCK_HEADER_BYTES;
        give_back(sink, buffer);
    }
}

/* Signals go to the program's own threads, never to this one; a write beyond the file
 * size limit then fails with EFBIG instead of killing the program by SIGXFSZ. */
static int start_thread(struct pt_sink *sink)
{
    sigset_t all, before;

    sigfillset(&all);
    int bad = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (bad)
        return bad;
    bad = pthread_create(&sink->thread, NULL, disk_thread, sink);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return bad;
}

static void release(struct pt_sink *sink)
{
    if (sink->pool && sink->pool != MAP_FAILED)
        munmap(sink->pool, POOL_BYTES);
    (void)pt_descriptor_close(&sink->file);
    pt_packer_destroy(sink->packer);
    free(sink->part);
    free(sink);
}

/* Asks the thread to end and waits for it. */
static void stop_thread(struct pt_sink *sink, struct pt_trace_footer *footer)
{
    pthread_mutex_lock(&sink->lock);
    sink->stop = true;
    sink->footer = footer;
    pthread_cond_broadcast(&sink->work);
    pthread_mutex_unlock(&sink->lock);
    pthread_join(sink->thread, NULL);
    pthread_cond_destroy(&sink->done);
    pthread_cond_destroy(&sink->work);
    pthread_mutex_destroy(&sink->lock);
}

static enum pt_status start(struct pt_sink *sink, const unsigned char *header,
                            struct pt_error *error)
{
    sink->header = header;
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->work, NULL);
    pthread_cond_init(&sink->done, NULL);
    errno = start_thread(sink);
    if (errno)
        return pt_error_sys(error, "cannot start the thread that writes the trace");
    pthread_mutex_lock(&sink->lock);
    while (!sink->ready)
        pthread_cond_wait(&sink->done, &sink->lock);
    sink->header = NULL;
    pthread_mutex_unlock(&sink->lock);
    if (!pt_sink_error(sink))
        return PT_OK;
    if (error)
        *error = sink->error;
    stop_thread(sink, NULL);
    return sink->error.status;
}

enum pt_status pt_sink_open(const char *part, const unsigned char *header,
                            enum pt_trace_codec codec, struct pt_sink **result,
                            struct pt_error *error)
{
    enum pt_status status = PT_E_MEMORY;
    struct pt_sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", part);
    sink->file.fd = -1;
    sink->owner = getpid();
    sink->part = strdup(part);
    sink->pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (codec == PT_CODEC_LZ4)
        sink->packer = pt_packer_create(PT_SINK_ROOM);
    if (!sink->part || sink->pool == MAP_FAILED ||
        (codec == PT_CODEC_LZ4 && !sink->packer)) {
        pt_error_set(error, PT_E_MEMORY, "no memory to write %s", part);
        goto done;
    }
    fill_pool(sink);
    if (pt_descriptor_create(&sink->file, part) != 0) {
        status = errno == EEXIST
                     ? pt_error_set(error, PT_E_EXISTS, "%s is there already", part)
                     : pt_error_sys(error, "cannot create %s", part);
        goto done;
    }
    status = start(sink, header, error);
    if (status != PT_OK)
        unlink(part);
done:
    if (status != PT_OK)
        release(sink);
    else
        *result = sink;
    return status;
}

bool pt_sink_is_foreign(const struct pt_sink *sink)
{
    return getpid() != sink->owner;
}

void pt_sink_set_refuge(struct pt_sink *sink, const char *part)
{
    sink->refuge = part;
}

bool pt_sink_has_moved(const struct pt_sink *sink)
{
    return sink->moved;
}

struct pt_buffer *pt_sink_take(struct pt_sink *sink, enum pt_trace_stream stream,
                               uint64_t ordinal)
{
    if (pt_sink_error(sink) || pt_sink_is_foreign(sink))
        return NULL;
    pthread_mutex_lock(&sink->lock);
    while (!sink->free)
        pthread_cond_wait(&sink->done, &sink->lock);
    struct pt_buffer *buffer = sink->free;
    sink->free = buffer->next;
    pthread_mutex_unlock(&sink->lock);
    buffer->used = 0;
    buffer->next = NULL;
    buffer->block =
        (struct pt_trace_block){.stream = (uint16_t)stream, .ordinal = ordinal};
    pt_packed_forget(&buffer->widths, stream <= PT_STREAM_DEFINITIONS ? TEXT : WORDS);
    return buffer;
}

void pt_sink_submit(struct pt_sink *sink, struct pt_buffer *buffer)
{
    if (pt_sink_is_foreign(sink))
        return;
    buffer->next = NULL;
    pthread_mutex_lock(&sink->lock);
    if (sink->first)
        sink->last->next = buffer;
    else
        sink->first = buffer;
    sink->last = buffer;
    pthread_cond_signal(&sink->work);
    pthread_mutex_unlock(&sink->lock);
}

void pt_sink_drain(struct pt_sink *sink)
{
    if (pt_sink_is_foreign(sink))
        return;
    pthread_mutex_lock(&sink->lock);
    while (sink->first || sink->busy)
        pthread_cond_wait(&sink->done, &sink->lock);
    pthread_mutex_unlock(&sink->lock);
}

uint64_t pt_sink_bytes(const struct pt_sink *sink)
{
    return sink->end;
}

const struct pt_error *pt_sink_error(const struct pt_sink *sink)
{
    return atomic_load_explicit(&sink->failed, memory_order_acquire) ? &sink->error
                                                                     : NULL;
}

enum pt_status pt_sink_finish(struct pt_sink *sink, struct pt_trace_footer *footer,
                              bool *moved, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    if (pt_sink_is_foreign(sink)) {
        status =
            pt_error_set(error, PT_E_USAGE,
                         "%s belongs to the process that forked this one", sink->part);
        pt_sink_abandon(sink);
        return status;
    }
    stop_thread(sink, footer);
    *moved = sink->moved;
    if (pt_descriptor_close(&sink->file) != 0 && !pt_sink_error(sink)) {
        struct pt_error closing;
        pt_error_sys(&closing, "cannot close %s", sink->part);
        fail(sink, &closing);
    }
    if (pt_sink_error(sink)) {
        status = sink->error.status;
        if (error)
            *error = sink->error;
    }
    release(sink);
    return status;
}

void pt_sink_discard(struct pt_sink *sink)
{
    stop_thread(sink, NULL);
    unlink(sink->part);
    release(sink);
}

void pt_sink_abandon(struct pt_sink *sink)
{
    if (sink)
        release(sink); /* lock and conditions may be in any state: not destroyed */
}
