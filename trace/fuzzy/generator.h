/* xoshiro256+ of Blackman and Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), which they recommend where numbers become
 * fractions: only the lowest three of 64 bits are linear, and here they weigh 2^-30 and
 * less. Eight of them side by side, so that they vectorise, each seeded by splitmix64.
 * The sequence does not depend on the instruction set. */
#ifndef PT_FUZZY_GENERATOR_H
#define PT_FUZZY_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

enum { PT_FUZZY_LANES = 8 };

/* Word w of the state of lane l is state[w][l]. */
struct pt_fuzzy_generator {
    uint64_t state[4][PT_FUZZY_LANES];
};

/* Different (seed, process, stream) give unrelated sequences. */
void pt_fuzzy_generator_seed(struct pt_fuzzy_generator *generator, uint64_t seed,
                             uint64_t process, uint64_t stream);

#endif
