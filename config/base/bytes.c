#include "base/bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t pt_hash64(const void *data, size_t bytes)
{
    return XXH3_64bits(data, bytes);
}

struct pt_hash128 pt_hash128(const void *data, size_t bytes)
{
    XXH128_hash_t h = XXH3_128bits(data, bytes);
    return (struct pt_hash128){.low = h.low64, .high = h.high64};
}
