/* The bytes of a pickle file, in order, through a buffer: no map (a file that is cut
 * short while it is read must not kill the process), no whole file in memory.
 *
 * Thread: one source is used by one thread at a time. */
#ifndef PT_PICKLE_SOURCE_H
#define PT_PICKLE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { PT_PICKLE_BUFFER = 256 << 10 };

struct pt_pickle_source {
    int fd;
    const char *path; /* borrowed, for messages */
    uint64_t size;    /* of the file */
    uint64_t start;   /* offset of buffer[0] */
    size_t n, at;     /* bytes in the buffer, and of them consumed */
    unsigned char *buffer;
};

PT_MUST_CHECK enum pt_status pt_pickle_source_open(const char *path,
                                                   struct pt_pickle_source *source,
                                                   struct pt_error *error);
void pt_pickle_source_close(struct pt_pickle_source *source);

/* Offset of the next byte. */
uint64_t pt_pickle_source_at(const struct pt_pickle_source *source);
void pt_pickle_source_seek(struct pt_pickle_source *source, uint64_t offset);

/* The next `bytes` (at most PT_PICKLE_BUFFER) as one stretch, consumed; it holds until
 * the next call. PT_E_DAMAGED: the file ends before. */
PT_MUST_CHECK enum pt_status pt_pickle_source_take(struct pt_pickle_source *source,
                                                   size_t bytes,
                                                   const unsigned char **data,
                                                   struct pt_error *error);

/* Passes over `bytes` bytes. PT_E_DAMAGED: the file ends before. */
PT_MUST_CHECK enum pt_status pt_pickle_source_skip(struct pt_pickle_source *source,
                                                   uint64_t bytes,
                                                   struct pt_error *error);

/* Passes over a line; *bytes: its length without the line end. */
PT_MUST_CHECK enum pt_status pt_pickle_source_line(struct pt_pickle_source *source,
                                                   uint64_t *bytes,
                                                   struct pt_error *error);

/* Copies bytes from anywhere in the file, whatever is consumed. PT_E_DAMAGED: they are
 * not all there. */
PT_MUST_CHECK enum pt_status
pt_pickle_source_copy(const struct pt_pickle_source *source, uint64_t offset,
                      size_t bytes, void *data, struct pt_error *error);

/* PT_E_DAMAGED with the file, the offset of the next byte, and `what`. */
enum pt_status pt_pickle_damaged(const struct pt_pickle_source *source,
                                 const char *what, struct pt_error *error);

#endif
