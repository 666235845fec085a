#include "base/bytes.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { WORTH_ASKING = 256 };

uint64_t pt_hash64(const void *data, size_t bytes)
{
#if defined(__x86_64__)
    if (bytes >= WORTH_ASKING && __builtin_cpu_supports("avx2"))
        return pt_hash64_avx2(data, bytes);
#endif
    return XXH3_64bits(data, bytes);
}

struct pt_hash128 pt_hash128(const void *data, size_t bytes)
{
#if defined(__x86_64__)
    if (bytes >= WORTH_ASKING && __builtin_cpu_supports("avx2"))
        return pt_hash128_avx2(data, bytes);
#endif
    XXH128_hash_t h = XXH3_128bits(data, bytes);
    return (struct pt_hash128){.low = h.low64, .high = h.high64};
}

static_assert(sizeof(XXH3_state_t) <= sizeof(struct pt_hash_state), "room for a state");

void pt_hash_begin(struct pt_hash_state *state)
{
    (void)XXH3_128bits_reset((XXH3_state_t *)(void *)state->bytes);
}

void pt_hash_add(struct pt_hash_state *state, const void *data, size_t bytes)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        pt_hash_add_avx2(state, data, bytes);
        return;
    }
#endif
    (void)XXH3_128bits_update((XXH3_state_t *)(void *)state->bytes, data, bytes);
}

struct pt_hash128 pt_hash_end(const struct pt_hash_state *state)
{
    XXH128_hash_t h =
        XXH3_128bits_digest((const XXH3_state_t *)(const void *)state->bytes);
    return (struct pt_hash128){.low = h.low64, .high = h.high64};
}

uint64_t pt_hash64_end(const struct pt_hash_state *state)
{
    return XXH3_64bits_digest((const XXH3_state_t *)(const void *)state->bytes);
}
