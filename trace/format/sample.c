#include "format/sample.h"

#include "base/bytes.h"

/* Where element i of the sample would be at equal distances: ⌊i × n / m⌋. */
static uint64_t even_place(uint64_t n, uint64_t m, uint64_t i)
{
    return (uint64_t)((unsigned __int128)i * n / m);
}

uint64_t pt_sample_start(uint64_t n, uint64_t m, uint64_t k)
{
    uint64_t first = k * PT_SAMPLE_STRETCH, length = pt_sample_length(m, k);
    uint64_t from = even_place(n, m, first), to = even_place(n, m, first + length);
    uint64_t state = n ^ m << 32 ^ k * UINT64_C(0xd1b54a32d192ed03);

    return from + pt_splitmix64(&state) % (to - from - length + 1);
}
