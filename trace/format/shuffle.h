/* The bytes of numbers sorted by their place: first the lowest bytes of all numbers,
 * then the next, and so on. Numbers that are near each other have their upper bytes in
 * common, which then stand side by side and pack well.
 *
 *     width 4:  a0 a1 a2 a3 │ b0 b1 b2 b3 │ …   →   a0 b0 … a1 b1 … a2 b2 … a3 b3 …
 *
 * Bytes behind the last whole number stay at the end. Thread: safe. */
#ifndef PT_TRACE_SHUFFLE_H
#define PT_TRACE_SHUFFLE_H

#include <stddef.h>

enum { PT_SHUFFLE_MOST = 16 }; /* widths are powers of two from 1 (a copy) to this */

/* `from` and `to`: `bytes` bytes each, apart from each other. */
void pt_shuffle(const unsigned char *from, size_t bytes, unsigned width,
                unsigned char *to);
/* Undoes it. */
void pt_unshuffle(const unsigned char *from, size_t bytes, unsigned width,
                  unsigned char *to);

#endif
