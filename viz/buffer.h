/* A growing run of bytes: the body of an answer while it is made. Once memory ran out
 * or the limit is passed it stays failed and takes no more, so that its users check
 * once, at the end. Thread: caller locks. */
#ifndef PT_VIZ_BUFFER_H
#define PT_VIZ_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { PT_BUFFER_LIMIT = 96 << 20 };

struct pt_buffer {
    char *data; /* owned */
    size_t n, capacity;
    bool failed;
};

void pt_buffer_destroy(struct pt_buffer *buffer);
void pt_buffer_add(struct pt_buffer *buffer, const void *data, size_t bytes);
void pt_buffer_printf(struct pt_buffer *buffer, const char *format, ...)
    PT_PRINTF(2, 3);
/* Room for `bytes` more at the end, counted as used; NULL when failed. */
void *pt_buffer_grow(struct pt_buffer *buffer, size_t bytes);

#endif
