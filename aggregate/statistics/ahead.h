/* Fetching the samples of the next elements into the second-level cache while these are
 * computed. N arrays walked side by side are more streams than a processor follows by
 * itself, and short pieces of each waste its memory's pages: hence one array after the
 * other, PT_AHEAD elements at a time, a few lines at each step of the computation
 * (twice the speed of leaving it to the hardware at 20 runs). */
#ifndef PT_STATISTICS_AHEAD_H
#define PT_STATISTICS_AHEAD_H

#include <stddef.h>

enum { PT_AHEAD = 512, PT_AHEAD_LINE = 64 };

struct pt_ahead {
    const void *const *arrays;
    size_t n;     /* arrays */
    size_t from;  /* bytes from the start of each array */
    size_t bytes; /* to fetch of each array */
    size_t array, at;
};

/* Asks for the next `lines` cache lines; nothing once all are asked for. */
static inline void pt_ahead_step(struct pt_ahead *ahead, size_t lines)
{
    if (ahead->array < ahead->n) {
        const char *p = (const char *)ahead->arrays[ahead->array] + ahead->from;

        for (size_t i = 0; i < lines; i++) {
            __builtin_prefetch(p + ahead->at + i * PT_AHEAD_LINE, 0, 2);
        }
        ahead->at += lines * PT_AHEAD_LINE;
        if (ahead->at >= ahead->bytes) {
            ahead->at = 0;
            ahead->array++;
        }
    }
}

#endif
