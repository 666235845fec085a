/* Little-endian integers in byte arrays, and the checksum of the files we write.
 * Every on-disk record is read and written through these, never by a struct cast. */
#ifndef PT_BASE_BYTES_H
#define PT_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t pt_align8(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

/* One pair per width: pt_put16(p, v) and pt_get16(p), and so on. The compiler turns the
 * copy into a single move on little-endian machines. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PT_LE(bits, v) (v)
#else
#define PT_LE(bits, v) __builtin_bswap##bits(v)
#endif

#define PT_DEFINE_BYTES(bits)                                                          \
    static inline void pt_put##bits(unsigned char *p, uint##bits##_t v)                \
    {                                                                                  \
        v = (uint##bits##_t)PT_LE(bits, v);                                            \
        memcpy(p, &v, sizeof v);                                                       \
    }                                                                                  \
    static inline uint##bits##_t pt_get##bits(const unsigned char *p)                  \
    {                                                                                  \
        uint##bits##_t v;                                                              \
        memcpy(&v, p, sizeof v);                                                       \
        return (uint##bits##_t)PT_LE(bits, v);                                         \
    }
PT_DEFINE_BYTES(16)
PT_DEFINE_BYTES(32)
PT_DEFINE_BYTES(64)
#undef PT_DEFINE_BYTES

struct pt_hash128 {
    uint64_t low, high;
};

/* XXH3 of `bytes` bytes at `data` (xxHash 0.8, seed 0). Thread: safe. */
uint64_t pt_hash64(const void *data, size_t bytes);
struct pt_hash128 pt_hash128(const void *data, size_t bytes);
/* The same, on a processor that has AVX2 (x86-64 only): the two above choose. */
uint64_t pt_hash64_avx2(const void *data, size_t bytes);
struct pt_hash128 pt_hash128_avx2(const void *data, size_t bytes);

/* pt_hash128, or pt_hash64, of data that come piece by piece: begin, add…, one of the
 * ends (XXH3 has one state for both). Thread: caller locks. */
struct pt_hash_state {
    _Alignas(64) unsigned char bytes[640];
};
void pt_hash_begin(struct pt_hash_state *state);
void pt_hash_add(struct pt_hash_state *state, const void *data, size_t bytes);
struct pt_hash128 pt_hash_end(const struct pt_hash_state *state);
uint64_t pt_hash64_end(const struct pt_hash_state *state);
/* As pt_hash128_avx2. */
void pt_hash_add_avx2(struct pt_hash_state *state, const void *data, size_t bytes);

/* The next value of splitmix64 (Steele, Lea, Flood 2014) from *state. */
static inline uint64_t pt_splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
