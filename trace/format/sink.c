#include "format/sink.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    N_BUFFERS = 24, /* five are being filled at most, the rest is on its way */
    WORDS = 8,      /* widths of numbers of which nobody speaks */
    TEXT = 1,
    POOL_BYTES = N_BUFFERS * PT_SINK_BLOCK
};

static_assert((int)PT_SINK_BLOCK <= PT_PACKED_WRITTEN_CHUNKS * PT_PACKED_CHUNK,
              "a block that is written fits the widths");

struct pt_sink {
    struct pt_block_file file; /* written by the disk thread alone */
    pid_t owner;               /* process that has the thread */
    pthread_t thread;

    pthread_mutex_t lock; /* guards pool, queue, busy, stop, ready */
    pthread_cond_t work;  /* the queue has a block, or stop */
    pthread_cond_t done;  /* a buffer came back, the thread is idle, or ready */
    struct pt_buffer *free;
    struct pt_buffer *first, *last; /* queue */
    bool busy, stop, ready;
    const unsigned char *header;    /* borrowed, until `ready` */
    struct pt_trace_footer *footer; /* set with `stop` */

    unsigned char *pool; /* memory of all buffers, one mapping */
    struct pt_buffer buffers[N_BUFFERS];
};

static void give_back(struct pt_sink *sink, struct pt_buffer *buffer)
{
    buffer->next = sink->free;
    sink->free = buffer;
}

/* The next buffer of the queue, NULL when there is none and the thread is to stop. The
 * lock is held before and after. */
static struct pt_buffer *await_buffer(struct pt_sink *sink)
{
    while (!sink->first && !sink->stop) {
        pthread_mutex_unlock(&sink->lock);
        bool asked = pt_block_file_ask(&sink->file);
        pthread_mutex_lock(&sink->lock);
        if (!asked && !sink->first && !sink->stop)
            pthread_cond_wait(&sink->work, &sink->lock);
    }
    return sink->first;
}

static void *disk_thread(void *argument)
{
    struct pt_sink *sink = argument;

    pt_block_file_begin(&sink->file, sink->header);
    pthread_mutex_lock(&sink->lock);
    sink->ready = true;
    pthread_cond_broadcast(&sink->done);
    struct pt_buffer *buffer;
    while ((buffer = await_buffer(sink)) != NULL) {
        sink->first = buffer->next;
        sink->busy = true;
        pthread_mutex_unlock(&sink->lock);
        pt_block_file_put(&sink->file, buffer);
        pthread_mutex_lock(&sink->lock);
        sink->busy = false;
        give_back(sink, buffer);
        pthread_cond_broadcast(&sink->done);
    }
    pthread_mutex_unlock(&sink->lock);
    if (sink->footer)
        pt_block_file_end(&sink->file, sink->footer);
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
    pt_block_file_free(&sink->file);
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
        *error = sink->file.error;
    stop_thread(sink, NULL);
    return sink->file.error.status;
}

enum pt_status pt_sink_open(const char *part, const unsigned char *header,
                            enum pt_trace_codec codec, struct pt_sink **result,
                            struct pt_error *error)
{
    struct pt_sink *sink = calloc(1, sizeof *sink);

    if (!sink)
        return pt_error_set(error, PT_E_MEMORY, "no memory to write %s", part);
    sink->owner = getpid();
    sink->pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    enum pt_status status =
        pt_block_file_create(&sink->file, part, codec, PT_SINK_ROOM, error);
    if (status == PT_OK) {
        if (sink->pool != MAP_FAILED) {
            fill_pool(sink);
            status = start(sink, header, error);
        } else {
            status = pt_error_set(error, PT_E_MEMORY, "no memory to write %s", part);
        }
        if (status != PT_OK)
            unlink(part);
    }
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
    sink->file.refuge = part;
}

bool pt_sink_has_moved(const struct pt_sink *sink)
{
    return sink->file.moved;
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
    return sink->file.end;
}

const struct pt_error *pt_sink_error(const struct pt_sink *sink)
{
    return pt_block_file_error(&sink->file);
}

enum pt_status pt_sink_finish(struct pt_sink *sink, struct pt_trace_footer *footer,
                              bool *moved, struct pt_error *error)
{
    enum pt_status status = PT_OK;

    if (pt_sink_is_foreign(sink)) {
        status = pt_error_set(error, PT_E_USAGE,
                              "%s belongs to the process that forked this one",
                              sink->file.part);
        pt_sink_abandon(sink);
        return status;
    }
    stop_thread(sink, footer);
    *moved = sink->file.moved;
    pt_block_file_close(&sink->file);
    if (pt_sink_error(sink)) {
        status = sink->file.error.status;
        if (error)
            *error = sink->file.error;
    }
    release(sink);
    return status;
}

void pt_sink_discard(struct pt_sink *sink)
{
    stop_thread(sink, NULL);
    unlink(sink->file.part);
    release(sink);
}

void pt_sink_abandon(struct pt_sink *sink)
{
    if (sink)
        release(sink); /* lock and conditions may be in any state: not destroyed */
}
