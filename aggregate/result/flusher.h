/* Sees to it that what is written reaches the disk while the ranks go on computing: a
 * thread that synchronises the file again and again, so that little is left for the
 * end. Asking the system to write alone (sync_file_range) is not enough: a disk with a
 * cache of its own begins in earnest when it is told to empty it. */
#ifndef PT_RESULT_FLUSHER_H
#define PT_RESULT_FLUSHER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pt_flusher {
    int file;
    bool running;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    uint64_t bytes; /* written since the last synchronisation began */
    bool ended;
    int failed; /* errno of the first synchronisation that failed, which the system may
                   not tell again */
};

/* file: borrowed, open for writing until pt_flusher_end. Where there can be no thread,
 * all is left for the end. Thread: caller locks, but for _add: safe. */
void pt_flusher_begin(struct pt_flusher *flusher, int file);

/* So many bytes have been written. */
void pt_flusher_add(struct pt_flusher *flusher, uint64_t bytes);

/* Ends the thread; 0, or errno of what failed. What was written last may still have to
 * be synchronised. Legal for one of zeros, and again. */
int pt_flusher_end(struct pt_flusher *flusher);

#endif
