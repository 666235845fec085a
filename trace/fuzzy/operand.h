/* An operand of a loop, as numpy hands it over: its first byte, and the bytes from one
 * element to the next. */
#ifndef PT_FUZZY_OPERAND_H
#define PT_FUZZY_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pt_operand {
    char *first;
    intptr_t step;
};

/* The loop's elements, as an operand of `n` elements of `bytes` bytes covers them. */
static inline void pt_operand_covers(struct pt_operand o, size_t n, size_t bytes,
                                     uintptr_t *from, uintptr_t *to)
{
    uintptr_t a = (uintptr_t)o.first,
              b = (uintptr_t)(o.first + (intptr_t)(n - 1) * o.step);
    *from = a < b ? a : b;
    *to = (a < b ? b : a) + bytes;
}

static inline bool pt_operand_overlap(struct pt_operand o, struct pt_operand p,
                                      size_t n, size_t bytes)
{
    uintptr_t from_o, to_o, from_p, to_p;
    pt_operand_covers(o, n, bytes, &from_o, &to_o);
    pt_operand_covers(p, n, bytes, &from_p, &to_p);
    return from_o < to_p && from_p < to_o;
}

static inline bool pt_operand_same(struct pt_operand o, struct pt_operand p)
{
    return o.first == p.first && o.step == p.step;
}

/* Whether elements may be worked on in any order: the result is somewhere else, or each
 * one's is in its own place. */
static inline bool pt_operand_is_safe(struct pt_operand in, struct pt_operand out,
                                      size_t n, size_t bytes)
{
    return !pt_operand_overlap(in, out, n, bytes) ||
           (pt_operand_same(in, out) && out.step != 0);
}

static inline bool pt_operand_is_contiguous(struct pt_operand o, size_t bytes)
{
    return o.step == (intptr_t)bytes && (uintptr_t)o.first % bytes == 0;
}

static inline struct pt_operand pt_operand_advanced(struct pt_operand o, size_t i)
{
    o.first += (intptr_t)i * o.step;
    return o;
}

static inline void pt_operand_gather(struct pt_operand o, size_t n, size_t bytes,
                                     char *to)
{
    if (bytes == 8)
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 8, o.first + (intptr_t)i * o.step, 8);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(to + i * 4, o.first + (intptr_t)i * o.step, 4);
}

static inline void pt_operand_scatter(struct pt_operand o, size_t n, size_t bytes,
                                      const char *from)
{
    if (o.step == (intptr_t)bytes)
        memcpy(o.first, from, n * bytes);
    else if (bytes == 8)
        for (size_t i = 0; i < n; i++)
            memcpy(o.first + (intptr_t)i * o.step, from + i * 8, 8);
    else
        for (size_t i = 0; i < n; i++)
            memcpy(o.first + (intptr_t)i * o.step, from + i * 4, 4);
}

/* Elements i … i + n of an input as contiguous, aligned memory: its own, or `room`.
 * `kept`: an operand that is one number for all is in `room` already, and nothing has
 * written to it since. */
static inline const char *pt_operand_input(struct pt_operand o, size_t i, size_t n,
                                           size_t bytes, bool kept, char *room)
{
    if (pt_operand_is_contiguous(o, bytes))
        return o.first + i * bytes;
    if (o.step != 0 || !kept)
        pt_operand_gather(pt_operand_advanced(o, i), n, bytes, room);
    return room;
}

#endif
