#include "result/flusher.h"

#include <errno.h>
#include <unistd.h>

#include "team/thread.h"

/* Synchronising costs the disk a moment, however little there is. */
enum { WORTH_BYTES = 16 << 20 };

static void *run(void *context)
{
    struct pt_flusher *flusher = context;
    pthread_mutex_lock(&flusher->lock);
    while (!flusher->ended && !flusher->failed) {
        if (flusher->bytes < WORTH_BYTES) {
            pthread_cond_wait(&flusher->changed, &flusher->lock);
            continue;
        }
        flusher->bytes = 0;
        pthread_mutex_unlock(&flusher->lock);
        int failed = fdatasync(flusher->file) ? errno : 0;
        pthread_mutex_lock(&flusher->lock);
        flusher->failed = failed;
    }
    pthread_mutex_unlock(&flusher->lock);
    return NULL;
}

void pt_flusher_begin(struct pt_flusher *flusher, int file)
{
    *flusher = (struct pt_flusher){.file = file};
    pthread_mutex_init(&flusher->lock, NULL);
    pthread_cond_init(&flusher->changed, NULL);
    flusher->running = pt_thread_start(&flusher->thread, run, flusher);
}

void pt_flusher_add(struct pt_flusher *flusher, uint64_t bytes)
{
    if (!flusher->running)
        return;
    pthread_mutex_lock(&flusher->lock);
    flusher->bytes += bytes;
    pthread_cond_signal(&flusher->changed);
    pthread_mutex_unlock(&flusher->lock);
}

int pt_flusher_end(struct pt_flusher *flusher)
{
    if (flusher->running) {
        pthread_mutex_lock(&flusher->lock);
        flusher->ended = true;
        pthread_cond_signal(&flusher->changed);
        pthread_mutex_unlock(&flusher->lock);
        pthread_join(flusher->thread, NULL);
        flusher->running = false;
    }
    return flusher->failed;
}
