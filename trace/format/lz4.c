#include "format/lz4.h"

#include <string.h>

#include "base/bytes.h"

enum {
    MIN_MATCH = 4,
    LAST_LITERALS = 5, /* the format wants them at the end of a block, */
    LAST_START = 12,   /* and no match in its last so many bytes */
    ESCAPE = 15,       /* in a token: more bytes tell */
    SKIP_AFTER = 64    /* searches without a match before places are skipped */
};

/* ---------------------------------------------------------------------------- pack */

static inline size_t hash(const unsigned char *p)
{
    return (pt_get32(p) * UINT32_C(2654435761)) >> (32 - 13);
}

static unsigned char *put_more(unsigned char *to, size_t n)
{
    for (; n >= 255; n -= 255)
        *to++ = 255;
    *to++ = (unsigned char)n;
    return to;
}

/* Writes a token with its literals; *token is where it stands. */
static unsigned char *put_literals(unsigned char *to, const unsigned char *literals,
                                   size_t n, unsigned char **token)
{
    *token = to++;
    **token = (unsigned char)((n < ESCAPE ? n : ESCAPE) << 4);
    if (n >= ESCAPE)
        to = put_more(to, n - ESCAPE);
    memcpy(to, literals, n);
    return to + n;
}

static unsigned char *put_match(unsigned char *to, unsigned char *token, size_t offset,
                                size_t length)
{
    size_t n = length - MIN_MATCH;

    pt_put16(to, (uint16_t)offset);
    to += 2;
    *token |= (unsigned char)(n < ESCAPE ? n : ESCAPE);
    return n < ESCAPE ? to : put_more(to, n - ESCAPE);
}

/* How many bytes from `a` on, below `end`, are those from `b` on. */
static size_t common(const unsigned char *a, const unsigned char *b,
                     const unsigned char *end)
{
    const unsigned char *start = a;

    while (end - a >= 8) {
        uint64_t x = pt_get64(a) ^ pt_get64(b);
        if (x)
            return (size_t)(a - start) + (size_t)__builtin_ctzll(x) / 8;
        a += 8;
        b += 8;
    }
    while (a < end && *a == *b) {
        a++;
        b++;
    }
    return (size_t)(a - start);
}

/* The next place from `at` on, not beyond `last`, whose four bytes have occurred at
 * *match. The longer nothing is found, the more places are skipped. NULL: none. */
static const unsigned char *find_match(const unsigned char *from,
                                       const unsigned char *at,
                                       const unsigned char *last,
                                       uint16_t table[PT_LZ4_TABLE],
                                       const unsigned char **match)
{
    for (size_t tried = SKIP_AFTER; at <= last; at += tried++ / SKIP_AFTER) {
        uint16_t *entry = &table[hash(at)];
        *match = from + *entry;
        *entry = (uint16_t)(at - from);
        if (pt_get32(*match) == pt_get32(at) && *match < at)
            return at;
    }
    return NULL;
}

size_t pt_lz4_pack(const unsigned char *from, size_t bytes, unsigned char *to,
                   uint16_t table[PT_LZ4_TABLE])
{
    const unsigned char *at = from + 1, *anchor = from, *end = from + bytes;
    const unsigned char *last = end - LAST_START, *match;
    unsigned char *out = to, *token;

    memset(table, 0, PT_LZ4_TABLE * sizeof *table);
    while (bytes > LAST_START && (at = find_match(from, at, last, table, &match))) {
        while (at > anchor && match > from && at[-1] == match[-1]) {
            at--;
            match--;
        }
        size_t length =
            MIN_MATCH + common(at + MIN_MATCH, match + MIN_MATCH, end - LAST_LITERALS);
        out = put_literals(out, anchor, (size_t)(at - anchor), &token);
        out = put_match(out, token, (size_t)(at - match), length);
        anchor = at += length;
        if (at > last)
            break;
        table[hash(at - 2)] = (uint16_t)(at - 2 - from);
    }
    out = put_literals(out, anchor, (size_t)(end - anchor), &token);
    return (size_t)(out - to);
}

/* -------------------------------------------------------------------------- unpack */

/* Where both ends of an unpacking stand. */
struct ends {
    const unsigned char *in, *in_end;
    unsigned char *start, *out, *out_end;
};

/* A length of which the token holds `n`; false: the input ends. No length overflows:
 * the input is shorter than 2³². */
static inline bool get_length(struct ends *e, size_t *n)
{
    unsigned char more;

    if (*n < ESCAPE)
        return true;
    do {
        if (e->in == e->in_end)
            return false;
        more = *e->in++;
        *n += more;
    } while (more == 255);
    return true;
}

/* Copies 16 bytes at a time where both have room for more than is wanted. */
static inline void copy_wide(unsigned char *to, const unsigned char *from, size_t n)
{
    const unsigned char *end = to + n;

    do {
        memcpy(to, from, 16);
        to += 16;
        from += 16;
    } while (to < end);
}

static inline bool take_literals(struct ends *e, size_t n)
{
    size_t left = (size_t)(e->in_end - e->in), room = (size_t)(e->out_end - e->out);

    if (n > left || n > room)
        return false;
    if (left - n >= 16 && room - n >= 16)
        copy_wide(e->out, e->in, n);
    else if (n)
        memcpy(e->out, e->in, n);
    e->in += n;
    e->out += n;
    return true;
}

static inline bool take_match(struct ends *e, size_t offset, size_t n)
{
    size_t room = (size_t)(e->out_end - e->out);
    const unsigned char *from = e->out - offset;

    if (offset == 0 || offset > (size_t)(e->out - e->start) || n > room)
        return false;
    unsigned char *end = e->out + n;
    if (offset >= 16 && room - n >= 16) {
        copy_wide(e->out, from, n);
    } else if (offset == 1) {
        memset(e->out, *from, n);
    } else { /* what repeats: twice as much of it with each copy */
        while (e->out < end) {
            size_t span = (size_t)(e->out - from), want = (size_t)(end - e->out);
            memcpy(e->out, from, span < want ? span : want);
            e->out += span < want ? span : want;
        }
    }
    e->out = end;
    return true;
}

bool pt_lz4_unpack(const unsigned char *from, size_t packed, unsigned char *to,
                   size_t bytes)
{
    struct ends e = {.in = from,
                     .in_end = from + packed,
                     .start = to,
                     .out = to,
                     .out_end = to + bytes};

    while (e.in < e.in_end) {
        unsigned char token = *e.in++;
        size_t literals = token >> 4, match = token & ESCAPE;
        if (!get_length(&e, &literals) || !take_literals(&e, literals))
            return false;
        if (e.in == e.in_end)
            return e.out == e.out_end;
        if (e.in_end - e.in < 2)
            return false;
        size_t offset = pt_get16(e.in);
        e.in += 2;
        if (!get_length(&e, &match) || !take_match(&e, offset, match + MIN_MATCH))
            return false;
    }
    return false;
}
