#include "base/bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t pt_hash64(const void *data, size_t bytes)
{
    return XXH3_64bits(data, bytes);
}

struct pt_hash128 pt_hash128(const void *data, size_t bytes)
{
#if defined(__x86_64__)
    enum { WORTH_ASKING = 256 };

    if (bytes >= WORTH_ASKING && __builtin_cpu_supports("avx2"))
        return pt_hash128_avx2(data, bytes);
#endif
    XXH128_hash_t h = XXH3_128bits(data, bytes);
    return (struct pt_hash128){.low = h.low64, .high = h.high64};
}
