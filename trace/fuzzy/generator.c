#include "fuzzy/generator.h"

#include "base/bytes.h"

void pt_fuzzy_generator_seed(struct pt_fuzzy_generator *generator, uint64_t seed,
                             uint64_t process, uint64_t stream)
{
    /* Each number goes through a mixing of its own, so that (1, 2) is not (2, 1). */
    uint64_t mix = seed;
    mix = pt_splitmix64(&mix) ^ process;
    mix = pt_splitmix64(&mix) ^ stream;
    for (size_t lane = 0; lane < PT_FUZZY_LANES; lane++)
        for (size_t word = 0; word < 4; word++)
            generator->state[word][lane] = pt_splitmix64(&mix);
}
