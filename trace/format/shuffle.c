#include "format/shuffle.h"

#include <string.h>

/* Sixteen numbers of w bytes are w vectors of sixteen bytes. To merge their first half
 * with their second, byte by byte, turns the 4 + log2 w bits of each byte's place left
 * by one. The place of a byte is number (4 bits), then byte within it; sorted, byte,
 * then number: four turns bring the one to the other, log2 w turns bring it back. */
enum { LANES = 16 };

typedef unsigned char bytes16 __attribute__((vector_size(LANES)));

#ifdef __clang__
#define MERGE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define MERGE(a, b, ...) __builtin_shuffle(a, b, (bytes16){__VA_ARGS__})
#endif
/* Unrolled, so that the vectors are registers; clang does it by itself. */
#ifdef __clang__
#define UNROLL
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#define LOWER(a, b) MERGE(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define UPPER(a, b)                                                                    \
    MERGE(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

static inline __attribute__((always_inline)) void turn(bytes16 *v, unsigned width)
{
    bytes16 turned[PT_SHUFFLE_MOST];

    UNROLL
    for (unsigned i = 0; i < width / 2; i++) {
        turned[2 * i] = LOWER(v[i], v[i + width / 2]);
        turned[2 * i + 1] = UPPER(v[i], v[i + width / 2]);
    }
    UNROLL
    for (unsigned i = 0; i < width; i++)
        v[i] = turned[i];
}

/* Called with constants. */
static inline __attribute__((always_inline)) void
shuffle_by(const unsigned char *from, size_t n, unsigned width, unsigned char *to)
{
    bytes16 v[PT_SHUFFLE_MOST];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        UNROLL
        for (unsigned k = 0; k < width; k++)
            memcpy(&v[k], from + i * width + k * LANES, LANES);
        UNROLL
        for (unsigned bit = 0; bit < 4; bit++)
            turn(v, width);
        UNROLL
        for (unsigned k = 0; k < width; k++)
            memcpy(to + k * n + i, &v[k], LANES);
    }
    for (; i < n; i++)
        for (unsigned k = 0; k < width; k++)
            to[k * n + i] = from[i * width + k];
}

static inline __attribute__((always_inline)) void
unshuffle_by(const unsigned char *from, size_t n, unsigned width, unsigned char *to)
{
    bytes16 v[PT_SHUFFLE_MOST];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        UNROLL
        for (unsigned k = 0; k < width; k++)
            memcpy(&v[k], from + k * n + i, LANES);
        UNROLL
        for (unsigned bit = 1; bit < width; bit *= 2)
            turn(v, width);
        UNROLL
        for (unsigned k = 0; k < width; k++)
            memcpy(to + i * width + k * LANES, &v[k], LANES);
    }
    for (; i < n; i++)
        for (unsigned k = 0; k < width; k++)
            to[i * width + k] = from[k * n + i];
}

#define BY_WIDTH(function)                                                             \
    size_t n = bytes / width, sorted = width > 1 ? n * width : 0;                      \
    switch (width) {                                                                   \
    case 2:                                                                            \
        function(from, n, 2, to);                                                      \
        break;                                                                         \
    case 4:                                                                            \
        function(from, n, 4, to);                                                      \
        break;                                                                         \
    case 8:                                                                            \
        function(from, n, 8, to);                                                      \
        break;                                                                         \
    case 16:                                                                           \
        function(from, n, 16, to);                                                     \
        break;                                                                         \
    default:                                                                           \
        break;                                                                         \
    }                                                                                  \
    memcpy(to + sorted, from + sorted, bytes - sorted)

void pt_shuffle(const unsigned char *from, size_t bytes, unsigned width,
                unsigned char *to)
{
    BY_WIDTH(shuffle_by);
}

void pt_unshuffle(const unsigned char *from, size_t bytes, unsigned width,
                  unsigned char *to)
{
    BY_WIDTH(unshuffle_by);
}
