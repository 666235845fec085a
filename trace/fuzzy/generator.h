/* xoshiro256+ of Blackman and Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), which they recommend where numbers become
 * fractions: only the lowest three of 64 bits are linear. Eight of them side by side,
 * so that they vectorise, each seeded by splitmix64. The sequence does not depend on
 * the instruction set.
 *
 * Each word gives four numbers of 32 bits: its halves and, eight words later, the
 * halves of the word rotated by 16. So each quarter is the upper half of one number and
 * the lower half of another. Every number is uniform; what two of them share weighs
 * 2^-16 in one of them, so that two events decided by them, of probabilities p and q,
 * come together with p q to within 2^-16. */
#ifndef PT_FUZZY_GENERATOR_H
#define PT_FUZZY_GENERATOR_H

#include <stddef.h>
#include <stdint.h>

/* Words are filled in as so many at a time: those of the lanes, each of them twice. */
enum { PT_FUZZY_LANES = 8, PT_FUZZY_FILL = 2 * PT_FUZZY_LANES };

/* Word w of the state of lane l is state[w][l]. */
struct pt_fuzzy_generator {
    uint64_t state[4][PT_FUZZY_LANES];
};

/* Different (seed, process, stream) give unrelated sequences. */
void pt_fuzzy_generator_seed(struct pt_fuzzy_generator *generator, uint64_t seed,
                             uint64_t process, uint64_t stream);

#endif
